"""Dates, moments and durations: shifting, differences, working time. Knows the world's clock and zone only."""

from __future__ import annotations

import datetime as dt
from calendar import isleap, monthrange
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions.arithmetic import NO_DATE, wrong_value
from engine.expressions.values import Duration, ErrorValue
from engine.expressions.working import Clock, working

DAY = Decimal(86400)


def local(value: Any, clock: Clock) -> Any:
    """A moment on the clock of the app's time zone, naive, as people read it; anything else unchanged."""
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(clock.timezone)).replace(tzinfo=dt.UTC)
    return value


def day(value: Any, clock: Clock) -> dt.date | None:
    """The date of a date or moment in the app's time zone."""
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(clock.timezone)).date()
    return value if isinstance(value, dt.date) else None


def start_of(date: dt.date, clock: Clock) -> dt.datetime:
    """The first moment of a day in the app's time zone."""
    return dt.datetime.combine(date, dt.time(), ZoneInfo(clock.timezone)).astimezone(dt.UTC)


def add_durations(left: Duration, right: Duration | None, sign: int) -> Duration:
    if right is None:
        return left
    return Duration(
        left.months + sign * right.months,
        left.seconds + sign * right.seconds,
        left.working_days + sign * right.working_days,
        left.working_seconds + sign * right.working_seconds,
    )


def difference(left: Any, right: Any, clock: Clock) -> Any:
    """Days between two dates, the exact duration between two moments or times."""
    if isinstance(left, dt.time) and isinstance(right, dt.time):
        return Duration(seconds=Decimal(_seconds(left) - _seconds(right)))
    if isinstance(left, dt.datetime) and isinstance(right, dt.datetime):
        return Duration(seconds=exact_seconds(left - right))
    first, second = day(left, clock), day(right, clock)
    if first is None or second is None:
        return wrong_value("无法计算", "These cannot be calculated with")
    return Decimal((first - second).days)


def exact_seconds(span: dt.timedelta) -> Decimal:
    return Decimal(span.days) * DAY + span.seconds + Decimal(span.microseconds) / 1_000_000


def _seconds(time: dt.time) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second


def shift(start: Any, by: Any, sign: int, clock: Clock) -> Any:
    """A date, moment or time moved by days or by a duration."""
    try:
        if isinstance(by, Decimal):
            return (
                start + dt.timedelta(days=int(sign * by))
                if isinstance(start, dt.date)
                else wrong_value("无法计算", "These cannot be calculated with")
            )
        if not isinstance(by, Duration):
            return wrong_value("无法计算", "These cannot be calculated with")
        if isinstance(start, dt.datetime):
            return shift_moment(start, by, sign, clock)
        if isinstance(start, dt.time):
            return _shift_time(start, by, sign)
        return shift_date(start, by, sign, clock)
    except (OverflowError, ValueError):
        return NO_DATE


def shift_date(start: dt.date, by: Duration, sign: int, clock: Clock) -> dt.date | ErrorValue:
    """A date takes months, whole days and working days."""
    if by.seconds % DAY or by.working_seconds:
        return wrong_value("日期只能加减整天", "A date moves by whole days")
    moved = add_months(start, sign * by.months)
    moved += dt.timedelta(days=int(sign * by.seconds / DAY))
    return working(clock).after(moved, int(sign * by.working_days)) if by.working_days else moved


def shift_moment(start: dt.datetime, by: Duration, sign: int, clock: Clock) -> dt.datetime:
    """A moment takes everything; months and working time on the app's clock."""
    moved = start
    if by.months or by.working_days:
        there = start.astimezone(ZoneInfo(clock.timezone))
        date = add_months(there.date(), sign * by.months)
        date = working(clock).after(date, int(sign * by.working_days)) if by.working_days else date
        moved = dt.datetime.combine(date, there.time(), there.tzinfo).astimezone(dt.UTC)
    if by.working_seconds:
        moved = add_working_seconds(moved, sign * by.working_seconds, clock)
    return moved + dt.timedelta(microseconds=int(sign * by.seconds * 1_000_000))


