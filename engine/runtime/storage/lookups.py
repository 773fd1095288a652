"""Finding records by the values of given fields, many at once (the keys of an import). Judges no rights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, or_, select

from engine.definitions.objects import Object
from engine.expressions.values import Value
from engine.runtime.storage.live import Tx
from engine.runtime.storage.rows import encode, statement

CHUNK = 200


def ids_by(
    tx: Tx, obj: Object, names: Sequence[str], keys: Iterable[Sequence[Value]]
) -> dict[tuple[Value, ...], list[int]]:
    """Key (values of the fields `names`, none blank) → ids of the records that have it, the oldest first.

    Keys of which there is no record are left out, and so are records in the bin."""
    wanted: dict[tuple[Any, ...], tuple[Value, ...]] = {}
    for key in keys:
        encoded = encode(tx.live, obj, dict(zip(names, key, strict=True)))
        wanted[tuple(encoded.values())] = tuple(key)
    if not wanted:
        return {}
    table = tx.live.tables.objects[obj.name]
    columns = [table.c[c.name] for name in names for c in obj.fields[name].columns()]
    found: dict[tuple[Value, ...], list[int]] = {}
    encoded_keys = list(wanted)
    for start in range(0, len(encoded_keys), CHUNK):
        part = encoded_keys[start:start + CHUNK]
        for row in _rows(tx, table, columns, part):
            match = wanted.get(tuple(row)[1:])
            if match is not None:
                found.setdefault(match, []).append(int(row[0]))
    return found


def _rows(tx: Tx, table: Table, columns: Sequence[Any], part: Sequence[Sequence[Any]]) -> Iterable[Any]:
    """Id and key of the rows that have one of these keys, the oldest first."""
    if len(columns) > 1:
        matches = or_(*(and_(*(c == v for c, v in zip(columns, key, strict=True))) for key in part))
        return tx.connection.execute(_matching(table, columns, matches))
    one = columns[0]
    query = statement(
        table, ("ids by", one.name), lambda: _matching(table, columns, one.in_(bindparam("keys", expanding=True)))
    )
    return tx.connection.execute(query, {"keys": [key[0] for key in part]})


def _matching(table: Table, columns: Sequence[Any], matches: ColumnElement[bool]) -> Select[Any]:
    query = select(table.c.id, *columns).where(matches).order_by(table.c.id)
    return query.where(table.c.deleted_at.is_(None)) if "deleted_at" in table.c else query
