"""Cells as files write them become what their field reads; what is doubtful is refused, not guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds.fields.base import Unfit
from engine.runtime.services.imports.cells import MONTHS, raw_of
from engine.runtime.services.imports.plans import Notation
from tests.kinds.samples import FIELDS, numbers

D = Decimal


def read(kind: str, cell: Any, **notation: Any) -> Any:
    field = FIELDS[kind]
    return field.parse(raw_of(cell, field, Notation(**notation)))


@pytest.mark.parametrize(("cell", "value"), [
    ("1,234.50", D("1234.5")), ("1,234,567", D(1234567)), ("¥1,234.50", D("1234.5")), ("CNY 5", D(5)), ("5 元", D(5)),
    ("US$ 3.20", D("3.2")), ("-$3", D(-3)), ("(1,234.50)", D("-1234.5")), ("$-3", D(-3)), (D("1.5"), D("1.5")),
    (7, D(7)), ("1e3", D(1000)),
    (" 12 ", D(12)),
])
def test_numbers(cell: Any, value: Decimal) -> None:
    assert read("money", cell) == value


@pytest.mark.parametrize("cell", ["1,23", "12,345,6", "1.234,5", "abc", "1 234", "¥", "１２", "12a", "(5", "--5"])
def test_doubtful_numbers(cell: str) -> None:
    with pytest.raises(Unfit):
        read("money", cell)


@pytest.mark.parametrize(("cell", "numbers", "value"), [
    ("1.234,50", "1.234,5", D("1234.5")), ("1,5", "1.234,5", D("1.5")), ("1 234,5", "1 234,5", D("1234.5")),
    ("1\u00a0234,5", "1 234,5", D("1234.5")), ("1\u202f234 567", "1 234,5", D(1234567)),
])
def test_other_notations(cell: str, numbers: str, value: Decimal) -> None:
    assert read("money", cell, numbers=numbers) == value


def test_percentages() -> None:
    assert read("percent", "12.5%") == read("percent", D("0.125")) == read("percent", "0.125") == D("0.125")


@given(number=numbers(4, 12))
def test_grouped_numbers_come_back(number: Decimal) -> None:
    assert read("money", f"{number:,f}") == number


@pytest.mark.parametrize(("cell", "formats", "value"), [
    ("7/4/1996", ("M/D/YYYY",), dt.date(1996, 7, 4)), ("07/04/1996", ("M/D/YYYY",), dt.date(1996, 7, 4)),
    ("4.7.96", ("D.M.YY",), dt.date(1996, 7, 4)), ("4.7.26", ("D.M.YY",), dt.date(2026, 7, 4)),
    ("04-Jul-1996", ("DD-MMM-YYYY",), dt.date(1996, 7, 4)),
    ("1996年7月4日", ("YYYY年M月D日",), dt.date(1996, 7, 4)),
    ("7/4/1996 0:00", ("M/D/YYYY H:mm",), dt.date(1996, 7, 4)),
    ("7/4/1996 00:00:00", ("M/D/YYYY",), dt.date(1996, 7, 4)),
    ("1996-07-04", ("M/D/YYYY",), dt.date(1996, 7, 4)), ("1996-07-04", (), dt.date(1996, 7, 4)),
    ("1996-07-04 00:00:00.000", (), dt.date(1996, 7, 4)), ("1996-07-04T00:00:00Z", (), dt.date(1996, 7, 4)),
    (dt.date(1996, 7, 4), (), dt.date(1996, 7, 4)), (dt.datetime(1996, 7, 4), (), dt.date(1996, 7, 4)),
    ("31/12/1996", ("M/D/YYYY", "D/M/YYYY"), None),
])
def test_days(cell: Any, formats: tuple[str, ...], value: dt.date | None) -> None:
    if value is None:
        with pytest.raises(Unfit):
            read("date", cell, dates=formats)
    else:
        assert read("date", cell, dates=formats) == value


@pytest.mark.parametrize("cell", ["7/4/1996", "1996-07-04 10:30", dt.datetime(1996, 7, 4, 10), D(35250), "4.7."])
def test_days_are_not_guessed(cell: Any) -> None:
    with pytest.raises(Unfit):
        read("date", cell)


def test_a_wrong_form_names_the_right_one() -> None:
    with pytest.raises(Unfit, match="M/D/YYYY"):
        read("date", "4.7.1996", dates=("M/D/YYYY",))


FORMS = st.sampled_from(["M/D/YYYY", "D.M.YY", "YYYY/MM/DD", "DD-MMM-YYYY"])


@given(day=st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31)), form=FORMS)
def test_written_days_come_back(day: dt.date, form: str) -> None:
    word = MONTHS[day.month - 1].title()
    parts = {"YYYY": f"{day.year}", "MMM": word, "MM": f"{day.month:02}", "DD": f"{day.day:02}"}
    text = form
    for token, part in parts.items():
        text = text.replace(token, f"<{part}>")
    text = text.replace("YY", f"{day.year % 100:02}")
    if "MMM" not in form:
        text = text.replace("M", str(day.month))
    text = text.replace("D", str(day.day)) if "DD" not in form else text
    assert read("date", text.replace("<", "").replace(">", ""), dates=(form,)) == day


def test_moments() -> None:
    half_past_two = dt.datetime(2026, 3, 31, 6, 30, tzinfo=dt.UTC)      # in Shanghai
    assert read("datetime", "2026-03-31 14:30") == read("datetime", "2026-03-31 14:30:00.000") == half_past_two
    assert read("datetime", dt.datetime(2026, 3, 31, 14, 30)) == half_past_two
    assert read("datetime", "3/31/2026 14:30", dates=("M/D/YYYY HH:mm",)) == half_past_two
    midnight = dt.datetime(2026, 3, 30, 16, tzinfo=dt.UTC)
    assert read("datetime", "2026-03-31") == read("datetime", dt.date(2026, 3, 31)) == midnight


@pytest.mark.parametrize(("cell", "value"), [
    ("Yes", True), ("N", False), ("是", True), ("否", False), ("-1", True), ("0", False), (True, True), (D(1), True),
])
def test_truth(cell: Any, value: bool) -> None:
    assert read("boolean", cell) is value


def test_doubtful_truth() -> None:
    with pytest.raises(Unfit):
        read("boolean", "maybe")


@pytest.mark.parametrize(("kind", "cell", "value"), [
    ("text", D(10248), "10248"), ("text", D("1E+3"), "1000"), ("text", dt.date(2026, 3, 31), "2026-03-31"),
    ("text", True, "true"),
    ("choice", " a ", "a"), ("choice", "A级", "a"), ("tags", ["x"], ("x",)),
])
def test_texts(kind: str, cell: Any, value: Any) -> None:
    assert read(kind, cell) == value


def test_blanks() -> None:
    assert read("text", "NULL", blanks=frozenset({"NULL"})) is None
    assert read("text", " NULL ", blanks=frozenset({"NULL"})) is None
    assert read("money", "  ") is read("date", None) is None
    assert read("text", "NULL") == "NULL"