def _shift_time(start: dt.time, by: Duration, sign: int) -> dt.time:
    total = (_seconds(start) + int(sign * by.seconds)) % 86400
    return dt.time(total // 3600, total % 3600 // 60, total % 60)


def add_months(date: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day."""
    years, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return dt.date(years, month + 1, min(date.day, monthrange(years, month + 1)[1]))


def month_end(date: dt.date, months: int = 0) -> dt.date:
    """The last day of the month that lies `months` away; raises ValueError beyond the calendar."""
    years, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return dt.date(years, month + 1, monthrange(years, month + 1)[1])


# How a database writes the name of a period, by its pattern.
PERIODS = {
    "FMYYYY": "year",
    'FMYYYY-"Q"Q': "quarter",
    "FMYYYY-MM": "month",
    'FMIYYY-"W"IW': "week",
    "YYYY-MM-DD": "day",
}


def period_name(unit: str, value: dt.date) -> str:
    """The name of the period that a date lies in: `2026-03`, `2026-Q1`, `2026-W13`, `2026`; "" for no such unit."""
    calendar = value.isocalendar()
    names = {
        "year": f"{value.year}",
        "quarter": f"{value.year}-Q{(value.month + 2) // 3}",
        "month": f"{value.year}-{value.month:02}",
        "week": f"{calendar.year}-W{calendar.week:02}",
        "day": value.isoformat(),
    }
    return names.get(unit, "")


def period_start(unit: str, date: dt.date) -> dt.date:
    """The first day of the week (Monday), month, quarter or year that a date lies in."""
    if unit == "week":
        return date - dt.timedelta(days=date.weekday())
    month = {"month": date.month, "quarter": (date.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return date.replace(month=month, day=1)


def is_leap(year: int) -> bool:
    return isleap(year)


def spans_of(date: dt.date, clock: Clock) -> list[tuple[dt.datetime, dt.datetime]]:
    """The working spans of a day, as UTC moments in order."""
    time = working(clock)
    midnight = dt.datetime.combine(date, dt.time(), ZoneInfo(time.timezone or clock.timezone))

    def at(minutes: int) -> dt.datetime:
        return (midnight + dt.timedelta(minutes=minutes)).astimezone(dt.UTC)

    return [(at(start), at(end)) for start, end in time.spans(date)]


def add_working_seconds(start: dt.datetime, seconds: Decimal, clock: Clock) -> dt.datetime:
    """The moment that many working seconds later (earlier)."""
    left = dt.timedelta(microseconds=int(abs(seconds) * 1_000_000))
    forward = seconds > 0
    zone = ZoneInfo(working(clock).timezone or clock.timezone)
    date, moment = start.astimezone(zone).date(), start
    for _ in range(3660):
        spans = spans_of(date, clock)
        for first, last in spans if forward else reversed(spans):
            begin, end = (max(first, moment), last) if forward else (first, min(last, moment))
            if end <= begin:
                continue
            if left <= end - begin:
                return begin + left if forward else end - left
            left -= end - begin
        date += dt.timedelta(days=1 if forward else -1)
    raise OverflowError


def working_seconds_between(start: dt.datetime, end: dt.datetime, clock: Clock) -> Decimal:
    """The working time between two moments, in seconds."""
    if end < start:
        return -working_seconds_between(end, start, clock)
    zone = ZoneInfo(working(clock).timezone or clock.timezone)
    date, last_day, total = start.astimezone(zone).date(), end.astimezone(zone).date(), dt.timedelta()
    while date <= last_day:
        for first, last in spans_of(date, clock):
            total += max(dt.timedelta(), min(last, end) - max(first, start))
        date += dt.timedelta(days=1)
    return exact_seconds(total)
