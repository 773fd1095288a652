"""Functions of dates, moments and working time. Days are those of the app's time zone; the clock is the world's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions import moments
from engine.expressions.arithmetic import NO_DATE, NO_NUMBER, ZERO, divide
from engine.expressions.functions.base import Function, Param, date, number
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, DATE, DATETIME, DURATION, INTEGER, NUMBER, TEXT, TIME
from engine.expressions.values import Duration
from engine.expressions.working import working

MOMENT = Param("moment", "moment")
ONE = Decimal(1)


def today(frame: Frame) -> dt.date:
    return frame.world.today


def now(frame: Frame) -> dt.datetime:
    return frame.world.now


def date_(frame: Frame, first: Any, month: Any = None, day: Any = None) -> Any:
    """`date(2026, 3, 31)` (months and days run over as in spreadsheets), or the day of a moment."""
    if month is None and day is None:
        return moments.day(first, frame.world) if isinstance(first, dt.date) else None if first is None else NO_DATE
    if not isinstance(first, Decimal) or not isinstance(month, Decimal) or not isinstance(day, Decimal):
        return NO_DATE
    try:
        return moments.add_months(dt.date(int(first), 1, 1), int(month) - 1) + dt.timedelta(days=int(day) - 1)
    except (ValueError, OverflowError):
        return NO_DATE


def time_(hour: Decimal, minute: Decimal = ZERO, second: Decimal = ZERO) -> Any:
    """Minutes and seconds run over, and whole days fall away: `time(27)` is 3:00."""
    total = int(hour) * 3600 + int(minute) * 60 + int(second)
    if total < 0:
        return NO_NUMBER
    total %= 86400
    return dt.time(total // 3600, total % 3600 // 60, total % 60)


def clock(frame: Frame, value: Any) -> Any:
    """A moment or time on the app's clock."""
    return value.astimezone(ZoneInfo(frame.world.timezone)) if isinstance(value, dt.datetime) else value


def part(name: str) -> Any:
    """The body that takes one part of a date."""
    return lambda value: Decimal(getattr(value, name))


def clock_part(name: str) -> Any:
    """The body that takes one part of a time or moment."""
    return lambda frame, value: Decimal(getattr(clock(frame, value), name, 0))


