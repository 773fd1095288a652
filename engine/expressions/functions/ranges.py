"""Functions of ranges: from one day, moment or number to another. Knows no other records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions.arithmetic import NO_NUMBER
from engine.expressions.comparing import compare
from engine.expressions.functions.base import Function, Param, join_types, unstored
from engine.expressions.scope import Frame
from engine.expressions.types import ANY, BOOLEAN, Type, range_of
from engine.expressions.values import ErrorValue, Range


def made(frame: Frame, start: Any, end: Any = None) -> Any:
    """From one to another; a blank end is open, both blank give blank."""
    if start is None and end is None:
        return None
    order = compare(start, end, frame.world.timezone)
    if isinstance(order, ErrorValue):
        return order
    return NO_NUMBER if order is not None and order > 0 else Range(start, end)


def overlap(one: Any, other: Any) -> Any:
    """Whether two ranges have something in common; false where one is blank."""
    return isinstance(one, Range) and isinstance(other, Range) and one.overlaps(other)


def made_of(types: Sequence[Type]) -> Type:
    kind = join_types([kind for kind in types if kind.name != "blank"])
    return range_of(unstored(kind) if kind != ANY else ANY)


RANGES: tuple[Function, ...] = (
    Function("range", (Param("start", "bound"), Param("end", "bound", optional=True)), made_of, made, frame=True),
    Function("overlaps", (Param("range", "range"), Param("other", "range")), BOOLEAN, overlap),
)
