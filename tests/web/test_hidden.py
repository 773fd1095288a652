"""Fields that a grant hides or locks on some records: the same at every door, and not to be told by a filter."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from engine.errors import Invalid, Unreadable
from engine.runtime.services import reading
from engine.runtime.services.lists import exports
from engine.runtime.services.reading import Query
from tests.services.shops import SHOP, Shop
from tests.web.doors import Door, peopled

RULE = "hide: secret}"
HIDDEN = "export: true, hide: {fields: secret, unless: limit < 500}, readonly: {fields: [limit], when: name = 'Fixed'}}"


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    shop = peopled(sqlite_url, SHOP.replace(RULE, HIDDEN, 1))
    yield Door(shop)
    shop.site.database.close()


def made(shop: Shop) -> tuple[int, int]:
    """A customer whose secret li may see, and one whose secret li may not see."""
    open_one = shop.create("app", "customer", name="Open", limit="100", secret="alpha")
    closed = shop.create("app", "customer", name="Closed", limit="900", secret="omega")
    for one in (open_one, closed):
        shop.update("app", one, owner="li")
    return open_one.id, closed.id


def test_pages_lists_and_exports_leave_out_what_is_hidden(door: Door) -> None:
    made(door.shop)
    li = door.browser("li")
    listed = li.get("/apps/shop/records/customer").text
    assert "alpha" in listed and "omega" not in listed
    program = door.program("li")
    items = program.get("/api/shop/customer").get_json()["items"]
    assert {item["name"]: item.get("secret") for item in items} == {"Open": "alpha", "Closed": None}
    for kind in ("csv", "jsonl"):
        target = io.BytesIO()
        door.shop.run("li", lambda tx, kind=kind, target=target: exports.write(tx, "customer", kind, target))
        assert b"alpha" in target.getvalue() and b"omega" not in target.getvalue()


@pytest.mark.parametrize("page", ["", "/edit"])
def test_the_page_of_a_record_hides_by_row(door: Door, page: str) -> None:
    open_one, closed = made(door.shop)
    li = door.browser("li")
    assert "alpha" in li.get(f"/apps/shop/records/customer/{open_one}{page}").text
    assert "omega" not in li.get(f"/apps/shop/records/customer/{closed}{page}").text


def test_no_filter_sort_or_search_tells_a_hidden_value(door: Door) -> None:
    made(door.shop)
    program = door.program("li")
    for question in ("filter=secret = 'omega'", "sort=secret"):
        answer = program.get(f"/api/shop/customer?{question}")
        assert answer.status_code == 400, answer.text
    with pytest.raises(Unreadable):
        door.shop.run("li", lambda tx: reading.page(tx, "customer", Query(filter="secret = 'alpha'")))
    found = door.shop.run("li", lambda tx: reading.page(tx, "customer", Query(search="omega")).items)
    assert found == []


def test_a_hidden_or_locked_field_is_written_by_no_door(door: Door) -> None:
    open_one, closed = made(door.shop)
    program, li = door.program("li"), door.browser("li")
    assert program.patch(f"/api/shop/customer/{open_one}", {"secret": "beta"}).status_code == 200
    for body in ({"secret": "beta"}, {"secret": ""}):
        answer = program.patch(f"/api/shop/customer/{closed}", body)
        assert answer.status_code == 422, answer.text
    li.post(f"/apps/shop/records/customer/{closed}/edit", {"_version": "2", "secret": "beta"})
    with door.shop.site.read("shop", door.shop.actor("wang")) as tx:
        assert reading.get(tx, "customer", closed).get("secret") == "omega"


def test_what_the_values_themselves_lock_is_refused_when_creating(door: Door) -> None:
    shop = door.shop
    with pytest.raises(Invalid, match="may not fill in"):
        shop.create("li", "customer", name="Fixed", limit="10")
    shop.create("li", "customer", name="Fixed")
    shop.create("li", "customer", name="Free", limit="10", secret="s")
    with pytest.raises(Invalid, match="may not fill in"):
        shop.create("li", "customer", name="Rich", limit="700", secret="s")
    answer = door.program("li").post("/api/shop/customer", {"name": "Rich", "limit": "700", "secret": "s"})
    assert answer.status_code == 422, json.dumps(answer.get_json())


NARROWER = """
  customer:
    sales: {see: {when: owner = me, fields: [name, secret]}, create: true, edit: true}
    everyone: {see: {fields: [name, limit]}}
"""


def test_a_field_of_a_narrower_grant_is_told_by_no_filter(sqlite_url: str) -> None:
    """li sees every customer's name and limit, but the secret of the own ones only."""
    head, _, rest = SHOP.partition("  customer:\n    sales: {see: owner = me")
    rest = rest[rest.index("  sale:\n"):]
    shop = peopled(sqlite_url, head + NARROWER.lstrip("\n") + rest)
    mine = shop.create("app", "customer", name="Mine", limit="100", secret="alpha", owner="li")
    shop.create("app", "customer", name="Other", limit="900", secret="omega", owner="sun")
    program = Door(shop).program("li")
    listed = {one["name"]: one.get("secret") for one in program.get("/api/shop/customer").get_json()["items"]}
    assert listed == {"Mine": "alpha", "Other": None}
    assert program.get("/api/shop/customer?filter=limit > 500").get_json()["items"][0]["name"] == "Other"
    for question in ("filter=secret = 'omega'", "sort=secret"):
        assert program.get(f"/api/shop/customer?{question}").status_code == 400
    asked = {"from": "customer", "show": {"s": "secret"}}
    assert program.post("/api/shop/query", asked).status_code == 400
    assert program.get(f"/api/shop/customer/{mine.id}").get_json()["secret"] == "alpha"
    shop.site.database.close()


def test_openapi_names_only_what_the_caller_may_reach(sqlite_url: str) -> None:
    shop = peopled(sqlite_url, SHOP)

    def fields(login: str, part: str) -> set[str]:
        document = Door(shop).program(login).get("/api/shop/openapi.json").get_json()
        return set(document["components"]["schemas"][part]["properties"])

    assert "secret" not in fields("li", "customer") | fields("li", "customer_input")
    assert "secret" in fields("wang", "customer") & fields("wang", "customer_input")
    assert {"lines", "total"} <= fields("li", "sale") and "qty" in fields("li", "sale_lines_input")
    assert "price" not in fields("li", "product_input"), "sales may see products, not change them"
    shop.site.database.close()
