"""Records that hang below each other by a link to their own kind: `is under`, root, path. Knows no tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expressions.comparing import identity
from engine.expressions.operations import Run
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref

LIMIT_LEVELS = 1000


def chain(record: Any, link: str, frame: Frame) -> Iterator[Any]:
    """A record and those above it by its `link`, nearest first; a circle ends where it began."""
    seen: set[Any] = set()
    while record is not None and identity(record) not in seen and len(seen) < LIMIT_LEVELS:
        seen.add(identity(record))
        yield record
        row = frame.world.record(record) if isinstance(record, Ref) else record
        record = row.get(link) if row is not None else None


def is_under(record: Run, above: Run, link: Run) -> Run:
    """Whether a record is another one or lies anywhere below it; `link` gives the name of the tree's link."""

    def run(frame: Frame) -> Any:
        lower, upper = record(frame), above(frame)
        for value in (lower, upper):
            if type(value) is ErrorValue:
                return value
        if lower is None or upper is None:
            return False
        wanted = identity(upper)
        return any(identity(step) == wanted for step in chain(lower, str(link(frame)), frame))

    return run