def quarter(value: dt.date) -> Decimal:
    return Decimal((value.month + 2) // 3)


def weekday(value: dt.date, kind: Decimal = ONE) -> Any:
    """1 is Sunday; with 2, Monday is 1; with 3, Monday is 0; with 11 to 17, 1 is Monday to Sunday."""
    numbers = {1: value.isoweekday() % 7 + 1, 2: value.isoweekday(), 3: value.weekday()}
    numbers |= {first + 10: (value.isoweekday() - first) % 7 + 1 for first in range(1, 8)}
    return Decimal(numbers[int(kind)]) if int(kind) in numbers else NO_NUMBER


# The day with which a week begins (Monday is 1), by the kind of counting.
WEEK_BEGINS = {1: 7, 2: 1, **{first + 10: first for first in range(1, 8)}}


def weeknum(value: dt.date, kind: Decimal = ONE) -> Any:
    """The week of the year: from Sunday (1), from Monday (2), from Monday to Sunday (11 to 17), by ISO 8601 (21)."""
    if int(kind) == 21:
        return Decimal(value.isocalendar().week)
    if int(kind) not in WEEK_BEGINS:
        return NO_NUMBER
    shift = (value.replace(month=1, day=1).isoweekday() - WEEK_BEGINS[int(kind)]) % 7
    return Decimal((value.timetuple().tm_yday - 1 + shift) // 7 + 1)


def edate(value: dt.date, months: Decimal) -> Any:
    return _guarded(lambda: moments.add_months(value, int(months)))


def eomonth(value: dt.date, months: Decimal = ZERO) -> Any:
    """The last day of the month that lies `months` away."""
    return _guarded(lambda: moments.month_end(value, int(months)))


def _guarded(build: Any) -> Any:
    try:
        return build()
    except (ValueError, OverflowError):
        return NO_DATE


def days(last: dt.date, first: dt.date) -> Decimal:
    """The days from `first` to `last`."""
    return Decimal((last - first).days)


def datedif(first: dt.date, last: dt.date, unit: str) -> Any:
    """Whole years, months or days between two dates: `y`, `m`, `d`; the rests `ym`, `md`, `yd`."""
    if last < first:
        return NO_NUMBER
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    anniversary = moments.add_months(first, months)
    yearly = moments.add_months(first, months // 12 * 12)
    answers = {
        "y": months // 12,
        "m": months,
        "d": (last - first).days,
        "ym": months % 12,
        "md": (last - anniversary).days,
        "yd": (last - yearly).days,
    }
    return Decimal(answers[unit.lower()]) if unit.lower() in answers else NO_NUMBER


def yearfrac(first: dt.date, last: dt.date, basis: Decimal = ZERO) -> Any:
    """The part of a year between two dates: 30/360 (0), actual/actual (1), /360 (2), /365 (3), 30E/360 (4)."""
    first, last = min(first, last), max(first, last)
    actual = Decimal((last - first).days)
    kind = int(basis)
    if kind in (2, 3):
        return divide(actual, Decimal(360 if kind == 2 else 365))
    if kind == 1:
        return divide(actual, _average_year(first, last))
    if kind not in (0, 4):
        return NO_NUMBER
    first_day, last_day = _thirty(first, last) if kind == 0 else (min(first.day, 30), min(last.day, 30))
    total = (last.year - first.year) * 360 + (last.month - first.month) * 30 + last_day - first_day
    return divide(Decimal(total), Decimal(360))


def _thirty(first: dt.date, last: dt.date) -> tuple[int, int]:
    """The days of both dates where every month has thirty (NASD): the last of February counts as the thirtieth."""
    first_ends, last_ends = (date.month == 2 and date == eomonth(date) for date in (first, last))
    last_day = 30 if first_ends and last_ends else last.day
    first_day = 30 if first_ends else min(first.day, 30)
    return first_day, 30 if last_day == 31 and first_day == 30 else last_day


def _average_year(first: dt.date, last: dt.date) -> Decimal:
    if last <= moments.add_months(first, 12):
        leap_day = any(
            moments.is_leap(year) and first <= dt.date(year, 2, 29) <= last for year in {first.year, last.year}
        ) or (first.year == last.year and moments.is_leap(first.year))
        return Decimal(366 if leap_day else 365)
    years = range(first.year, last.year + 1)
    return Decimal(sum(366 if moments.is_leap(year) else 365 for year in years)) / len(years)


def start_of(unit: str) -> Any:
    return lambda value: moments.period_start(unit, value)


def quarter_end(value: dt.date) -> Any:
    return eomonth(moments.period_start("quarter", value), Decimal(2))


def period(value: dt.date, unit: str = "month") -> Any:
    """The name of the period that a date lies in: `2026-03`, `2026-Q1`, `2026-W13`, `2026`."""
    return moments.period_name(unit.lower(), value) or NO_NUMBER


def working_days(frame: Frame, first: dt.date, last: dt.date, off: Any = ()) -> Decimal:
    """The working days from first to last, both included; negative when last comes before first."""
    away = days_off(off, frame)
    if last < first:
        return Decimal(-working(frame.world).count(last, first, away))
    return Decimal(working(frame.world).count(first, last, away))


def add_working_days(frame: Frame, value: dt.date, count: Decimal, off: Any = ()) -> Any:
    away = days_off(off, frame)
    return _guarded(lambda: working(frame.world).after(value, int(count), away))


def days_off(given: Any, frame: Frame) -> frozenset[dt.date]:
    """Further days off, written out or from a column of holidays; blanks do not count."""
    days = (moments.day(item, frame.world) for item in given)
    return frozenset(day for day in days if day is not None)


def is_working_day(frame: Frame, value: dt.date) -> bool:
    return working(frame.world).works(value)


def working_time(frame: Frame, first: Any, last: Any) -> Any:
    """The working time between two moments, as a duration."""
    ends = [v if isinstance(v, dt.datetime) else moments.start_of(v, frame.world) for v in (first, last)]
    return Duration(working_seconds=moments.working_seconds_between(ends[0], ends[1], frame.world))


def plain(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, **options)


def framed(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, frame=True, **options)


FIRST, LAST = date("first"), date("last")
KIND = number("kind", optional=True)
HOLIDAYS = Param("holidays", "list", optional=True)

DATES: tuple[Function, ...] = (
    framed("today", today, DATE, reads="@today", browser=True),
    framed("now", now, DATETIME, reads="@now"),
    framed(
        "date",
        date_,
        DATE,
        Param("year", "any"),
        Param("month", "any", optional=True),
        Param("day", "any", optional=True),
        browser=True,
    ),
    plain("time", time_, TIME, number("hour"), number("minute", optional=True), number("second", optional=True)),
    plain("year", part("year"), INTEGER, date(), sql=True, browser=True),
    plain("quarter", quarter, INTEGER, date(), sql=True, browser=True),
    plain("month", part("month"), INTEGER, date(), sql=True, browser=True),
    plain("day", part("day"), INTEGER, date(), sql=True, browser=True),
    framed("hour", clock_part("hour"), INTEGER, Param("time", "time")),
    framed("minute", clock_part("minute"), INTEGER, Param("time", "time")),
    framed("second", clock_part("second"), INTEGER, Param("time", "time")),
    plain("weekday", weekday, INTEGER, date(), KIND, sql=True, browser=True),
    plain("weeknum", weeknum, INTEGER, date(), KIND),
    plain("edate", edate, DATE, date(), number("months"), sql=True, browser=True),
    plain("eomonth", eomonth, DATE, date(), number("months", optional=True), sql=True, browser=True),
    plain("month_end", eomonth, DATE, date(), sql=True, browser=True),
    plain("days", days, INTEGER, LAST, FIRST, sql=True, browser=True),
    plain("datedif", datedif, INTEGER, FIRST, LAST, Param("unit", "text")),
    plain("yearfrac", yearfrac, NUMBER, FIRST, LAST, number("basis", optional=True)),
    plain("week_start", start_of("week"), DATE, date(), sql=True, browser=True),
    plain("month_start", start_of("month"), DATE, date(), sql=True, browser=True),
    plain("quarter_start", start_of("quarter"), DATE, date(), sql=True, browser=True),
    plain("year_start", start_of("year"), DATE, date(), sql=True, browser=True),
    plain("quarter_end", quarter_end, DATE, date(), sql=True, browser=True),
    plain("period", period, TEXT, date(), Param("unit", "text", optional=True), sql=True, browser=True),
    framed("working_days", working_days, INTEGER, FIRST, LAST, HOLIDAYS, reads="@calendar"),
    framed("add_working_days", add_working_days, DATE, date(), number("count"), HOLIDAYS, reads="@calendar"),
    framed("is_working_day", is_working_day, BOOLEAN, date(), reads="@calendar"),
    framed(
        "working_time", working_time, DURATION, Param("first", "moment"), Param("last", "moment"), reads="@calendar"
    ),
)
