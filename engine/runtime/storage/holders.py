"""Who links to records or lines: found, counted, and held together with what they link to. Knows no rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, func, select

from engine.definitions.objects import Object
from engine.kinds.fields.link import Link
from engine.runtime.storage.given import among, bound
from engine.runtime.storage.live import Tx
from engine.runtime.storage.rows import CHUNK, statement


def found(
    tx: Tx, obj: Object, link: Link, target: str, ids: Collection[int], *, most: int, binned: bool = False
) -> list[int]:
    """The records (or lines) whose link points to one of these records of `target`, ascending, `most` at most.

    What is in the bin, or a line of it, holds nothing; `binned`: those are what is asked for."""
    held: set[int] = set()
    for query in _queries(tx, obj, link, target, ids, binned):
        held.update(tx.connection.execute(query.distinct().order_by(query.selected_columns.id).limit(most)).scalars())
    return sorted(held)[:most]


def count(tx: Tx, obj: Object, link: Link, target: str, ids: Collection[int]) -> int:
    """How many there are."""
    queries = [query.distinct().subquery() for query in _queries(tx, obj, link, target, ids)]
    return sum(tx.connection.execute(select(func.count()).select_from(one)).scalar_one() for one in queries)


def _queries(
    tx: Tx, obj: Object, link: Link, target: str, ids: Collection[int], binned: bool = False
) -> Iterator[Select[Any]]:
    table, number = tx.live.tables.objects[obj.name], tx.live.numbers.get(target, 0)
    pairs = tx.live.tables.links.get((obj.name, link.name))
    query = select(table.c.id)
    root = tx.live.tables.objects[obj.owner or obj.name]
    if obj.owner:
        query = query.join(root, root.c.id == table.c.parent)
    query = query.where(root.c.deleted_at.is_not(None) if binned else root.c.deleted_at.is_(None))
    if pairs is not None:
        query = query.join(pairs, pairs.c.owner == table.c.id).where(pairs.c.of == number)
    elif link.several:
        query = query.where(table.c[f"{link.name}__of"] == number)
    column = table.c[link.name] if pairs is None else pairs.c.target
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        yield query.where(column.in_(wanted[start : start + CHUNK]))


def hold_alone(tx: Tx, object: str, ids: Collection[int]) -> None:
    """Hold records that are about to leave: no other transaction makes a link to one of them meanwhile."""
    if tx.postgres and ids:
        table = tx.live.tables.objects[object]
        tx.connection.execute(select(table.c.id).where(table.c.id.in_(sorted(ids))).order_by(table.c.id)
                              .with_for_update())


def hold_shared(tx: Tx, object: str, ids: Collection[int]) -> dict[int, dt.datetime | None]:
    """See to it that records to which a link is made stay until the commit; others may do the same, and change them.

    By id when each went into the bin (None: it did not); of what is no more there is nothing."""
    table = tx.live.tables.objects[object]

    def build(size: int, held: bool) -> Select[Any]:
        query = select(table.c.id, table.c.deleted_at).where(among([table.c.id], size)).order_by(table.c.id)
        return query.with_for_update(read=True, key_share=True) if held else query

    known: dict[int, dt.datetime | None] = {}
    wanted: Sequence[int] = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        size, values = bound([(id,) for id in wanted[start : start + CHUNK]])
        # holding waits, but gives the rows as they were before the wait
        for held in (True, False) if tx.postgres else (False,):
            query = statement(table, ("hold shared", size, held), partial(build, size, held))
            found = tx.connection.execute(query, values).all()
        known.update((row[0], row[1]) for row in found)
    return known
