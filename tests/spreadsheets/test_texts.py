"""Texts as spreadsheets have them: what each function gives by its documentation.

Sources: the page of the function of that name in the documentation of Excel (support.microsoft.com, "Excel functions
by category"), its examples and its text for the edges; where that is silent, OpenDocument 1.3 part 4 (OpenFormula).
Numbers are exact here, quotients and roots rounded to 12 decimals."""

from __future__ import annotations

import pytest

from tests.spreadsheets.sheets import Cell, known, shown

PAGES: dict[str, list[Cell]] = {
    "TEXT": [
        ("text(12200000, '0.00E+00')", "1.22E+07"),
        ("text(0.00012, '0.0E+0')", "1.2E-4"),
        ("text(9.999, '0.00E+00')", "1.00E+01"),
        ("text(0, '0.00E+00')", "0.00E+00"),
        ("text(1234567, '#,##0,')", "1,235"),
        ("text(1234567, '0.0,,')", "1.2"),
        ("text(4.34, '# ?/?')", "#VALUE!"),
        ("text(5, '0 \"kg\"')", "5 kg"),
        ("text(5.5, 'General')", "5.5"),
        ("text(-5, '0.00E+00')", "-5.00E+00"),
    ],
}


@pytest.mark.parametrize(("text", "wanted"), [cell for cells in PAGES.values() for cell in cells])
def test_a_function_gives_what_its_page_says(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_the_functions_have_their_spreadsheet_names() -> None:
    assert known(set(PAGES))
