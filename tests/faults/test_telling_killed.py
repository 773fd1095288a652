"""Workers that are killed while they tell people of a group of alerts, or of what waited in quiet hours: everybody is
told, and once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import outbox
from engine.runtime.services.automation import alert_messages
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import held_mail_rows
from engine.runtime.storage.database import Database
from tests.alerts.test_alerts import GROUPED, Watch
from tests.faults.labourers import kill, running, until

# Where a worker stops for good: before it says anything, with everything said and nothing committed.
POINTS = {
    "begun": (alert_messages, "flush", True), "said": (alert_messages, "_together", False),
    "taken": (held_mail_rows, "take", False), "composed": (outbox, "enqueue", False),
}


def stopping(url: str, folder: Path) -> None:
    """A worker that gets as far as a point, and waits there to be killed."""
    module, name, before = POINTS[(folder / "point").read_text()]
    function: Callable[..., Any] = getattr(module, name)

    def stop(*given: Any, **named: Any) -> Any:
        if not before:
            function(*given, **named)
        (folder / "there").touch()
        until((folder / "never").exists)

    setattr(module, name, stop)
    now = dt.datetime.fromisoformat((folder / "now").read_text())
    site = Site(Database(url), now=lambda: now)
    drain(site, handlers(site, lambda mail: None), now)


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    made = Watch(database_url, GROUPED)
    yield made
    made.market.site.database.close()


@pytest.mark.timeout(300)
def test_people_are_told_once_whenever_a_worker_is_killed(watch: Watch, database_url: str, tmp_path: Path) -> None:
    market = watch.market

    def killed(point: str) -> None:
        (tmp_path / "point").write_text(point)
        (tmp_path / "now").write_text(market.now.isoformat())
        with running(stopping, database_url, tmp_path, 1) as (worker,):
            until((tmp_path / "there").exists)
            kill(worker)
        (tmp_path / "there").unlink()
        market.now += dt.timedelta(minutes=1)  # its lease is over

    zhou = people.find(market.site, "zhou")
    assert zhou is not None
    until_then = f"{(market.now + dt.timedelta(hours=9)).time():%H:%M}"      # an hour on, in Shanghai
    people.set_quiet(market.site, zhou.id, until_then, until_then)
    for product in ("tea", "rice"):
        watch.receive(product, "3" if product == "tea" else "-1")
    watch.work()
    market.now += dt.timedelta(minutes=1)
    killed("begun")
    killed("said")
    assert watch.told() == [], "nothing of what was said has come"
    watch.work()
    assert watch.told() == ["Low stock (Dry): 2 – tea: 3 left; rice: -1 left"]
    assert [text for text in watch.told("qian") if text != "x"] == watch.told() and watch.mails == []
    market.now += dt.timedelta(hours=1)
    killed("taken")
    killed("composed")
    assert watch.mails == []
    watch.work()
    (digest,) = watch.mails
    assert [line.split(" ", 1)[1] for line in digest.get_content().splitlines()] == ["tea: 3 left", "rice: -1 left"]
    watch.work(hours=2)
    assert len([text for text in watch.told() if "Low" in text]) == 1 and len(watch.mails) == 1, "nor later on"
