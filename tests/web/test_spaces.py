"""A file that is included under two names, at every door of both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.builder import trials
from engine.definitions.compile import load
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.web.app import create_app
from tests.definitions.firms import CRM, FIRM
from tests.web.doors import PASSWORD, Browser, Program, told

TEXTS = {"app.yaml": FIRM, "parts/crm.yaml": CRM}


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    made = Site(Database(database_url))
    made.publish(TEXTS)
    people.add_user(made, "li", "Li", PASSWORD, language="en", roles={"firm": ["crm.sales"]})
    people.add_user(made, "bo", "Bo", PASSWORD, language="en", roles={"firm": ["abroad.sales"]})
    yield made
    made.database.close()


def program(site: Site, login: str) -> Program:
    person = people.find(site, login)
    assert person is not None
    return Program(create_app(site).test_client(), people.make_token(site, person.id))


def test_through_the_api(site: Site) -> None:
    li, bo = program(site, "li"), program(site, "bo")
    made = li.post("/api/firm/crm.customer", {"name": "Ann", "vip": True, "level": "high"})
    assert made.status_code == 201, told(made)
    assert bo.get("/api/firm/crm.customer").status_code == 404
    visit = li.post("/api/firm/crm.visit", {"customer": "Ann", "lines": [{"topic": "prices"}]})
    assert visit.status_code == 201, told(visit)
    done = li.post(f"/api/firm/crm.visit/{visit.json['id']}/actions/hold", {})
    assert done.status_code == 200, told(done)
    order = li.post("/api/firm/order", {"number": "A1", "customer": "Ann", "lines": [{"qty": 2}]})
    assert order.status_code == 201, told(order)
    assert (order.json["points"], order.json["grade"], order.json["vip"]) == ("10", "new", True)
    ended = li.post(f"/api/firm/order/{order.json['id']}/actions/end", {})
    assert ended.status_code == 200, told(ended)
    rows = li.get("/api/firm/registers/crm.points").json
    assert [str(row[-1]) for row in rows["rows"]] == ["11"], rows
    ann = li.get("/api/firm/crm.customer?filter=earned > 10 and count(orders) = 1 and count(all crm.visit) = 1").json
    assert [row["name"] for row in ann["items"]] == ["Ann"]
    assert program(site, "bo").post("/api/firm/abroad.customer", {"name": "Ann"}).status_code == 201
    described = li.get("/api/firm/openapi.json").json
    assert "/crm.customer/{id}" in " ".join(described["paths"])


def test_every_page_opens(site: Site) -> None:
    program(site, "li").post("/api/firm/crm.customer", {"name": "Ann", "vip": True})
    program(site, "li").post("/api/firm/crm.visit", {"customer": "Ann", "lines": [{"topic": "prices"}]})
    browser = Browser(create_app(site).test_client()).sign_in("li")
    seen: set[str] = set()
    waiting = ["/apps/firm/"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = browser.get(path)
        if answer.status_code in (302, 303):
            continue
        assert answer.status_code == 200, (path, told(answer))
        if answer.mimetype != "text/html":     # a file to keep
            continue
        links = re.findall(r'(?:href|hx-get)="(/apps/firm/[^"#?]*)', answer.text)
        waiting += {link for link in links if link not in seen and link not in waiting}
    assert any("crm.customer" in path for path in seen) and any("crm.points" in path for path in seen), seen


def test_it_is_published_again_and_pulled(site: Site, tmp_path: Path) -> None:
    assert not site.plan({**TEXTS}).operations
    more = {**TEXTS, "parts/crm.yaml": CRM.replace("vip: boolean", "vip: boolean\n      phone: phone")}
    site.publish(more)
    made = program(site, "li").post("/api/firm/crm.customer", {"name": "Ann", "phone": "+4912345"})
    assert made.status_code == 201, told(made)


def test_its_declared_tests_pass() -> None:
    app = load(TEXTS).app
    assert app is not None
    results = list(trials.run(app))
    assert [(one.name, one.problem) for one in results] == [
        ("an order counts for its customer", ""),
        ("crm: a visit earns points", ""),
        ("abroad: a visit earns points", ""),
    ]
