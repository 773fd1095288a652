"""Rows brought into the lines of a form that is open, over its page and the API: as the reader, on both databases."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.sites import fresh
from tests.web.doors import Door, peopled

APP = """
app: shop
languages: [en, zh]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: Sales, store: Store, manager: Manager}
objects:
  order:
    name: Order
    title: "{code}"
    fields:
      code: {type: text, required: true}
      client: {type: text, required: true}
      secret: {type: boolean}
      lines:
        type: lines
        fields: {what: {type: text, required: true}, qty: {type: quantity}, cost: {type: money}}
  bill:
    name: Bill
    title: "{client}"
    fields:
      client: {type: text, required: true}
      lines:
        type: lines
        name: Items
        pull:
          from: order.lines as l where parent.client = this.client and qty > 0 sort parent.code
          as: {source: =l, qty: =qty, cost: =cost, note: "='from ' & parent.code"}
        fields:
          source: {type: link, to: order.lines, required: true}
          what: {copy: source.what}
          qty: {type: quantity, required: true}
          cost: {type: money}
          note: {type: text, show: false}
          twice: {formula: qty * 2}
      freight:
        type: lines
        pull: {from: order as o where client = this.client, as: {order: =o}, pick: {by: code, default: none}}
        fields: {order: {type: link, to: order, required: true}}
      plain: {type: lines, fields: {a: text}}
access:
  order:
    sales: {see: {when: not secret or secret is blank}, create: true, edit: true, hide: lines.cost}
    manager: full
    store: {see: {fields: [code]}}
  bill: {sales: {see: true, create: true, edit: true}, manager: full, store: {see: true, create: true}}
"""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def door(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    with fresh(request.param, _server, tmp_path_factory, "pulled") as url:
        made = Door(peopled(url, APP))
        wang = made.program("wang")
        for code, client, secret, lines in (
            ("O-2", "Acme", False, [("Nut", 2), ("Gone", 0)]),
            ("O-1", "Acme", False, [("Bolt", 5), ("Screw", 7)]),
            ("O-3", "Acme", True, [("Ring", 1)]),
            ("O-4", "Bloom", False, [("Pipe", 9)]),
        ):
            answer = wang.post("/api/shop/order", {
                "code": code, "client": client, "secret": secret,
                "lines": [{"what": what, "qty": qty, "cost": 3} for what, qty in lines],
            })
            assert answer.status_code == 201, answer.json
        yield made
        made.shop.site.database.close()


def offers(door: Door, login: str, into: str = "lines", **body: Any) -> Any:
    answer = door.program(login).post(f"/api/shop/bill/pull/{into}", {"client": "Acme", **body})
    assert answer.status_code == 200, answer.json
    return answer.json


def dialog(door: Door, login: str, path: str = "bill/pull/lines", **form: Any) -> str:
    answer = door.browser(login).post(f"/apps/shop/records/{path}", {"client": "Acme", **form})
    assert answer.status_code == 200, answer.text
    return str(answer.json["html"])


def values(page: str) -> list[Any]:
    return [json.loads(html.unescape(one)) for one in re.findall(r'data-pull-values="([^"]*)"', page)]


def test_rows_are_offered_as_the_lines_that_they_would_give(door: Door) -> None:
    found = offers(door, "wang")
    assert [(one["group"], one["values"]["qty"]) for one in found["items"]] == [
        ("O-1", "5"), ("O-1", "7"), ("O-2", "2"), ("O-3", "1"),
    ]
    first = found["items"][0]
    assert first["source"]["object"] == "order.lines" and first["values"]["source"]["id"] == first["source"]["id"]
    assert first["values"]["note"] == "from O-1" and not found["more"]
    lines = [one["values"] for one in found["items"]]
    made = door.program("wang").post("/api/shop/bill", {"client": "Acme", "lines": lines})
    assert made.status_code == 201 and [line["what"] for line in made.json["lines"]] == ["Bolt", "Screw", "Nut", "Ring"]


def test_the_dialog_shows_the_columns_of_the_form_and_fills_what_one_can_type(door: Door) -> None:
    page = dialog(door, "wang")
    assert [one["qty"]["value"] for one in values(page)] == ["5", "7", "2", "1"]
    assert set(values(page)[0]) == {"source", "qty", "cost"}           # the note is in no column: its default
    assert ">Bolt</td>" in page and ">10</td>" in page                 # a copy and a formula of the line
    assert page.index("O-1</th>") < page.index("O-2</th>") and "checked" in page
    form = door.browser("wang").get("/apps/shop/records/bill/new").text
    assert 'data-pull="/apps/shop/records/bill/pull/lines"' in form and "pull/plain" not in form


def test_how_rows_are_offered_is_declared(door: Door) -> None:
    assert sorted(one["group"] for one in offers(door, "wang", "freight")["items"]) == ["O-1", "O-2", "O-3"]
    assert "checked" not in dialog(door, "wang", "bill/pull/freight")


def test_what_the_form_holds_already_is_not_offered_again(door: Door) -> None:
    all_of_them = offers(door, "wang")["items"]
    rest = offers(door, "wang", lines=[all_of_them[0]["values"]])["items"]
    assert rest == all_of_them[1:]
    source = all_of_them[1]["values"]["source"]["id"]
    page = dialog(door, "wang", **{"lines.0.source": str(source), "lines.0.qty": "1", "_lines": "lines"})
    assert [one["qty"]["value"] for one in values(page)] == ["5", "2", "1"]
    kept = {"client": "Acme", "lines": [all_of_them[0]["values"]]}
    bill = door.program("wang").post("/api/shop/bill", kept).json["id"]
    assert offers(door, "wang", id=bill, lines=[])["items"] == all_of_them
    stored = dialog(door, "wang", f"bill/{bill}/pull/lines")
    assert [one["qty"]["value"] for one in values(stored)] == ["7", "2", "1"]


def test_nobody_is_offered_what_they_may_not_see(door: Door) -> None:
    found = offers(door, "li")
    assert [one["group"] for one in found["items"]] == ["O-1", "O-1", "O-2"]           # O-3 is not in sight
    assert all("cost" not in one["values"] for one in found["items"])
    assert "cost" not in values(dialog(door, "li"))[0]
    assert offers(door, "zhao")["items"] == []                          # the condition reads what is hidden
    assert "Nothing to bring in" in dialog(door, "zhao")


def test_where_nothing_can_be_pulled(door: Door) -> None:
    wang = door.program("wang")
    assert offers(door, "wang", client="Nobody")["items"] == []
    assert wang.post("/api/shop/bill/pull/plain", {}).status_code == 404
    assert wang.post("/api/shop/bill/pull/nosuch", {}).status_code == 404
    assert wang.post("/api/shop/bill/pull/client", {}).status_code == 404
    assert wang.post("/api/shop/bill/pull/lines", {"id": "x"}).status_code == 400
    assert wang.post("/api/shop/bill/pull/lines", {"id": 99999}).status_code == 404


def test_lines_that_a_link_may_take_are_told_apart(door: Door) -> None:
    found = door.browser("wang").get("/apps/shop/lookup/bill/lines.source").json["items"]
    assert {"title": "O-1 · 2", "hint": "7"}.items() <= next(i for i in found if i["title"] == "O-1 · 2").items()
