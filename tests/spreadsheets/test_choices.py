"""Choices as spreadsheets have them: what each function gives by its documentation.

Sources: the page of the function of that name in the documentation of Excel (support.microsoft.com, "Excel functions
by category"), its examples and its text for the edges; where that is silent, OpenDocument 1.3 part 4 (OpenFormula).
Numbers are exact here, quotients and roots rounded to 12 decimals."""

from __future__ import annotations

import pytest

from tests.spreadsheets.sheets import Cell, known, shown

PAGES: dict[str, list[Cell]] = {
    "IF": [
        ("if(1 > 2, 1)", ""),
    ],
    "IFS": [
        ("ifs(1 > 2, 'a')", "#N/A"),
    ],
    "SWITCH": [
        ("switch(2, 1, 'a', 2, 'b', 'c')", "b"),
        ("switch(9, 1, 'a')", "#N/A"),
    ],
    "CHOOSE": [
        ("choose(2, 'a', 'b', 'c')", "b"),
        ("choose(4, 'a', 'b', 'c')", "#VALUE!"),
        ("choose(2.9, 'a', 'b', 'c')", "b"),
    ],
    "XOR": [
        ("xor(true, true, true)", "true"),
    ],
    "IFERROR": [
        ("iferror(210 / 35, 0)", "6"),
    ],
    "ISNUMBER": [
        ("isnumber(4)", "true"),
    ],
    "ISBLANK": [
        ("isblank('')", "true"),
    ],
}


@pytest.mark.parametrize(("text", "wanted"), [cell for cells in PAGES.values() for cell in cells])
def test_a_function_gives_what_its_page_says(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_the_functions_have_their_spreadsheet_names() -> None:
    assert known(set(PAGES))
