"""Which parts of a condition tell rows; every door says them; of many new records those that are refused are known."""

from __future__ import annotations

import pytest

from engine.errors import Invalid, Refused
from engine.runtime.services import commands, inputs
from tests.services.shops import SHOP, Shop
from tests.services.test_rules import shop_of
from tests.web.doors import Door, peopled, told

STATES = "    effective: [pending, approved]"
GOOD = {"product": "chai", "qty": "1"}
RULES: dict[str, tuple[str, list[str], str]] = {       # the rule, where it is shown, the note
    "none such": ("'not exists(lines where qty > 25)'", ["lines.2.qty"], ""),
    "or": ("\"note = 'all' or all(lines, qty < 10)\"", ["lines.1.qty", "lines.2.qty"], ""),
    "held by another": (
        "\"(note = 'free' or all(lines, qty < 10)) and all(lines, qty < 25)\"", ["lines.2.qty"], "free"),
    "both ways": ("'not (any(lines, qty > 25) or not all(lines, qty < 10))'", ["lines.1.qty", "lines.2.qty"], ""),
}


@pytest.mark.parametrize("rule", RULES)
def test_parts_of_a_condition_tell_rows(rule: str, sqlite_url: str) -> None:
    text, fields, note = RULES[rule]
    check = f"    checks: [{{that: {text}, at: lines.qty, called: many, say: {{zh: 太多, en: Too many}}}}]\n"
    shop = shop_of(sqlite_url, (STATES, check + STATES))
    try:
        shop.stocked(chai=100)
        shop.create("li", "customer", name="Acme")
        values = {"customer": "Acme", "note": note, "lines": [GOOD, {**GOOD, "qty": "20"}, {**GOOD, "qty": "30"}]}
        with pytest.raises(Invalid) as caught:
            shop.create("li", "sale", **values)
        assert [one.field for one in caught.value.errors] == fields
    finally:
        shop.site.database.close()


def test_of_many_all_that_are_refused_are_known(database_url: str) -> None:
    shop = Shop(database_url)
    try:
        many = [{"code": f"p{n}", "price": "1"} for n in range(6)]
        many[2]["code"] = many[4]["code"] = ""
        with pytest.raises(Invalid) as caught:
            shop.run("zhao", lambda tx: commands.create_many(
                tx, "product", [inputs.read(tx, "product", one) for one in many]
            ))
        assert caught.value.places == [2, 4] and caught.value.errors[0].field == "code"
        twice = [{"code": "same", "price": "1"}] * 2
        with pytest.raises((Invalid, Refused)) as other:       # the database says so, of all of them
            shop.run("zhao", lambda tx: commands.create_many(
                tx, "product", [inputs.read(tx, "product", one) for one in twice]
            ))
        assert other.value.places == []
    finally:
        shop.site.database.close()


def test_rest_bulk_and_form_show_rows_and_cells(sqlite_url: str) -> None:
    rules = "[{that: 'all(lines, qty < 10)', at: lines.qty, called: many, say: {zh: 太多, en: Too many}}]"
    shop = peopled(sqlite_url, SHOP.replace(STATES, f"    checks: {rules}\n{STATES}", 1))
    try:
        door = Door(shop)
        shop.stocked(chai=100)
        shop.create("li", "customer", name="Acme")
        values = {"customer": "Acme", "lines": [GOOD, {**GOOD, "qty": "20"}]}
        program = door.program("li")
        answer = program.post("/api/shop/sale", values)
        assert answer.status_code == 422 and answer.json["detail"] == "Lines row 2: Too many"
        assert answer.json["errors"] == [{"field": "lines.1.qty", "message": "Too many", "code": "many"}]
        items = [{"op": "create", "values": {**values, "lines": [GOOD]}}, {"op": "create", "values": values}]
        answer = program.post("/api/shop/sale/bulk", {"items": items})
        assert answer.status_code == 422 and answer.json["detail"] == "items.1: Lines row 2: Too many"
        assert [error["field"] for error in answer.json["errors"]] == ["items.1.lines.1.qty"]
        assert program.get("/api/shop/sale").json["items"] == []
        form = {"customer": "1", "lines.0.product": "1", "lines.0.qty": "1",
                "lines.1.product": "1", "lines.1.qty": "20"}
        page = door.browser("li").post("/apps/shop/records/sale/new", form)
        assert page.status_code == 422 and 'data-error="lines.1.qty">Too many</p>' in page.text, told(page)
        assert page.text.count("Lines row 2, Quantity: Too many") == 1
    finally:
        shop.site.database.close()
