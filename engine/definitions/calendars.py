"""Calendars: whose working time counts, and which days are off or worked besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import Location

if TYPE_CHECKING:
    from engine.expressions.compiled import Source
    from engine.expressions.working import Span


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of each day of the week (Monday first); `closed` and `open` give days, as values or as records.

    `closed_field` and `open_field`: the date field of the records that they give, blank where they give days."""

    name: str
    week: tuple[tuple[Span, ...], ...]
    closed: Source | None = None
    open: Source | None = None
    closed_field: str = ""
    open_field: str = ""
    timezone: str = ""
    location: Location = Location("")
