"""Conditions over a few given values. An `IN` of any length is written anew at every execution, which costs more than a
small statement itself: for a few values there is one statement for each size, compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, tuple_

SIZES = (1, 2, 4, 8, 16)                       # above, one statement for any number of values
ANY = 0


def size_of(count: int) -> int:
    """The size of the statement that has room for so many values; `ANY` where they are too many."""
    return next((size for size in SIZES if size >= count), ANY)


def among(columns: Sequence[ColumnElement[Any]], size: int) -> ColumnElement[bool]:
    """The columns hold one of the combinations that `bound` gives for this size."""
    if size == ANY:
        given: Any = bindparam("given", expanding=True)
        return columns[0].in_(given) if len(columns) == 1 else tuple_(*columns).in_(given)
    if len(columns) == 1:
        return columns[0].in_([_bound(columns[0], 0, place) for place in range(size)])
    return or_(*(
        and_(*(column == _bound(column, number, place) for number, column in enumerate(columns)))
        for place in range(size)
    ))


def _bound(column: ColumnElement[Any], number: int, place: int) -> Any:
    return bindparam(f"given_{number}_{place}", type_=column.type)


def bound(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, Any]]:
    """The size of the statement for these combinations, one at least, and what is bound in it. Room that is left is
    filled with the last one."""
    size = size_of(len(rows))
    if size == ANY:
        return ANY, {"given": [row[0] if len(row) == 1 else tuple(row) for row in rows]}
    filled = (*rows, *[rows[-1]] * (size - len(rows)))
    return size, {f"given_{number}_{place}": one for place, row in enumerate(filled) for number, one in enumerate(row)}
