"""Members of records: one name, or a path of them. Knows no functions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Rows


def member(owner: Any, name: str, frame: Frame) -> Any:
    """A member of a record, a link or a decision's results; of nothing it is blank."""
    if type(owner) is Ref:
        if name == "id":
            return Decimal(owner.id)
        owner = frame.world.record(owner)
    if owner is None or type(owner) is ErrorValue:
        return owner
    return owner.get(name)


def along(row: Any, steps: Sequence[str], frame: Frame) -> Any:
    """The value at the end of a path; the values of every line where it goes through lines."""
    for place, name in enumerate(steps):
        row = member(row, name, frame)
        if isinstance(row, (Rows, tuple)):
            items = row.items if isinstance(row, Rows) else row
            return tuple(along(item, steps[place + 1 :], frame) for item in items)
    return row
