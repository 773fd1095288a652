"""How busy the sample company is."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from demo.seasons import expected, is_open, months_before, poisson, working_day


def test_the_company_is_closed_on_sundays_and_holidays() -> None:
    assert not is_open(dt.date(2026, 3, 1))                # a Sunday
    assert not is_open(dt.date(2025, 10, 1))               # the national day
    assert is_open(dt.date(2026, 3, 7))                    # a Saturday


def test_the_next_working_day_skips_closed_days() -> None:
    assert working_day(dt.date(2026, 2, 28), 1) == dt.date(2026, 3, 2)
    assert working_day(dt.date(2025, 9, 30), 1) == dt.date(2025, 10, 8)


def test_business_grows_and_rests_at_the_spring_festival() -> None:
    start = dt.date(2025, 1, 1)
    assert expected(dt.date(2026, 3, 3), start) > expected(dt.date(2025, 3, 3), start)
    assert expected(dt.date(2026, 2, 3), start) < expected(dt.date(2026, 1, 5), start)


@pytest.mark.parametrize(("day", "months", "first"), [
    (dt.date(2026, 3, 15), 18, dt.date(2024, 9, 1)),
    (dt.date(2026, 1, 31), 1, dt.date(2025, 12, 1)),
    (dt.date(2026, 12, 1), 12, dt.date(2025, 12, 1)),
])
def test_months_are_counted_back_to_their_first_day(day: dt.date, months: int, first: dt.date) -> None:
    assert months_before(day, months) == first


def test_counts_by_chance_have_the_wanted_mean() -> None:
    random = Random(1)
    drawn = [poisson(random, 2.5) for _ in range(4000)]
    assert 2.4 < sum(drawn) / len(drawn) < 2.6
