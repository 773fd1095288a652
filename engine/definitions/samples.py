"""The clock of declared tests: how a moment is written. Knows no app."""

from __future__ import annotations

import datetime as dt

BEGINNING = "2026-01-05"  # where the samples name no day
NOON = dt.time(9, 0)
YEARS = range(1900, 2900)


def moment(text: str) -> dt.datetime:
    """`2026-05-04` (at nine) or `2026-05-04 14:30`, without a time zone. Raises `ValueError` for anything else."""
    day, _, time = text.strip().partition(" ")
    found = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.fromisoformat(time) if time else NOON)
    if found.year not in YEARS or found.tzinfo is not None:
        raise ValueError(text)
    return found
