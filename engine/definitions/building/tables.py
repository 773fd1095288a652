"""Judges the tables of decisions: cases without a row, rows without a case, rows that fit at once. Evaluates none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.definitions.decisions import Case, Cell
from engine.definitions.desks import Desk
from engine.definitions.nodes import List
from engine.errors import Location
from engine.expressions.domains import ORDERED, Box, Domain, Listed, Ordered, Span, TooMany, common, everything, rest
from engine.expressions.holding import is_constant, value_of
from engine.expressions.values import Key
from engine.kinds.fields.base import Field

OTHER = "something else"


def judge(
    desk: Desk, inputs: Mapping[str, Field], rows: Sequence[tuple[List, Case]], hit: str, at: Location | None
) -> None:
    """Judges the rows of a table; `at` is where a missing case is reported, None where there is an `otherwise`."""
    boxes = [(row, _box(inputs, case)) for row, case in rows]
    if any(_void(desk, row, box) for row, box in boxes):
        return
    try:
        if hit == "first":
            _dead(desk, boxes)
        if hit == "only":
            _twice(desk, inputs, boxes)
        if at is not None and hit != "all":
            _gap(desk, inputs, [box for _, box in boxes], at)
    except TooMany:
        return


def _box(inputs: Mapping[str, Field], case: Case) -> Box:
    return tuple(domain(field, cell) for field, cell in zip(inputs.values(), case.cells, strict=True))


def domain(field: Field, cell: Cell) -> Domain:
    """The values of an input that a cell lets pass."""
    whole = everything(field.type, blank=True)
    if cell.test == "any":
        return whole
    if cell.test == "from":
        low, high, open_low, open_high = cell.values
        assert isinstance(whole, Ordered), "bounds are for what has an order"
        return whole.both(Ordered((Span(low, high, open_low, open_high),), unit=whole.unit))
    filled = [value for value in cell.values if value is not None]
    blank = None in cell.values
    if field.type.name in ORDERED:
        unit = whole.unit if isinstance(whole, Ordered) else None
        return Ordered(tuple(Span(value, value) for value in sorted(set(filled))), blank, unit)
    return Listed(frozenset(filled), blank=blank)


def _void(desk: Desk, row: List, box: Box) -> bool:
    """Whether a cell of a row fits nothing, such as `9..6`."""
    for cell, side in zip(row.items, box, strict=False):
        if side.empty:
            desk.report("E-DEC-004", "no value lies in this range", cell.at, "the smaller bound comes first: `6..9`")
            return True
    return False


def _dead(desk: Desk, boxes: Sequence[tuple[List, Box]]) -> None:
    for place, (row, box) in enumerate(boxes):
        left = [box]
        for _, before in boxes[:place]:
            left = rest(left, before)
        if not left:
            message = "this row is never reached: the rows before it take all its cases"
            desk.report("W-DEC-002", message, row.at, "put the narrower row first, or take it out", "warning")


def _twice(desk: Desk, inputs: Mapping[str, Field], boxes: Sequence[tuple[List, Box]]) -> None:
    for place, (row, box) in enumerate(boxes):
        for other, before in boxes[:place]:
            both = common(before, box)
            if both is not None:
                point = ", ".join(_point(inputs, both))
                message = f"this row and the one in line {other.at.line} both fit {point}"
                desk.report("W-DEC-003", message, row.at, "narrow one of them, or say `hit: first`", "warning")
                break


def _gap(desk: Desk, inputs: Mapping[str, Field], boxes: Sequence[Box], at: Location) -> None:
    left: Sequence[Box] = [tuple(_asked(field) for field in inputs.values())]
    for box in boxes:
        left = rest(left, box)
    if left:
        message = f"no row fits {', '.join(_point(inputs, left[0]))}"
        desk.report("W-DEC-001", message, at, "add a row for it, or `otherwise:`", "warning")


def _asked(field: Field) -> Domain:
    """What an input may be when the decision is asked: within its own `min` and `max`."""
    whole = everything(field.type)
    if not isinstance(whole, Ordered):
        return whole
    low, high = (
        value_of(bound.node) if bound is not None and is_constant(bound.node) else None
        for bound in (field.min, field.max)
    )
    return whole.both(Ordered((Span(low, high),), unit=whole.unit))


def _point(inputs: Mapping[str, Field], box: Box) -> Iterator[str]:
    """One point of a box: `k = b`, `n = 10`."""
    for name, side in zip(inputs, box, strict=True):
        if isinstance(side, Listed) and side.others:
            yield f"{name} = {OTHER}"
        else:
            yield f"{name} = {_shown(side.some())}"


def _shown(value: Any) -> str:
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, Key) else str(value)
