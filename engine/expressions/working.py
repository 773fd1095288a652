"""Working time: which days are worked on and at which hours. Plain data; knows no app and no holidays of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Protocol

Span = tuple[int, int]  # minutes from midnight, on the clock: `(540, 720)` is 9:00 to 12:00


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The hours of each day of the week (Monday first), the days off and the days that are worked besides.

    A day in `open` is worked even where the week or `closed` says otherwise, at the hours of the week's first working
    day. `timezone`: whose clock the hours are on, blank for the app's."""

    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[dt.date] = field(default_factory=frozenset)
    open: frozenset[dt.date] = field(default_factory=frozenset)
    timezone: str = ""

    def works(self, date: dt.date) -> bool:
        """Whether a day is a working day."""
        if date in self.open:
            return True
        return bool(self.week[date.weekday()]) and date not in self.closed

    def spans(self, date: dt.date) -> tuple[Span, ...]:
        """The hours of a day, in order; none where it is off."""
        if not self.works(date):
            return ()
        return self.week[date.weekday()] or next(hours for hours in self.week if hours)

    def count(self, first: dt.date, last: dt.date, off: frozenset[dt.date] = frozenset()) -> int:
        """The working days from first to last, both included, without the days in `off`."""
        weeks, rest = divmod((last - first).days + 1, 7)
        found = weeks * sum(1 for hours in self.week if hours)
        found += sum(1 for place in range(rest) if self.week[(first.weekday() + place) % 7])
        for date in self.closed | self.open | off:
            if first <= date <= last:
                found += (self.works(date) and date not in off) - bool(self.week[date.weekday()])
        return found

    def after(self, date: dt.date, count: int, off: frozenset[dt.date] = frozenset()) -> dt.date:
        """The working day `count` working days after (before) a date; raises OverflowError beyond all dates."""
        step, left = dt.timedelta(days=1 if count > 0 else -1), abs(count)
        while left:
            date += step
            left -= self.works(date) and date not in off
        return date


MORNING_AND_AFTERNOON: tuple[Span, ...] = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
# Where the app declares no calendar: Monday to Friday, 9 to 12 and 13 to 18.
STANDARD = WorkingTime((MORNING_AND_AFTERNOON,) * 5 + ((), ()))


class Clock(Protocol):
    """What is asked where days and hours are counted: a time zone, and `working` of one that has a calendar."""

    @property
    def timezone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Hours:
    """A clock with the hours of a calendar of its own."""

    timezone: str
    working: WorkingTime


def working(clock: Clock) -> WorkingTime:
    """The working time by a clock: its own if it has one, else the standard."""
    return getattr(clock, "working", None) or STANDARD
