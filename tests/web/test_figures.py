"""What `/metrics` tells, in Prometheus' text format, of all processes of a site together."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import outbox
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.storage.metric_rows import hand_over
from engine.runtime.web.figures import FAMILIES
from tests.services.shops import Shop
from tests.web.doors import Door, peopled

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?\d+(?:\.\d+)?)')


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url)
    people.add_user(made.site, "root", "Root", None, admin=True)
    yield made
    made.site.database.close()


def scraped(door: Door) -> dict[tuple[str, str], float]:
    answer = door.program("root", ("metrics",)).get("/metrics")
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=0.0.4")
    found: dict[tuple[str, str], float] = {}
    families: list[str] = []
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            families.append(line.split()[2])
        elif not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1].startswith(families[-1]), "samples stand below their family"
            found[match[1], match[2] or ""] = float(match[3])
    assert families == list(FAMILIES)
    return found


def test_figures_of_requests_jobs_versions_and_failures(shop: Shop, database_url: str) -> None:
    door = Door(shop)
    first = scraped(door)
    assert first["formwork_app_version", 'app="shop"'] == 1
    li = door.program("li")
    for _ in range(3):
        assert li.get("/api/shop/sale").status_code == 200
    assert li.get("/api/shop/none").status_code == 404
    other = door
    if shop.site.database.dialect == "postgresql":  # another process counts as well
        again = object.__new__(Shop)
        again.now, again.app, again.site = shop.now, shop.app, Site(Database(database_url), now=lambda: shop.now)
        other = Door(again)
        assert other.program("li").get("/api/shop/sale").status_code == 200
        hand_over(again.site.database)
    shop.run("li", lambda tx: outbox.enqueue(tx, "mail", {"user": 1, "subject": {}, "text": {}}))
    shop.run("li", lambda tx: outbox.enqueue(tx, "nonsense", {}))
    shop.now += dt.timedelta(minutes=2)
    waiting = scraped(other)
    assert waiting["formwork_jobs", 'state="ready"'] == 2 and waiting["formwork_outbox_waiting", 'kind="mail"'] == 1
    assert waiting["formwork_jobs_oldest_seconds", ""] == 120
    drain(shop.site, handlers(shop.site), shop.now)
    with pytest.raises(DBAPIError), shop.site.database.read() as connection:
        connection.execute(text("select nonsense"))
    found = scraped(door)
    reads = 'class="api",method="GET",code="200"'
    expected = 3 if other is door else 4
    assert found["formwork_requests_total", reads] == first.get(("formwork_requests_total", reads), 0) + expected
    assert found["formwork_requests_total", 'class="api",method="GET",code="404"'] == 1
    buckets = [v for (name, labels), v in found.items()
               if name == "formwork_request_seconds_bucket" and labels.startswith('class="api"')]
    assert buckets == sorted(buckets) and buckets[-1] == found["formwork_request_seconds_count", 'class="api"']
    assert found["formwork_request_seconds_sum", 'class="api"'] > 0
    assert found["formwork_jobs_run_total", 'kind="nonsense",result="failed"'] == 1
    assert found["formwork_jobs", 'state="failed"'] >= 1
    assert sum(v for (name, _), v in found.items() if name == "formwork_database_errors_total") >= 1
    if other is not door:
        other.shop.site.database.close()


def test_figures_are_for_administrators(shop: Shop) -> None:
    door = Door(shop)
    assert door.app.test_client().get("/metrics").status_code == 401
    assert door.program("li", ("metrics",)).get("/metrics").status_code == 403, "a scope gives no right"
    assert door.program("root", ("read",)).get("/metrics").status_code == 403
    assert door.program("root").get("/metrics").status_code == 200
