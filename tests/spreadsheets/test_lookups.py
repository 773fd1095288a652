"""Look-ups and conditional sums as spreadsheets have them: what each function gives by its documentation.

Sources: the page of the function of that name in the documentation of Excel (support.microsoft.com, "Excel functions
by category"), its examples and its text for the edges; where that is silent, OpenDocument 1.3 part 4 (OpenFormula).
Numbers are exact here, quotients and roots rounded to 12 decimals."""

from __future__ import annotations

import pytest

from tests.spreadsheets.sheets import Cell, known, shown

PAGES: dict[str, list[Cell]] = {
    "COUNTIF": [
        ("countif(['apples', 'oranges', 'peaches', 'apples'], 'apples')", "2"),
        ("countif([32, 54, 75, 86], '>55')", "2"),
        ("countif([32, 54, 75, 86], '<>75')", "3"),
        ("countif([32, 54, 75, 86], 54)", "1"),
        ("countif(['apples', 'oranges', 'peaches', 'apples'], '?????es')", "2"),
        ("countif(['apples', 'oranges', 'peaches', 'apples'], '*es')", "4"),
        ("countif(['apples', 'oranges', 'peaches', 'apples'], '?????les')", "0"),
        ("countif(['apples'], 'APPLES')", "1"),
        ("countif(['a*b', 'axb'], 'a~*b')", "1"),
        ("countif(['', 'a', blank], '')", "2"),
        ("countif(['', 'a', blank], '=')", "2"),
        ("countif(['', 'a', blank], '<>')", "1"),
        ("countif(['a', 'b', 'c'], '>a')", "2"),
        ("countif(['a', 'B', 'c'], '>=b')", "2"),
        ("countif([1, 2, 3], '=2')", "1"),
        ("countif([date(2026, 1, 1), date(2026, 2, 1)], date(2026, 1, 1))", "1"),
    ],
    "SUMIF": [
        ("sumif([100, 200, 300, 400], '>160', [7, 14, 21, 28])", "63"),
        ("sumif([100, 200, 300, 400], '>160')", "900"),
        ("sumif([100, 200, 300, 400], 300, [7, 14, 21, 28])", "21"),
    ],
    "AVERAGEIF": [
        ("averageif([7000, 14000, 21000, 28000], '<23000')", "14000"),
        ("averageif([1], '<0')", "#DIV/0!"),
    ],
    "SUMIFS": [
        (
            "sumifs([5, 4, 15, 3, 22, 12, 10, 33], ['Apples', 'Apples', 'Artichokes', 'Artichokes', 'Bananas', 'Bananas', 'Carrots', 'Carrots'], '=A*', ['Tom', 'Sarah', 'Tom', 'Sarah', 'Tom', 'Sarah', 'Tom', 'Sarah'], 'Tom')",  # noqa: E501
            "20",
        ),
        (
            "sumifs([5, 4, 15, 3, 22, 12, 10, 33], ['Apples', 'Apples', 'Artichokes', 'Artichokes', 'Bananas', 'Bananas', 'Carrots', 'Carrots'], '<>Bananas', ['Tom', 'Sarah', 'Tom', 'Sarah', 'Tom', 'Sarah', 'Tom', 'Sarah'], 'Tom')",  # noqa: E501
            "30",
        ),
    ],
    "MAXIFS": [
        ("maxifs([89, 93, 96, 85, 91, 88], [1, 2, 2, 3, 1, 1], 1)", "91"),
        ("maxifs([1], [1], 9)", "0"),
    ],
    "MINIFS": [
        ("minifs([89, 93, 96, 85, 91, 88], [1, 2, 2, 3, 1, 1], 1)", "88"),
    ],
    "COUNTIFS": [
        ("countifs([1, 2, 3, 4], '>1', [1, 2, 3, 4], '<4')", "2"),
    ],
    "SUMPRODUCT": [
        ("sumproduct([3, 4], [2, 5])", "26"),
        ("sumproduct([1, 2], [1])", "#VALUE!"),
    ],
    "MATCH": [
        ("match(39, [25, 38, 40, 41], 1)", "2"),
        ("match(41, [25, 38, 40, 41], 0)", "4"),
        ("match(40, [25, 38, 40, 41], -1)", "#N/A"),
        ("match(40, [41, 40, 38, 25], -1)", "2"),
        ("match('b*', ['a', 'bcd'], 0)", "2"),
        ("match('B', ['a', 'b'], 0)", "2"),
        ("match(1, [2, 3])", "#N/A"),
        ("match('B', ['a', 'b', 'c'], 1)", "2"),
        ("match('B', ['a', 'b', 'c'])", "2"),
    ],
    "INDEX": [
        ("index(['a', 'b'], 3)", "#REF!"),
    ],
    "LOOKUP": [
        ("lookup(4.19, [4.14, 4.19, 5.17, 5.77, 6.39], ['red', 'orange', 'yellow', 'green', 'blue'])", "orange"),
        ("lookup(5.75, [4.14, 4.19, 5.17, 5.77, 6.39], ['red', 'orange', 'yellow', 'green', 'blue'])", "yellow"),
        ("lookup(0, [4.14, 4.19], ['red', 'orange'])", "#N/A"),
        ("lookup('B', ['a', 'b', 'c'], [1, 2, 3])", "2"),
    ],
    "XLOOKUP": [
        ("xlookup('b', ['a', 'b'], [1, 2])", "2"),
        ("xlookup('B', ['a', 'b'], [1, 2])", "2"),
        ("xlookup('z', ['a', 'b'], [1, 2])", "#N/A"),
        ("xlookup(25, [10, 20, 30], ['a', 'b', 'c'], 'none', -1)", "b"),
        ("xlookup(25, [10, 20, 30], ['a', 'b', 'c'], 'none', 1)", "c"),
        ("xlookup('b?', ['ba', 'bb'], [1, 2], 0, 2)", "1"),
        ("xlookup('b?', ['ba', 'bb'], [1, 2], 0, 2, -1)", "2"),
        ("xlookup('b', ['b', 'b'], [1, 2], 0, 0, -1)", "2"),
        ("xlookup('BB', ['a', 'b', 'c'], [1, 2, 3], 0, -1)", "2"),
    ],
    "VLOOKUP": [
        ("vlookup('Fontana', [['Davis', 1], ['Fontana', 2]], 2, false)", "2"),
        ("vlookup('fontana', [['Davis', 1], ['Fontana', 2]], 2, false)", "2"),
        ("vlookup(2.5, [[1, 'a'], [2, 'b'], [3, 'c']], 2, true)", "b"),
        ("vlookup('x', [['a', 1]], 2, false)", "#N/A"),
        ("vlookup('a', [['a', 1]], 3, false)", "#REF!"),
        ("vlookup('F*', [['Davis', 1], ['Fontana', 2]], 2, false)", "2"),
    ],
    "HLOOKUP": [
        ("hlookup('Axles', [['Axles', 'Bolts'], [4, 9]], 2, true)", "4"),
    ],
    "COUNTA": [
        ("counta([1, blank, 'a'])", "2"),
    ],
    "COUNTBLANK": [
        ("countblank([1, blank, ''])", "2"),
    ],
}


@pytest.mark.parametrize(("text", "wanted"), [cell for cells in PAGES.values() for cell in cells])
def test_a_function_gives_what_its_page_says(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_the_functions_have_their_spreadsheet_names() -> None:
    assert known(set(PAGES))
