"""Role × object × verb through both doors: what is not granted is refused, and a refusal has written nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from engine.expressions.values import Ref
from tests.web.doors import Door, told

ROLES = ("li", "sun", "wang", "zhao", "eve")
# What each may do: s = see, c = create, e = edit, d = delete, of the records that li made (zhao's for receipts).
GRANTED = {
    ("product", "li"): "s",
    ("product", "sun"): "s",
    ("product", "wang"): "s",
    ("product", "zhao"): "sced",
    ("product", "eve"): "s",
    ("customer", "li"): "sce",
    ("customer", "sun"): "c",
    ("customer", "wang"): "sce",
    ("customer", "zhao"): "",
    ("customer", "eve"): "",
    ("sale", "li"): "sced",
    ("sale", "sun"): "c",
    ("sale", "wang"): "sce",
    ("sale", "zhao"): "",
    ("sale", "eve"): "",
    ("receipt", "li"): "",
    ("receipt", "sun"): "",
    ("receipt", "wang"): "",
    ("receipt", "zhao"): "sced",
    ("receipt", "eve"): "",
}
NEW: dict[str, dict[str, Any]] = {
    "product": {"code": "Fresh"},
    "customer": {"name": "Fresh"},
    "sale": {"customer": 1, "lines": [{"product": 1, "qty": 1}]},
    "receipt": {"lines": [{"product": 1, "qty": 1}]},
}
CHANGED: dict[str, dict[str, Any]] = {
    "product": {"price": "9"},
    "customer": {"limit": "9"},
    "sale": {"note": "changed"},
    "receipt": {"date": "2026-05-03"},
}
BOOKKEEPING = ("sys_session", "sys_login", "sys_token", "sys_reply", "sys_event", "sys_device")


def snapshot(door: Door) -> dict[str, list[Any]]:
    """Everything in the database but what signing in writes."""
    path = door.shop.site.database.engine.url.database
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: connection.execute(f'select * from "{name}"').fetchall() for name in names if name not in BOOKKEEPING
        }

# Sun may sell, but not to a customer out of sight.
BLIND = {("sale", "sun", "c")}


@pytest.fixture
def records(door: Door) -> dict[str, Ref]:
    """One record of each object: li's customer and draft sale, zhao's draft receipt."""
    door.shop.stocked(Bolt=100)
    sale = door.shop.sold(submit=False, Bolt=1)
    receipt = door.shop.create("zhao", "receipt", lines=[{"product": "Bolt", "qty": "1"}])
    product = door.shop.create("zhao", "product", code="Spare")
    return {"product": product, "customer": Ref("customer", 1), "sale": sale, "receipt": receipt}


@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize("object", NEW)
def test_the_api_allows_what_is_granted_and_nothing_else(
    door: Door, records: dict[str, Ref], object: str, login: str
) -> None:
    program, granted, id = door.program(login), GRANTED[object, login], records[object].id
    calls = {
        "s": ("GET", f"/api/shop/{object}/{id}", None),
        "c": ("POST", f"/api/shop/{object}", NEW[object]),
        "e": ("PATCH", f"/api/shop/{object}/{id}", CHANGED[object]),
        "d": ("DELETE", f"/api/shop/{object}/{id}", None),
    }
    for verb, (method, path, body) in calls.items():
        before = snapshot(door)
        answer = program.call(method, path, body)
        if verb in granted and (object, login, verb) not in BLIND:
            assert answer.status_code in (200, 201, 204), (verb, told(answer))
        else:
            assert answer.status_code in (403, 404, 422), (verb, told(answer))
            assert snapshot(door) == before, f"{login} {verb} {object} was refused and has written"


@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize("object", NEW)
def test_the_pages_allow_the_same(door: Door, records: dict[str, Ref], object: str, login: str) -> None:
    browser, granted, id = door.browser(login), GRANTED[object, login], records[object].id
    base = f"/apps/shop/records/{object}"
    assert (browser.get(f"{base}/{id}").status_code == 200) == ("s" in granted)
    assert (browser.get(f"{base}/new").status_code == 200) == ("c" in granted)
    for verb, path in (("e", f"{base}/{id}/edit"), ("d", f"{base}/{id}/delete")):
        before = snapshot(door)
        form = {k: str(v) for k, v in CHANGED[object].items()} if verb == "e" else {}
        answer = browser.post(path, form)
        if verb in granted:
            assert answer.status_code == 303, (verb, told(answer))
        else:
            assert answer.status_code in (403, 404, 422), (verb, told(answer))
            assert snapshot(door) == before, f"{login} {verb} {object} was refused and has written"


@pytest.mark.parametrize("login", ROLES)
def test_lists_and_menus_show_what_may_be_seen(door: Door, records: dict[str, Ref], login: str) -> None:
    browser, program = door.browser(login), door.program(login)
    menu = browser.get("/apps/shop/").text
    for object in NEW:
        somewhere = "s" in GRANTED[object, login] or (object, login) in {
            ("sale", "zhao"),
            ("customer", "sun"),
            ("sale", "sun"),
        }
        assert (f'href="/apps/shop/records/{object}"' in menu) == somewhere, object
        answer = program.get(f"/api/shop/{object}")
        assert answer.status_code == (200 if somewhere else 404)
        if somewhere and "s" not in GRANTED[object, login]:
            assert answer.json["items"] == []


def test_a_strangers_requests_write_nothing(door: Door, records: dict[str, Ref]) -> None:
    before = snapshot(door)
    stranger = door.browser()
    for object in NEW:
        assert stranger.client.post(f"/api/shop/{object}", json=NEW[object]).status_code == 401
        assert stranger.post(f"/apps/shop/records/{object}/new", {}).status_code == 401
    assert snapshot(door) == before
