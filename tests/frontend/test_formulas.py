"""A formula gives the same in the browser as in the engine, blanks and errors included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.expressions.arithmetic import plain_number
from engine.expressions.functions import ALL
from engine.expressions.scope import Frame
from engine.expressions.types import NUMBER, Type
from engine.expressions.values import ErrorValue
from tests.expressions.worlds import Shop, ShopNames, Thing, checked, lines
from tests.frontend.browsers import Browser
from tests.frontend.nodes import ROOT

Row = dict[str, Any]
FIELDS = ("total", "qty", "discount", "score", "note", "state", "date", "due", "held")
LINE_FIELDS = ("qty", "price", "amount", "stocked", "day")


@dataclass(frozen=True)
class PlainNames(ShopNames):
    """The shop's names with numbers of no unit, so that any two of them may be added."""

    def member(self, owner: Type, name: str) -> Type | None:
        found = super().member(owner, name)
        return NUMBER if found is not None and found.name == "number" else found

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> PlainNames:
        inner = super().within(candidate, aliases)
        return PlainNames(inner.this, inner.row, inner.more)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.close()


def shown(value: Any) -> Any:
    """A value as it goes to the browser and comes back."""
    if isinstance(value, ErrorValue):
        return {"error": value.code}
    if isinstance(value, Decimal):
        return {"number": plain_number(value)}
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if value == "" else value


def both(browser: Browser, text: str, record: Row, rows: list[Row]) -> tuple[Any, Any]:
    """The value in the engine and in the browser."""
    expression = checked(text, PlainNames())
    tree = expression.browser()
    assert tree is not None, f"not for the browser: {text}"
    order = Thing("order", 1, dict(record))
    order.values["lines"] = lines(*rows, parent=order)
    here = shown(expression.value(Frame(Shop(), order)))
    question = {
        "tree": tree,
        "record": {name: shown(value) for name, value in record.items()},
        "lines": {"lines": [{name: shown(value) for name, value in row.items()} for row in rows]},
        "today": "2026-04-01",
    }
    return {"value": here}, browser.ask(question)


NUMBERS = st.none() | st.decimals(-9999, 9999, places=4) | st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.3")])
TEXTS = st.none() | st.sampled_from(["", "a", "A", "ab", "Ünï码", "𝄞x", "b"])
DATES = st.none() | st.dates(dt.date(1999, 1, 1), dt.date(2040, 12, 31))
BOOLEANS = st.none() | st.booleans()
RECORDS = st.fixed_dictionaries(
    {
        "total": NUMBERS,
        "qty": NUMBERS,
        "discount": NUMBERS,
        "score": NUMBERS,
        "note": TEXTS,
        "state": st.sampled_from([None, "draft", "approved"]),
        "date": DATES,
        "due": DATES,
        "held": BOOLEANS,
    }
)
ROWS = st.lists(
    st.fixed_dictionaries({"qty": NUMBERS, "price": NUMBERS, "amount": NUMBERS, "stocked": BOOLEANS, "day": DATES}),
    max_size=4,
)
SMALL = st.integers(-3, 40)


def wrap(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: form.format(*given))


def numbers(deeper: st.SearchStrategy[str], conditions: st.SearchStrategy[str], dates: st.SearchStrategy[str]) -> Any:
    operator = st.sampled_from("+-*/")
    return st.one_of(
        st.tuples(deeper, operator, deeper).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        wrap("-({})", deeper),
        wrap("round({}, {})", deeper, SMALL.map(str)),
        wrap("roundup({}, 2)", deeper),
        wrap("rounddown({}, -1)", deeper),
        wrap("int({})", deeper),
        wrap("abs({})", deeper),
        wrap("sign({})", deeper),
        wrap("mod({}, {})", deeper, deeper),
        wrap("ceiling({}, {})", deeper, deeper),
        wrap("floor({}, {})", deeper, deeper),
        wrap("mround({}, {})", deeper, deeper),
        wrap("quotient({}, {})", deeper, deeper),
        wrap("floor({})", deeper),
        wrap("if({}, {}, {})", conditions, deeper, deeper),
        wrap("iferror({}, {})", deeper, deeper),
        wrap("ifblank({}, {})", deeper, deeper),
        wrap("choose({}, {}, {})", deeper, deeper, deeper),
        wrap("max({}, {})", deeper, deeper),
        wrap("sum(lines, qty * price + {})", SMALL.map(str)),
        wrap("sum(lines where qty > {}, price)", SMALL.map(str)),
        wrap("year({})", dates),
        wrap("weekday({}, 2)", dates),
        wrap("quarter({})", dates),
        wrap("days({}, {})", dates, dates),
    )


