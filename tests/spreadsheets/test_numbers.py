"""Numbers as spreadsheets have them: what each function gives by its documentation.

Sources: the page of the function of that name in the documentation of Excel (support.microsoft.com, "Excel functions
by category"), its examples and its text for the edges; where that is silent, OpenDocument 1.3 part 4 (OpenFormula).
Numbers are exact here, quotients and roots rounded to 12 decimals."""

from __future__ import annotations

import pytest

from tests.spreadsheets.sheets import Cell, known, shown

PAGES: dict[str, list[Cell]] = {
    "POWER": [
        ("1 / 0", "#DIV/0!"),
        ("2 ^ 3", "8"),
        ("-2 ^ 2", "4"),
        ("5 & 'a'", "5a"),
        ("2 ^ 200", "#NUM!"),
        ("1.0001 ^ 10000", "2.718145926825224864037664674913147"),
        ("2 ^ 101", "2535301200456458802993406410752"),
        ("0.5 ^ 99999", "0"),
        ("1.1 ^ -200", "0.000000005266"),
        ("2 ^ 0.5", "1.414213562373"),
        ("99999 ^ 99999", "#NUM!"),
    ],
    "PMT": [
        ("round(pmt(6%/12, 18*12, 0, 50000), 2)", "-129.08"),
    ],
}


@pytest.mark.parametrize(("text", "wanted"), [cell for cells in PAGES.values() for cell in cells])
def test_a_function_gives_what_its_page_says(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_the_functions_have_their_spreadsheet_names() -> None:
    assert known(set(PAGES))
