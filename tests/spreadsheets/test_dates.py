"""Dates as spreadsheets have them: what each function gives by its documentation.

Sources: the page of the function of that name in the documentation of Excel (support.microsoft.com, "Excel functions
by category"), its examples and its text for the edges; where that is silent, OpenDocument 1.3 part 4 (OpenFormula).
Numbers are exact here, quotients and roots rounded to 12 decimals."""

from __future__ import annotations

import pytest

from tests.spreadsheets.sheets import Cell, known, shown

PAGES: dict[str, list[Cell]] = {
    "DATE": [
        ("date(2008, 1, 35)", "2008-02-04"),
        ("date(2008, 14, 2)", "2009-02-02"),
        ("date(2008, -3, 2)", "2007-09-02"),
        ("date(2008, 1, -15)", "2007-12-16"),
        ("date(2026, 0, 1)", "2025-12-01"),
        ("date(2026, 3, 0)", "2026-02-28"),
    ],
    "YEAR": [
        ("year(date(2008, 7, 5))", "2008"),
    ],
    "WEEKDAY": [
        ("weekday(date(2008, 2, 14))", "5"),
        ("weekday(date(2008, 2, 14), 2)", "4"),
        ("weekday(date(2008, 2, 14), 3)", "3"),
        ("weekday(date(2008, 2, 14), 11)", "4"),
        ("weekday(date(2008, 2, 14), 17)", "5"),
        ("weekday(date(2008, 2, 14), 4)", "#NUM!"),
    ],
    "WEEKNUM": [
        ("weeknum(date(2012, 3, 9))", "10"),
        ("weeknum(date(2012, 3, 9), 2)", "11"),
        ("weeknum(date(2010, 1, 1), 21)", "53"),
        ("weeknum(date(2009, 12, 31), 21)", "53"),
        ("weeknum(date(2012, 1, 1), 1)", "1"),
        ("weeknum(date(2012, 3, 9), 3)", "#NUM!"),
    ],
    "EDATE": [
        ("edate(date(2011, 1, 15), 1)", "2011-02-15"),
        ("edate(date(2011, 1, 15), -1)", "2010-12-15"),
        ("edate(date(2011, 1, 15), 2)", "2011-03-15"),
        ("edate(date(2011, 1, 31), 1)", "2011-02-28"),
        ("edate(date(2012, 2, 29), 12)", "2013-02-28"),
        ("edate(date(2012, 2, 29), 48)", "2016-02-29"),
        ("edate(date(2026, 1, 31), 1.9)", "2026-02-28"),
    ],
    "EOMONTH": [
        ("eomonth(date(2011, 1, 1), 1)", "2011-02-28"),
        ("eomonth(date(2011, 1, 1), -3)", "2010-10-31"),
        ("eomonth(date(9999, 12, 5), 0)", "9999-12-31"),
    ],
    "DAYS": [
        ("days(date(2011, 3, 15), date(2011, 2, 1))", "42"),
        ("days(date(2011, 12, 31), date(2011, 1, 1))", "364"),
    ],
    "DATEDIF": [
        ("datedif(date(2001, 1, 1), date(2003, 1, 1), 'y')", "2"),
        ("datedif(date(2001, 6, 1), date(2002, 8, 15), 'd')", "440"),
        ("datedif(date(2001, 6, 1), date(2002, 8, 15), 'yd')", "75"),
        ("datedif(date(2001, 6, 1), date(2002, 8, 15), 'ym')", "2"),
        ("datedif(date(2001, 6, 1), date(2002, 8, 15), 'md')", "14"),
        ("datedif(date(2003, 1, 1), date(2001, 1, 1), 'y')", "#NUM!"),
        ("datedif(date(2024, 2, 29), date(2025, 2, 28), 'y')", "0"),
        ("datedif(date(2026, 1, 31), date(2026, 2, 28), 'm')", "0"),
        ("datedif(date(2001, 1, 1), date(2003, 1, 1), 'x')", "#NUM!"),
    ],
    "YEARFRAC": [
        ("yearfrac(date(2012, 1, 1), date(2012, 7, 30))", "0.580555555556"),
        ("yearfrac(date(2012, 1, 1), date(2012, 7, 30), 1)", "0.57650273224"),
        ("yearfrac(date(2012, 1, 1), date(2012, 7, 30), 3)", "0.578082191781"),
        ("yearfrac(date(2012, 1, 1), date(2012, 7, 30), 2)", "0.586111111111"),
        ("yearfrac(date(2012, 1, 1), date(2012, 7, 30), 5)", "#NUM!"),
    ],
    "NETWORKDAYS": [
        ("networkdays(date(2012, 10, 1), date(2013, 3, 1))", "110"),
        ("networkdays(date(2012, 10, 1), date(2013, 3, 1), [date(2012, 11, 22)])", "109"),
        (
            "networkdays(date(2012, 10, 1), date(2013, 3, 1), [date(2012, 11, 22), date(2012, 12, 4), date(2013, 1, 21)])",  # noqa: E501
            "107",
        ),
        ("networkdays(date(2013, 3, 1), date(2012, 10, 1))", "-110"),
        ("networkdays(date(2026, 1, 3), date(2026, 1, 4))", "0"),
    ],
    "WORKDAY": [
        ("workday(date(2008, 10, 1), 151)", "2009-04-30"),
        ("workday(date(2008, 10, 1), 151, [date(2008, 11, 26), date(2008, 12, 4), date(2009, 1, 21)])", "2009-05-05"),
        ("workday(date(2026, 1, 5), -1)", "2026-01-02"),
        ("workday(date(2026, 1, 3), 0)", "2026-01-03"),
    ],
    "TIME": [
        ("time(12, 0, 0)", "12:00"),
        ("time(16, 48, 10)", "16:48:10"),
        ("time(27, 0, 0)", "03:00"),
        ("time(0, 750, 0)", "12:30"),
        ("time(0, 0, 2000)", "00:33:20"),
        ("time(-1, 0, 0)", "#NUM!"),
    ],
    "HOUR": [
        ("hour(time(18, 45))", "18"),
    ],
    "MINUTE": [
        ("minute(time(12, 45))", "45"),
    ],
    "SECOND": [
        ("second(time(16, 48, 18))", "18"),
    ],
}


@pytest.mark.parametrize(("text", "wanted"), [cell for cells in PAGES.values() for cell in cells])
def test_a_function_gives_what_its_page_says(text: str, wanted: str) -> None:
    assert shown(text) == wanted


def test_the_functions_have_their_spreadsheet_names() -> None:
    assert known(set(PAGES))
