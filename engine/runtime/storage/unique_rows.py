"""SQL over records that agree in some fields, for unique rules that the database's own indexes cannot hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select

from engine.definitions.objects import Object
from engine.expressions.values import Range
from engine.runtime.storage import rows
from engine.runtime.storage.live import Tx


def alike(tx: Tx, obj: Object, values: Mapping[str, Any], besides: int, ranged: str = "") -> list[int]:
    """The records (not in the bin) that hold exactly these field values, but for one; in the field `ranged` those
    whose range overlaps with the one given."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(table.c.id != besides, table.c.deleted_at.is_(None)).order_by(table.c.id)
    exact = {name: value for name, value in values.items() if name != ranged}
    for name, value in rows.encode(tx.live, obj, exact).items():
        query = query.where(table.c[name] == value)
    if ranged:
        query = query.where(*_overlapping(table, ranged, values[ranged]))
    return [int(id) for id in tx.connection.execute(query).scalars()]


def another(tx: Tx, obj: Object, besides: int = 0) -> bool:
    """Whether there is a record (not in the bin) but for one."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(table.c.id != besides, table.c.deleted_at.is_(None)).limit(1)
    return tx.connection.execute(query).first() is not None


def _overlapping(table: Table, name: str, given: Range) -> Iterator[ColumnElement[bool]]:
    """Rows whose range has something in common with the given one: days and numbers hold their ends, moments do not."""
    start, end = table.c[name], table.c[name + "__end"]
    yield or_(start.is_not(None), end.is_not(None))
    instants = isinstance(given.start or given.end, dt.datetime)
    if given.end is not None:
        yield or_(start.is_(None), start < given.end if instants else start <= given.end)
    if given.start is not None:
        yield or_(end.is_(None), end > given.start if instants else end >= given.start)