BASE_NUMBERS = st.sampled_from(
    [
        "total",
        "qty",
        "discount",
        "score",
        "1.5",
        "0",
        "5%",
        "1000000000000000000000",
        "sum(lines.amount)",
        "average(lines.price)",
        "count(lines)",
        "count(lines, price)",
        "min(lines.qty)",
        "max(lines.amount)",
        "product(lines.qty)",
        "count_unique(lines.price)",
        "len(note)",
        "first(lines sort -qty).price",
        "last(lines sort day).amount",
        "sum(lines where stocked, amount)",
        "count(lines where day is blank)",
        "sum(lines, qty * this.discount)",
        "sum(lines as l where l.qty > this.qty, l.price)",
    ]
)
BASE_DATES = st.one_of(
    st.sampled_from(
        [
            "date",
            "due",
            "today()",
            "month_start(date)",
            "week_start(due)",
            "quarter_start(date)",
            "year_start(due)",
            "month_end(date)",
            "quarter_end(due)",
        ]
    ),
    wrap("edate(date, {})", SMALL.map(str)),
    wrap("eomonth(due, {})", SMALL.map(str)),
    wrap("(date + {} days)", st.integers(0, 400).map(str)),
    wrap("(due - {} months)", st.integers(0, 20).map(str)),
    wrap("date(2026, {}, {})", SMALL.map(str), SMALL.map(str)),
)
BASE_TEXTS = st.sampled_from(
    [
        "note",
        "'a'",
        "left(note, 1)",
        "right(note, 2)",
        "mid(note, 2, 1)",
        "upper(note)",
        "lower(note)",
        "note & total",
        "period(date)",
        "period(due, 'quarter')",
        "period(date, 'week')",
        "period(due, 'Year')",
        "period(due, note)",
        "'n' & qty",
    ]
)
BASE_CONDITIONS = st.one_of(
    st.sampled_from(
        [
            "held",
            "total > qty",
            "total = qty",
            "total != blank",
            "note = 'a'",
            "note < 'b'",
            "date < due",
            "date = due",
            "state = 'draft'",
            "state in ['draft', 'approved']",
            "qty is blank",
            "note is not blank",
            "contains(note, 'a')",
            "starts(note, 'a')",
            "ends(note, 'b')",
            "exists(lines)",
            "any(lines, stocked)",
            "all(lines, qty > 1)",
            "exists(lines where price > qty)",
            "1 / total > 0",
            "iserror(1 / qty)",
            "isnumber(score)",
            "istext(note)",
        ]
    ),
)
CONDITIONS = st.recursive(
    BASE_CONDITIONS,
    lambda deeper: st.one_of(
        wrap("({} and {})", deeper, deeper), wrap("({} or {})", deeper, deeper), wrap("not ({})", deeper)
    ),
    max_leaves=4,
)
EXPRESSIONS = st.one_of(
    st.recursive(BASE_NUMBERS, lambda deeper: numbers(deeper, CONDITIONS, BASE_DATES), max_leaves=6),
    CONDITIONS,
    BASE_TEXTS,
    BASE_DATES,
)


@given(EXPRESSIONS, RECORDS, ROWS)
@example("round(total * 3, 2)", {"total": Decimal("0.1")}, [])
@example("1 / 3", {}, [])
@example("total / qty", {"total": Decimal(1), "qty": None}, [])
@example("-(score)", {"score": None}, [])
def test_the_browser_agrees_with_the_engine(browser: Browser, text: str, record: Row, rows: list[Row]) -> None:
    here, there = both(browser, text, record, rows)
    assert there == here, text


EXAMPLES = [
    ("sum(lines, round(qty * price, 2))", [{"qty": Decimal(3), "price": Decimal("0.1")}], "0.3"),
    ("total / 3", [], "33.333333333333"),
    ("round(2.5, 0) + round(-2.5, 0)", [], "0"),
    ("ifs(total > 1000, 1, total > 50, 2)", [], "2"),
    ("switch(state, 'draft', 1, 'approved', 2, 3)", [], "3"),
]


@pytest.mark.parametrize(("text", "rows", "wanted"), EXAMPLES)
def test_known_answers(browser: Browser, text: str, rows: list[Row], wanted: str) -> None:
    here, there = both(browser, text, {"total": Decimal(100)}, rows)
    assert here == there == {"value": {"number": wanted}}


def test_what_is_not_on_the_page_is_unknown_not_wrong(browser: Browser) -> None:
    tree = {"aggregate": "sum", "rows": {"get": ["lines"]}, "value": {"get": ["amount"]}}
    assert browser.ask({"tree": tree, "record": {}, "lines": {}, "today": ""}) == {"unknown": "lines"}
    assert browser.ask({"tree": {"call": "no_such", "args": []}, "record": {}, "today": ""}) == {"unknown": "no_such"}


def test_every_function_for_the_browser_is_there() -> None:
    source = (ROOT / "frontend/functions.js").read_text() + (ROOT / "frontend/aggregates.js").read_text()
    promised = {function.name for function in ALL if function.browser} - {"today"}
    assert not {name for name in promised if not _defined(source, name)}


def _defined(source: str, name: str) -> bool:
    return any(mark in source for mark in (f" {name}: ", f" {name},", f"{{ {name}"))
