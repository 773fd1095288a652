"""SQL gives the answers of Python, on both databases; what cannot is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import sqlite

from engine.expressions.compiled import Source, source
from engine.expressions.evaluate import evaluate
from engine.expressions.numbers import Exact
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql, compile_node
from engine.expressions.values import ErrorValue, Ref
from tests.expressions.tables import ORDERS, TableColumns, engine_for, filled, shop_of
from tests.expressions.worlds import HERE, Shop, ShopNames, Thing, checked

CUSTOMERS = [
    {"id": 1, "name": "ALFKI", "credit_limit": D("100.00"), "exposure": D("120.50"), "blocked": False},
    {"id": 2, "name": "BONAP", "credit_limit": None, "exposure": D("0.00"), "blocked": None},
]
BLANK = dict.fromkeys(("customer", "date", "due", "state", "note", "total", "qty", "discount", "score", "held"))
ORDER_ROWS = [
    {
        "id": 1,
        "customer": 1,
        "date": dt.date(2026, 1, 31),
        "due": dt.date(2026, 2, 28),
        "state": "draft",
        "note": "Ünï码",
        "total": D("10.50"),
        "qty": D("3.000"),
        "discount": D("0.0500"),
        "score": D("7"),
        "held": True,
    },
    {
        "id": 2,
        "customer": 2,
        "date": dt.date(2024, 2, 29),
        "due": None,
        "state": "approved",
        "note": "",
        "total": D("-0.01"),
        "qty": D("0.001"),
        "discount": None,
        "score": D("0"),
        "held": False,
    },
    {"id": 3, **BLANK},
    {"id": 4, **BLANK, "total": D("9999999.99"), "qty": D("12345.678"), "score": D("-2.5"), "note": "a"},
]
LINE_ROWS = [
    {
        "id": 11,
        "parent": 1,
        "position": 1,
        "product": 1,
        "qty": D("2"),
        "price": D("1.50"),
        "amount": D("3.00"),
        "stocked": True,
        "day": dt.date(2026, 3, 1),
    },
    {
        "id": 12,
        "parent": 1,
        "position": 2,
        "product": 2,
        "qty": D("5.125"),
        "price": None,
        "amount": None,
        "stocked": False,
        "day": None,
    },
    {
        "id": 13,
        "parent": 2,
        "position": 1,
        "product": None,
        "qty": None,
        "price": D("0.99"),
        "amount": D("0.99"),
        "stocked": None,
        "day": dt.date(2026, 1, 1),
    },
    {
        "id": 14,
        "parent": 4,
        "position": 1,
        "product": 1,
        "qty": D("2"),
        "price": D("4.00"),
        "amount": D("8.00"),
        "stocked": True,
        "day": dt.date(2025, 1, 1),
    },
]

EXPRESSIONS = [
    "qty * total",
    "qty * total / 3",
    "total - 1",
    "total - 0.001",
    "-total",
    "qty + score",
    "total / qty",
    "total * 5%",
    "abs(total)",
    "round(total * qty, 1)",
    "round(total / 7, 4)",
    "round(score)",
    "round(qty * 100, -2)",
    "roundup(total / 3, 2)",
    "rounddown(total / 3, 2)",
    "max(qty, score)",
    "min(qty, score, 1)",
    "max(total, 0)",
    "sum(qty, score, 1)",
    "if(qty > 1, total, 0)",
    "if(held, total, qty * total)",
    "if(state = 'draft', 'a', 'b')",
    "ifblank(note, 'none')",
    "iferror(total / score, -1)",
    "iferror(1 / qty, 0) > 100",
    "ifblank(total, 5)",
    "isblank(note)",
    "iserror(total / score)",
    "ifs(qty > 1, 1, held, 2, true, 3)",
    "switch(state, 'draft', 1, 'approved', 2, 3)",
    "qty = 0",
    "qty != 0",
    "qty = 3",
    "qty <= 0",
    "qty < 3.0005",
    "score > -2.5",
    "score = total",
    "score <= qty",
    "total >= 10.5",
    "note = ''",
    "note != ''",
    "note is blank",
    "note is not blank",
    "note = 'a'",
    "note < 'b'",
    "note >= 'a'",
    "date is blank",
    "state = 'draft'",
    "state != 'draft'",
    "state in ['draft', 'approved']",
    "state not in ['draft']",
    "qty in [3, 0.001]",
    "held",
    "not held",
    "held = false",
    "held or qty > 1",
    "held and state = 'draft'",
    "not (qty > 1) and not held",
    "score != 0 and total / score > 1",
    "xor(held, qty > 1)",
    "date + 1",
    "date - 3",
    "due - date",
    "date + 1 month",
    "date - 12 months",
    "date + 2 weeks",
    "date > due",
    "date = due",
    "date <= date(2026, 1, 31)",
    "date < today()",
    "days(due, date)",
    "edate(date, 1)",
    "eomonth(date, 1)",
    "month_end(date)",
    "year(date)",
    "quarter(date)",
    "month(date)",
    "day(date)",
    "month_start(date)",
    "week_start(date)",
    "quarter_start(date)",
    "bucket(total, [0, 10, 20])",
    "bucket(days(today(), due), [0, 30, 90])",
    "len(note)",
    "left(note, 2)",
    "right(note, 2)",
    "contains(note, 'ï')",
    "starts(note, 'Ü')",
    "ends(note, '码')",
    "note & 'x'",
    "starts(note, 'xxxxxxxx')",
    "ends(note, 'xxxxxxxx')",
    "note & state",
    "customer.exposure",
    "customer.exposure > customer.credit_limit",
    "customer.name",
    "customer is blank",
    "customer = 'ALFKI'",
    "customer != 'ALFKI'",
    "customer.blocked",
    "not customer.blocked",
    "sum(lines.qty)",
    "sum(lines, qty * price)",
    "sum(lines where stocked, qty)",
    "count(lines)",
    "count(lines where qty > 2)",
    "count(lines, price)",
    "max(lines.price)",
    "min(lines.day)",
    "average(lines.qty)",
    "exists(lines)",
    "exists(lines where not stocked)",
    "any(lines, stocked)",
    "all(lines, qty > 1)",
    "all(lines, stocked or qty > 5)",
    "first(lines sort -qty).qty",
    "first(lines sort day).day",
    "first(lines).price",
    "first(lines, qty * price)",
    "count_unique(lines, product)",
    "count_unique(lines.qty)",
    "max(lines, qty * price)",
    "sum(lines, round(qty * price, 2))",
    "count(lines as l where l.qty > this.score)",
    "sum(lines, qty) / count(lines)",
    "count(order)",
    "count(order where customer = this.customer)",
    "sum(order.total where state = 'draft')",
    "sum(order as o where o.qty < this.qty, o.total)",
    "exists(order as o where exists(o.lines where qty = 2) and o != this)",
    "count(order.lines where parent.customer = this.customer)",
    "sum(order.lines where parent.state = 'draft', qty)",
    "customer is customer",
    "customer is not customer or qty > 1",
    "sum(all customer, credit_limit)",
    "sum(all customer.exposure)",
    "sum(lines, 1 / qty)",
    "iferror(sum(lines, 1 / (qty - 1)), 0)",
    "count(lines where 1 / qty > 0)",
    "iserror(any(lines, 1 / (qty - 1) > 0))",
    "iserror(all(lines, 1 / (qty - 1) > 0))",
    "iserror(first(lines, 1 / (qty - 1)))",
]
REFUSED = [
    "qty ^ 2",
    "tags",
    "lower(note)",
    "note & qty",
    "moment + 1 hour",
    "median(lines.qty)",
    "list(lines, qty)",
    "price_for(first(lines).product, qty).price",
]


def same(python: Any, database: Any) -> bool:
    if isinstance(python, ErrorValue):
        return database is None
    if isinstance(python, Ref):
        return database == python.id
    if isinstance(python, str) or isinstance(database, str):
        return (python or None) == (database or None)
    if isinstance(python, bool) and not isinstance(database, bool):
        return database in (0, 1) and bool(database) is python
    return bool(python == database)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return shop_of(CUSTOMERS, ORDER_ROWS, LINE_ROWS)


def differences(text: str, shop: Shop, connection: Connection) -> list[object]:
    """Rows on which the database disagrees with Python, and conditions that keep other rows."""
    expression = checked(text)
    value = expression.sql(TableColumns("order", ORDERS), Frame(shop))
    found = {row[0]: row[1] for row in connection.execute(select(ORDERS.c.id, value))}
    wrong: list[object] = []
    condition = expression.type.name == "boolean"
    for row in shop.stored["order"]:
        wanted = expression.value(Frame(shop, row))
        if condition and isinstance(wanted, (ErrorValue, type(None))):
            wanted = False
        if not same(wanted, found[row.id]):
            wrong.append((text, row.id, wanted, found[row.id]))
    if condition:
        kept = set(connection.execute(select(ORDERS.c.id).where(value)).scalars())
        wrong += (
            []
            if kept == {row.id for row in shop.stored["order"] if expression.holds(Frame(shop, row))}
            else [(text, kept)]
        )
    return wrong


def test_sql_agrees_with_python(database_url: str, shop: Shop) -> None:
    engine = engine_for(database_url)
    with filled(engine, CUSTOMERS, ORDER_ROWS, LINE_ROWS) as connection:
        wrong = [difference for text in EXPRESSIONS for difference in differences(text, shop, connection)]
    engine.dispose()
    assert wrong == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_sql_cannot_do_is_refused(text: str, shop: Shop) -> None:
    with pytest.raises(NotInSql):
        checked(text).sql(TableColumns("order", ORDERS), Frame(shop))


def test_a_part_of_a_source_that_could_fail_is_left_to_python(shop: Shop) -> None:
    node = checked("total / score > 1").node
    with pytest.raises(NotInSql):
        compile_node(node, TableColumns("order", ORDERS), Frame(shop, shop.stored["order"][0]))


def test_this_is_the_frames_row_inside_a_source(shop: Shop) -> None:
    node = checked("customer = this.customer", ShopNames()).node
    value = compile_node(node, TableColumns("order", ORDERS), Frame(shop, shop.stored["order"][0]))
    assert list(value.compile().params.values()) == [1]


def test_a_tree_is_looked_up_before_the_query(database_url: str) -> None:
    above = {1: None, 2: 1, 3: 2, 4: 1}
    rows = [{"id": number, **BLANK, "category": category} for number, category in enumerate((1, 2, 3, 4, None), 1)]
    shop = shop_of([], rows, [])
    for row in shop.stored["order"]:
        number = row.values["category"]
        row.values["category"] = Ref("category", number) if number else None
    shop.stored["category"] = [
        Thing("category", number, {"name": f"c{number}", "above": Ref("category", upper) if upper else None})
        for number, upper in above.items()
    ]
    engine = engine_for(database_url)
    with filled(engine, [], rows, []) as connection:
        for text in ("category is under 'c2'", "category is not under 'c2'", "category is under blank"):
            expression = checked(text)
            query = select(ORDERS.c.id).where(expression.sql(TableColumns("order", ORDERS), Frame(shop)))
            wanted = {row.id for row in shop.stored["order"] if expression.holds(Frame(shop, row))}
            assert set(connection.execute(query).scalars()) == wanted, text
        for here in shop.stored["order"]:      # the lower one is known, the upper one a column
            for text in ("this.category is under category", "this.category is not under category"):
                node = checked(text, ShopNames()).node
                found = compile_node(node, TableColumns("order", ORDERS), Frame(shop, here))
                wanted = {row.id for row in shop.stored["order"] if evaluate(node, Frame(shop, here, row))}
                assert set(connection.execute(select(ORDERS.c.id).where(found)).scalars()) == wanted, (text, here.id)
    engine.dispose()


def test_a_stored_number_is_exact(database_url: str) -> None:
    engine = engine_for(database_url)
    rows = [{"id": number, **BLANK, "total": D("0.10"), "qty": D("1.005")} for number in range(1, 11)]
    with filled(engine, [], rows, []) as connection:
        assert connection.execute(select(func.sum(ORDERS.c.total, type_=ORDERS.c.total.type))).scalar_one() == D("1.00")
        assert connection.execute(select(ORDERS.c.id).where(ORDERS.c.qty == D("1.005"))).all()
    engine.dispose()


def test_a_number_too_large_for_sqlite_is_refused() -> None:
    with pytest.raises(OverflowError):
        Exact(6).process_bind_param(D(10) ** 13, sqlite.dialect())  # type: ignore[no-untyped-call]


def test_statements_are_cached_by_what_they_do(shop: Shop) -> None:
    def key(text: str) -> Any:
        value = checked(text).sql(TableColumns("order", ORDERS), Frame(shop))
        found = select(value)._generate_cache_key()  # noqa: SLF001 - nothing public tells whether a statement is cached
        assert found is not None, text
        return found.key

    assert key("qty * score") == key("qty * score")
    assert key("total > 5") == key("total > 7")
    assert (
        len({key(text) for text in ("qty * score", "qty / 3", "roundup(qty, 1)", "rounddown(qty, 1)", "qty + score")})
        == 5
    )


def test_an_alias_is_the_candidate_only_where_it_is_told(shop: Shop) -> None:
    made = source("order as o where o.qty > 1", HERE, ShopNames())
    assert isinstance(made, Source) and made.where is not None
    with pytest.raises(NotInSql):
        compile_node(made.where, TableColumns("order", ORDERS), Frame(shop))
    found = compile_node(made.where, TableColumns("order", ORDERS), Frame(shop), alias=made.alias)
    assert "qty" in str(found)
