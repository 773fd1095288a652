"""The meaning: values, blanks, errors, paths, sources, as Python gives them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest

from engine.expressions.scope import Frame, Symbol
from engine.expressions.types import MONEY, QUANTITY, record_of, rows_of
from engine.expressions.values import Duration, ErrorValue, Ref, Rows
from tests.expressions.values import CASES, ERRORS
from tests.expressions.worlds import Shop, ShopNames, Thing, checked, lines, value_of


@pytest.fixture
def shop() -> Shop:
    category = [
        Thing("category", n, {"name": name, "above": above})
        for n, name, above in (
            (1, "all", None),
            (2, "food", Ref("category", 1)),
            (3, "tea", Ref("category", 2)),
            (4, "tools", Ref("category", 1)),
        )
    ]
    product = [
        Thing("product", 1, {"code": "P1", "title": "P1", "category": Ref("category", 3), "weight": D(2)}),
        Thing("product", 2, {"code": "P2", "title": "P2", "category": Ref("category", 4)}),
    ]
    customer = [
        Thing("customer", 5, {"name": "ALFKI", "credit_limit": D(100), "exposure": D(120)}),
        Thing("customer", 6, {"name": "BONAP"}),
    ]
    stock = [
        Thing("stock", 1, {"product": Ref("product", 1), "on_hand": D(7), "reserved": D(2)}),
        Thing("stock", 2, {"product": Ref("product", 2), "on_hand": D(9), "reserved": None}),
    ]
    rates = [
        Thing("rate", n, {"currency": code, "day": dt.date(2026, 1, n), "rate": D(rate)})
        for n, code, rate in ((1, "EUR", "7.5"), (2, "EUR", "7.6"), (3, "USD", "7.1"))
    ]
    warehouse = [
        Thing("warehouse", 1, {"name": "North", "place": "39.9, 116.4"}),
        Thing("warehouse", 2, {"name": "South", "place": "23.1, 113.3"}),
    ]
    return Shop(
        {
            "category": category,
            "product": product,
            "customer": customer,
            "stock": stock,
            "rate": rates,
            "warehouse": warehouse,
        },
        has={1: ("sales",)},
        names_raised=("credit",),
    )


@pytest.fixture
def order(shop: Shop) -> Thing:
    thing = Thing(
        "order",
        1,
        {
            "customer": Ref("customer", 5, "ALFKI"),
            "date": dt.date(2026, 1, 31),
            "state": "draft",
            "total": D("10.50"),
            "qty": D(3),
            "discount": D("0.05"),
            "held": True,
            "note": "Tea  for two",
            "kind": "credit",
            "item": Ref("invoice", 3),
            "tags": ("a", "b"),
            "moment": dt.datetime(2026, 3, 31, 16, 30, tzinfo=dt.UTC),
            "clock": dt.time(9, 30),
            "span": Duration(seconds=D(5400)),
        },
    )
    thing.values["lines"] = lines(
        {"product": Ref("product", 1), "qty": D(2), "price": D("1.50"), "stocked": True, "amount": D("3.00")},
        {"product": Ref("product", 2), "qty": D(5), "price": None, "stocked": False, "amount": None},
        {"product": Ref("product", 1), "qty": None, "price": D(4), "stocked": True, "amount": D(8)},
        parent=thing,
    )
    customer = shop.stored["customer"][0]
    customer.values["orders"] = Rows((thing,))
    shop.stored["order"] = [thing]
    return thing


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_a_value(text: str, wanted: Any, order: Thing, shop: Shop) -> None:
    found = value_of(text, order, shop)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("text", "code"), ERRORS)
def test_an_error_is_a_value_that_spreads(text: str, code: str, order: Thing, shop: Shop) -> None:
    found = value_of(text, order, shop)
    assert isinstance(found, ErrorValue), found
    assert found.code == code
    assert found.reason.to("zh") and found.reason.to("en")


def test_units(shop: Shop) -> None:
    types = {
        "total * qty": "money",
        "total / total": "number",
        "total / qty": "money",
        "total * 5%": "money",
        "total + 1": "money",
        "qty / qty": "number",
        "round(total, 1)": "money",
        "sum(lines, qty * price)": "money",
        "if(held, total, 0)": "money",
        "max(discount, 5%)": "percent",
        "first(lines)": "record of order.lines",
    }
    assert {text: str(checked(text).type) for text in types} == types


def test_the_old_row_and_other_names(order: Thing, shop: Shop) -> None:
    names = ShopNames(
        more={
            "need": Symbol("param", "need", QUANTITY),
            "qty.before": Symbol("word", "qty.before", QUANTITY),
            "trigger": Symbol("word", "trigger", record_of("order")),
        }
    )
    old = Thing("order", 1, {"qty": D(2)})
    frame = Frame(shop, order, old=old, names={"need": D(4), "qty.before": D(1), "trigger": Ref("order", 1)})  # type: ignore[arg-type]
    assert checked("qty - old.qty + need + qty.before + trigger.qty", names).value(frame) == D(9)


def test_an_aggregate_over_the_group_of_a_report(order: Thing, shop: Shop) -> None:
    names = ShopNames("stock", more={"rows": Symbol("word", "rows", rows_of("order"))})
    frame = Frame(shop, names={"rows": Rows((order, Thing("order", 2, {"total": D(2), "qty": D(1)})))})  # type: ignore[arg-type]
    assert checked("sum(total)", names).value(frame) == D("12.50")
    assert checked("round(sum(total * qty) / count(), 2)", names).value(frame) == D("16.75")
    assert checked("sum(total)", names).type == MONEY.__class__("number", unit="money")


def test_a_billion_steps_end_early(shop: Shop) -> None:
    shop.stored["stock"] = [Thing("stock", n, {"on_hand": D(n)}) for n in range(2000)]
    found = value_of("count(stock as a where exists(stock where on_hand = a.on_hand + 5000))", Thing("order", 1), shop)
    assert isinstance(found, ErrorValue) and found.code == "#NUM!"
