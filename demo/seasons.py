"""How busy the sample company is on a day: growth, seasons, holidays. Knows dates only."""

from __future__ import annotations

import datetime as dt
from random import Random

MONTHS = (
    0.80,
    0.45,
    1.10,
    1.15,
    1.10,
    0.95,
    0.85,
    0.80,
    1.15,
    1.15,
    1.30,
    1.10,
)  # January first: the Spring Festival is quiet
HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3), (10, 4), (10, 5), (10, 6), (10, 7)})
GROWTH = 0.035  # per month


def is_open(day: dt.date) -> bool:
    """Whether the company works: Monday to Saturday, without public holidays."""
    return day.weekday() != 6 and (day.month, day.day) not in HOLIDAYS


def expected(day: dt.date, start: dt.date) -> float:
    """How busy a day is, 1.0 being an average day of the first year."""
    months = (day - start).days / 30.4
    return float(MONTHS[day.month - 1] * (1 + GROWTH) ** months * (0.5 if day.weekday() == 5 else 1.0))


def poisson(random: Random, mean: float) -> int:
    """How many of something happen when `mean` are expected (small means only)."""
    limit, count, product = 2.718281828459045**-mean, 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def working_day(day: dt.date, after: int) -> dt.date:
    """The first open day at least `after` days later."""
    day += dt.timedelta(days=after)
    while not is_open(day):
        day += dt.timedelta(days=1)
    return day


def months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month that lies `months` before."""
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)
