"""Values at run time. Blank is None; numbers are Decimal, never float; moments are aware UTC datetimes."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from engine.texts import Text


@dataclass(frozen=True, slots=True)
class Ref:
    """A link to one record: the object's (or the lines') name and the id. `title` is for showing only."""

    object: str
    id: int
    title: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Key:
    """A record named by its key (an import's `ALFKI`, a test's `'Chai'`); the service looks it up. `called`: by which
    field, as whoever gave it says."""

    text: str
    called: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An error that spreads: `#DIV/0!`, `#N/A`, `#VALUE!`, `#NUM!`; shown as blank with its `reason`.

    `at`: the record and its field where it arose, where that is known."""

    code: str
    reason: Text = field(hash=False)           # texts have no hash
    at: tuple[Ref, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: calendar months, exact seconds, working days and seconds (these need a calendar)."""

    months: int = 0
    seconds: Decimal = Decimal(0)
    working_days: Decimal = Decimal(0)
    working_seconds: Decimal = Decimal(0)

    @property
    def exact(self) -> bool:
        """Whether it is a fixed number of seconds: no months, no working time."""
        return not (self.months or self.working_days or self.working_seconds)


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to `end`, either of which may be open (None). Days and numbers include their end, moments do not."""

    start: dt.date | Decimal | None
    end: dt.date | Decimal | None

    def get(self, name: str) -> dt.date | Decimal | None:
        """`start` or `end`, as a member of a path."""
        return self.start if name == "start" else self.end

    def holds(self, value: dt.date | Decimal) -> bool:
        """Whether a value of the ends' kind lies within."""
        return self.overlaps(Range(value, value))

    def overlaps(self, other: Range) -> bool:
        """Whether the two have something in common."""
        return _reaches(self.start, other) and _reaches(other.start, self)


def _reaches(start: dt.date | Decimal | None, other: Range) -> bool:
    """Whether a range that begins at `start` begins before `other` ends."""
    if start is None or other.end is None:
        return True
    before: bool = start < other.end  # type: ignore[operator]
    instant = other.start == other.end
    return before or (start == other.end and (instant or not isinstance(start, dt.datetime)))


Plain: TypeAlias = "None | bool | Decimal | str | dt.date | dt.datetime | dt.time | Duration | Range"
Value: TypeAlias = "Plain | Ref | tuple[Value, ...] | ErrorValue | Row | Rows"


class Row(ABC):
    """A record, a line, a register row or a report row, as an expression sees it.

    A real base class, not a protocol: rows are told from other values many times in every command, and asking a
    protocol is slow."""

    __slots__ = ()

    @property
    @abstractmethod
    def object(self) -> str:
        """The name of what it is a row of: `sales_order`, `sales_order.lines`, `stock`, `user`."""

    @property
    @abstractmethod
    def id(self) -> int | None:
        """The id of what is stored, None for rows that are not."""

    @abstractmethod
    def get(self, name: str) -> Value:
        """The value of a field, formula, balance, key, measure or system field; a `lines` field gives `Rows`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in their order; a path through it (`lines.amount`) gives the tuple of the values."""

    items: tuple[Row, ...]
