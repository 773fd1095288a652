"""Cells of a spreadsheet, as they come from the clipboard."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frontend.nodes import call

CELLS = "static/js/cells.js"


def test_rows_and_columns() -> None:
    (rows,) = call(CELLS, ("split", ['a\tb\r\n"x\ny"\t"say ""hi"""\r\n']))
    assert rows == [["a", "b"], ["x\ny", 'say "hi"']]


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("1,234.50", "1234.50"),
        ("¥1,234.50", "1234.50"),
        ("-1,200", "-1200"),
        ("(12.5)", "-12.5"),
        ("30%", "30%"),
        ("RMB 5", "5"),
        ("１２．５", "12.5"),
        ("12", "12"),
        (".5", ".5"),
        ("1.234,50", "1.234,50"),
        ("12,34", "12,34"),
        ("twelve", "twelve"),
        ("", ""),
    ],
)
def test_numbers_become_neutral_or_stay_as_they_are(shown: str, meant: str) -> None:
    assert call(CELLS, ("number", [shown])) == [meant]


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("2026/3/5", "2026-03-05"),
        ("2026年12月31日", "2026-12-31"),
        ("2026-03-05", "2026-03-05"),
        ("03/05/2026", "03/05/2026"),
    ],
)
def test_dates_are_not_guessed(shown: str, meant: str) -> None:
    assert call(CELLS, ("date", [shown])) == [meant]


@settings(max_examples=15)
@given(st.lists(st.lists(st.text('ab"\n\t ,é中', max_size=6), min_size=2, max_size=3), min_size=1, max_size=4))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter="\t", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL).writerows(rows)
    (read,) = call(CELLS, ("split", [file.getvalue()]))
    assert read == [[cell.strip() for cell in row] for row in rows]
