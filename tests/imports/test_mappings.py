"""Everything that is wrong with a mapping is said at once, with its place and what was probably meant."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from tests.imports.shop import Shop

FILES = {
    "orders.csv": "OrderID,CustomerID,OrderDate\n1,A,2026-01-01\n",
    "details.csv": "OrderID,ProductID,Quantity\n1,1,1\n",
}
GOOD: dict[str, Any] = {
    "object": "sales_order", "file": "orders.csv", "key": "number",
    "fields": {"number": "OrderID", "customer": {"column": "CustomerID", "by": "code"}, "date": "OrderDate"},
    "lines": {"lines": {"file": "details.csv", "on": "OrderID", "fields": {"product": "ProductID", "qty": "Quantity"}}},
    "then": [{"act": "take_over"}],
}


def wrong(shop: Shop, **changes: Any) -> list[tuple[str, str]]:
    """The places of what is wrong and what is said."""
    for name, text in FILES.items():
        shop.file(name, text)
    with pytest.raises(Invalid) as caught:
        shop.run({**GOOD, **changes})
    for error in caught.value.errors:
        assert error.message.to("zh")
    return [(error.field, error.message.to("en")) for error in caught.value.errors]


@pytest.mark.parametrize(("changes", "place", "said"), [
    ({"fields": {"numbr": "OrderID"}, "key": []}, "fields.numbr", "did you mean number"),
    ({"fields": {"number": "OrderId"}}, "fields.number", "did you mean OrderID"),
    ({"fields": {"total": "OrderID"}, "key": []}, "fields.total", "computed"),
    ({"fields": {"lines": "OrderID"}, "key": []}, "fields.lines", "no field"),
    ({"fields": {"number": "=OrderNo & 'x'"}}, "fields.number", "OrderNo"),
    ({"fields": {"number": "=1 +"}}, "fields.number", ""),
    ({"fields": {"number": "OrderID", "date": {"column": "OrderDate", "by": "code"}}}, "fields.date", "no link"),
    ({"fields": {"number": "OrderID", "customer": {"column": "CustomerID", "by": "nr"}}}, "fields.customer", "look up"),
    ({"key": "note"}, "key", "note"),
    ({"lines": {"rows": {"on": "OrderID", "fields": {"qty": "OrderID"}}}}, "lines.rows", "no lines"),
    ({"lines": {"lines": {"file": "details.csv", "fields": {"qty": "Quantity"}}}}, "lines.lines", "joins"),
    ({"lines": {"lines": {"file": "details.csv", "on": "No", "fields": {"qty": "Quantity"}}}}, "lines.lines.on", "No"),
    ({"lines": {"lines": {"file": "details.csv", "on": "OrderID", "fields": {"qty": "Qty"}}}},
     "lines.lines.fields.qty", "Qty"),
    ({"then": [{"act": "take_ovr"}]}, "then.0", "did you mean take_over"),
    ({"then": [{"act": "finish", "with": {"note": "OrderID"}}]}, "then.0.with.note", "does not ask"),
    ({"then": [{"act": "finish", "when": "Shipped is blank"}]}, "then.0.when", "Shipped"),
    ({"dats": "M/D/YYYY"}, "", "dats"), ({"header": 0}, "header", ""), ({"numbers": "1'234"}, "numbers", ""),
], ids=repr)
def test_wrong_mappings(sqlite_shop: Shop, changes: dict[str, Any], place: str, said: str) -> None:
    found = wrong(sqlite_shop, **changes)
    assert any(where == place and said in text for where, text in found), found


def test_everything_is_said_at_once(sqlite_shop: Shop) -> None:
    found = wrong(sqlite_shop, fields={"numbr": "OrderID", "date": "Date"}, key=[], then=[{"act": "x"}])
    assert {where for where, _ in found} == {"fields.numbr", "fields.date", "then.0"}


@pytest.mark.parametrize("name", ["nothing", "sales_order.lines"])
def test_unknown_objects(sqlite_shop: Shop, name: str) -> None:
    sqlite_shop.file("a.csv", "a\n1\n")
    with pytest.raises(Invalid, match=name):
        sqlite_shop.run({"object": name, "file": "a.csv"})


def test_no_column_fits(sqlite_shop: Shop) -> None:
    sqlite_shop.file("a.csv", "x,y\n1,2\n")
    with pytest.raises(Invalid, match="no column"):
        sqlite_shop.run({"object": "customer", "file": "a.csv"})


@pytest.mark.parametrize("text", ["object: [a", "a: 1\na: 2\n", "object: &x a\n"])
def test_unreadable_mappings(sqlite_shop: Shop, text: str) -> None:
    with pytest.raises(Invalid, match="cannot be read") as caught:
        sqlite_shop.run(text)
    assert caught.value.errors
