"""Python, SQLite and PostgreSQL agree: random typed expressions over random rows, blanks included."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from engine.expressions.arithmetic import DIVISION_BY_ZERO, NO_MATCH
from engine.expressions.compiled import expression, template
from engine.expressions.faults import CODES
from engine.expressions.functions import FUNCTIONS
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import ErrorValue, Ref
from tests.expressions.tables import ORDERS, TableColumns, engine_for, filled, shop_of
from tests.expressions.worlds import HERE, ShopNames, Thing, checked

ROOT = Path(__file__).parents[2]

# --- expressions, as text: what people write


def joined(op: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, inner).map(lambda pair: f"({pair[0]} {op} {pair[1]})")


NUMBER_LEAVES = st.sampled_from(
    [
        "qty",
        "score",
        "discount",
        "0",
        "1",
        "2.5",
        "0.001",
        "10%",
        "-3",
        "count(lines)",
        "sum(lines.qty)",
        "max(lines.qty)",
        "min(lines.qty)",
        "sum(lines where stocked, qty)",
        "average(lines.qty)",
        "first(lines sort -qty).qty",
        "year(date)",
        "(due - date)",
        "len(note)",
        "sum(lines as l where l.qty > this.qty, l.qty)",
        "count_unique(lines.product)",
        "count(order where qty = this.qty)",
        "quarter(due)",
        "month(date)",
        "day(due)",
        "weekday(date)",
        "weekday(due, 2)",
        "weekday(due, 3)",
        "days(due, date)",
        "sum(qty, score, 1)",
        "max(lines where qty > 1, qty)",
        "count(lines where qty > 2)",
        "count(lines, qty)",
        "(customer.exposure / 2 / customer.credit_limit)",
    ]
)
TEXT_LEAVES = st.sampled_from(
    [
        "note",
        "'' & state",
        "''",
        "'a'",
        "'Ünï'",
        "left(note, 1)",
        "note & 'z'",
        "right(note, 2)",
        "mid(note, 2, 2)",
        "bucket(qty, [0, 30, 90])",
        "bucket(score, [0, 2.5])",
        "period(date)",
        "period(due, 'quarter')",
        "period(date, 'week')",
        "period(due, 'year')",
        "period(due, 'day')",
        "switch(state, 'draft', 'd', 'approved', note, 'else')",
        "ifs(held, note, qty > 1, 'b')",
    ]
)
DATE_LEAVES = st.sampled_from(
    [
        "date",
        "due",
        "date(2026, 2, 28)",
        "(date + 1)",
        "(due - 30)",
        "(date + 1 month)",
        "edate(due, -1)",
        "month_end(date)",
        "month_start(due)",
        "week_start(date)",
        "quarter_start(due)",
        "max(lines.day)",
        "year_start(date)",
        "eomonth(date, 2)",
        "quarter_end(due)",
        "first(lines sort day).day",
    ]
)
CONDITION_LEAVES = st.sampled_from(
    [
        "held",
        "true",
        "qty is blank",
        "due is not blank",
        "state in ['draft', 'approved']",
        "customer = 'ALFKI'",
        "customer is blank",
        "customer.blocked",
        "customer.exposure > customer.credit_limit",
        "exists(lines where qty > 1)",
        "all(lines, stocked)",
        "any(lines, qty < 3)",
        "any(lines sort -day, qty < 3)",
        "all(lines, qty < 3)",
        "exists(lines, qty)",
        "exists(order where score > this.qty)",
        "customer.exposure = 0",
        "iserror(customer.exposure)",
        "contains(note, 'a')",
        "starts(note, 'Ü')",
        "ends(note, 'b')",
        "exact(note, 'a')",
        "isblank(note)",
        "isblank(qty)",
        "isnumber(score)",
        "istext(note)",
        "istext(qty)",
        "qty in [1, score, 3]",
        "note in ['a', state]",
        "customer in ['ALFKI', 'NOBODY']",
        "customer not in ['ALFKI', 'BONAP']",
    ]
)


MULTIPLES = st.sampled_from(("ceiling", "floor", "mround"))
STEPS = st.sampled_from(("0.3", "1", "7", "2.5"))


def numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        joined("+", inner),
        joined("-", inner),
        joined("*", inner),
        joined("/", inner),
        inner.map(lambda a: f"(-{a})"),
        inner.map(lambda a: f"abs({a})"),
        inner.map(lambda a: f"int({a})"),
        inner.map(lambda a: f"sign({a})"),
        pair.map(lambda p: f"mod({p[0]}, {p[1]})"),
        pair.map(lambda p: f"quotient({p[0]}, {p[1]})"),
        st.tuples(MULTIPLES, inner, STEPS).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        inner.map(lambda a: f"trunc({a}, 1)"),
        st.tuples(inner, inner, inner).map(lambda p: f"choose({p[0]}, {p[1]}, {p[2]})"),
        pair.map(lambda p: f"switch(state, 'draft', {p[0]}, {p[1]})"),
        st.tuples(inner, st.integers(-2, 4)).map(lambda p: f"round({p[0]}, {p[1]})"),
        st.tuples(st.sampled_from(("roundup", "rounddown")), inner, st.integers(0, 3)).map(
            lambda p: f"{p[0]}({p[1]}, {p[2]})"
        ),
        pair.map(lambda p: f"max({p[0]}, {p[1]})"),
        pair.map(lambda p: f"min({p[0]}, {p[1]})"),
        pair.map(lambda p: f"iferror({p[0]}, {p[1]})"),
        pair.map(lambda p: f"ifblank({p[0]}, {p[1]})"),
        st.tuples(CONDITION_LEAVES, inner, inner).map(lambda p: f"if({p[0]}, {p[1]}, {p[2]})"),
    )


NUMBERS = st.recursive(NUMBER_LEAVES, numbers, max_leaves=5)
FAILING = st.sampled_from(["1 / 0", "1 / score", "qty / discount", "3", "qty"])
COMPARISONS = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))


def compared(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(values, COMPARISONS, values).map(lambda p: f"({p[0]} {p[1]} {p[2]})")


def conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        joined("and", inner),
        joined("or", inner),
        inner.map(lambda a: f"(not {a})"),
        st.tuples(NUMBERS, NUMBERS, FAILING).map(lambda p: f"({p[0]} in [{p[1]}, {p[2]}])"),
        st.tuples(inner, inner, inner).map(lambda p: f"if({p[0]}, {p[1]}, {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"xor({p[0]}, {p[1]})"),
        NUMBERS.map(lambda a: f"iserror({a})"),
    )


CONDITIONS = st.recursive(
    st.one_of(CONDITION_LEAVES, compared(NUMBERS), compared(TEXT_LEAVES), compared(DATE_LEAVES)),
    conditions,
    max_leaves=4,
)
EXPRESSIONS = st.one_of(NUMBERS, CONDITIONS, TEXT_LEAVES, DATE_LEAVES)

# --- rows


def decimals(places: int) -> st.SearchStrategy[Decimal | None]:
    near = st.sampled_from([Decimal(0), Decimal(1), Decimal("0.5"), Decimal("-2.5"), Decimal(3)])
    return st.one_of(st.none(), near, st.decimals(-100_000, 100_000, places=places))


def formulas(places: int) -> st.SearchStrategy[Decimal | ErrorValue | None]:
    """What a stored formula may hold."""
    return st.one_of(decimals(places), st.sampled_from([DIVISION_BY_ZERO, NO_MATCH]))


EDGES = [dt.date(1999, 12, 31), dt.date(2000, 2, 29), dt.date(2024, 2, 29), dt.date(2026, 12, 31), dt.date(2027, 1, 1)]
DAYS = st.one_of(st.none(), st.sampled_from(EDGES), st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
YES_NO = st.sampled_from([None, True, False])


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "customer": draw(st.sampled_from([None, 1, 2])),
            "date": draw(DAYS),
            "due": draw(DAYS),
            "state": draw(st.sampled_from([None, "draft", "approved"])),
            "note": draw(st.sampled_from([None, "", "a", "ab", "Ünï码", "Z"])),
            "total": draw(decimals(2)),
            "qty": draw(decimals(3)),
            "discount": draw(decimals(4)),
            "score": draw(formulas(6)),
            "held": draw(YES_NO),
        }
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]


@st.composite
def lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": 10 + number,
            "parent": draw(st.integers(1, 3)),
            "position": number,
            "product": draw(st.sampled_from([None, 1, 2])),
            "qty": draw(formulas(3)),
            "price": draw(decimals(2)),
            "amount": None,
            "stocked": draw(YES_NO),
            "day": draw(DAYS),
        }
        for number in range(draw(st.integers(0, 4)))
    ]


CUSTOMERS = [
    {"id": 1, "name": "ALFKI", "credit_limit": Decimal("100.00"), "exposure": Decimal("120.50"), "blocked": True},
    {"id": 2, "name": "BONAP", "credit_limit": None, "exposure": DIVISION_BY_ZERO, "blocked": None},
]


def plain(value: Any) -> Any:
    """A value as the database would hold it: errors and the empty text are blank, links are ids."""
    if isinstance(value, ErrorValue) or value == "":
        return None
    return value.id if isinstance(value, Ref) else value


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest, _server: tuple[str, str]) -> Iterator[list[Engine]]:
    """SQLite in memory and, where there is a server, PostgreSQL."""
    found = [engine_for("sqlite://")]
    if _server[0]:
        found.append(engine_for(_server[0].replace("postgresql://", "postgresql+psycopg://")))
    yield found
    for engine in found:
        engine.dispose()


@given(text=EXPRESSIONS, order_rows=orders(), line_rows=lines())
def test_the_databases_agree_with_python(
    engines: list[Engine], text: str, order_rows: list[dict[str, Any]], line_rows: list[dict[str, Any]]
) -> None:
    expression, shop = checked(text), shop_of(CUSTOMERS, order_rows, line_rows)
    try:
        value = expression.sql(TableColumns("order", ORDERS), Frame(shop))
    except NotInSql:
        return
    wanted = {row.id: plain(expression.value(Frame(shop, row))) for row in shop.stored["order"]}
    if expression.type.name == "boolean":
        wanted = {number: found is True for number, found in wanted.items()}
    for engine in engines:
        with filled(engine, CUSTOMERS, order_rows, line_rows) as connection:
            found = {row[0]: plain(row[1]) for row in connection.execute(select(ORDERS.c.id, value))}
            if expression.type.name == "boolean":
                kept = set(connection.execute(select(ORDERS.c.id).where(value)).scalars())
                assert kept == {number for number, holds in wanted.items() if holds}, (engine.dialect.name, text)
        assert found == wanted, (engine.dialect.name, text)


def test_every_function_of_the_database_is_compared() -> None:
    """What declares itself for SQL is generated above, or one by one in the tests of SQL."""
    files = (Path(__file__), ROOT / "tests/expressions/test_sql.py")
    words = set(re.findall(r"\w+", "".join(file.read_text(encoding="utf-8") for file in files)))
    assert {name for name, function in FUNCTIONS.items() if function.sql} - words <= {"avg"}  # another name of average


@given(text=NUMBERS | CONDITIONS)
def test_most_expressions_run_in_the_database(text: str) -> None:
    shop = shop_of(CUSTOMERS, [], [])
    assert checked(text).sql(TableColumns("order", ORDERS), Frame(shop)) is not None


SPELLED = """
    qty total state lines customer sum( count( if( first( ( ) [ ] , . + - * / ^ & = != < <= > >= and or not in is as at
    between where sort then true false blank this parent me old all movements of under 'draft' "x" 'open 1 2.5 5% 3 days
    8 working hours == && § （ ， ＝ “a” today() date(2026,1,1) 1e9 .5 - not
"""
WORDS = st.sampled_from(SPELLED.split())


@given(text=st.one_of(st.lists(WORDS, max_size=25).map(" ".join), st.text(max_size=60)))
def test_any_text_is_an_expression_or_a_list_of_problems(text: str) -> None:
    found = expression(text, HERE, ShopNames())
    if isinstance(found, list):
        assert found and all(problem.code in CODES and problem.at.line >= 3 for problem in found)
    else:
        found.value(Frame(shop_of(CUSTOMERS, [], []), Thing("order", 1)))
    template("{" + text + "}", HERE, ShopNames())


HUGE = st.sampled_from(
    ["99999999999999999999999999999999999999", "0.00000000000000000000000000000000001", "-1", "0", "qty", "100", "2.5"]
)
ARGUMENTS = st.one_of(
    HUGE, st.sampled_from(["'a'", "blank", "date", "lines.qty", "held", "''", "[1, 2]", "note", "now()", "1 month"])
)


@given(
    name=st.sampled_from(sorted(FUNCTIONS)),
    arguments=st.lists(ARGUMENTS, max_size=4),
    op=st.sampled_from("+-*/^&"),
    more=HUGE,
)
def test_no_function_fails_on_odd_values(name: str, arguments: list[str], op: str, more: str) -> None:
    order = Thing("order", 1, {"qty": Decimal("1e33"), "date": dt.date(9999, 12, 31), "note": "x" * 100})
    for text in (f"{name}({', '.join(arguments)})", f"({more} {op} {more}) {op} {more}"):
        found = expression(text, HERE, ShopNames())
        if not isinstance(found, list):
            found.value(Frame(shop_of(CUSTOMERS, [], []), order))
