"""The pairs of fields that hold several links, kept beside the records for ways back and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert

from engine.definitions.objects import Object
from engine.expressions.values import Ref, Value
from engine.kinds.fields.links import Links
from engine.runtime.storage.live import Tx


def fields_of(obj: Object) -> tuple[Links, ...]:
    """The fields of the object that hold several links."""
    return tuple(field for field in obj.fields.values() if isinstance(field, Links) and field.stored)


def write(tx: Tx, obj: Object, records: Iterable[tuple[int, Mapping[str, Any] | None, Mapping[str, Value]]]) -> None:
    """Bring the pairs of records up to date: each with its id, its values as they were (None: new) and as they are."""
    found = list(records)
    for field in fields_of(obj):
        table = tx.live.tables.links[obj.name, field.name]
        name = field.name
        moved = [(id, now.get(name)) for id, old, now in found if (old or {}).get(name) != now.get(name)]
        if moved:
            tx.connection.execute(delete(table).where(table.c.owner.in_([id for id, _ in moved])))
        pairs = [
            {"owner": id, "target": ref.id, "of": tx.live.numbers.get(ref.object, 0)}
            for id, value in moved
            for ref in (value if isinstance(value, tuple) else ())
            if isinstance(ref, Ref)
        ]
        if pairs:
            tx.connection.execute(insert(table), pairs)


def forget(tx: Tx, obj: Object, ids: Iterable[int]) -> None:
    """Take out the pairs of records that are deleted for good."""
    wanted = list(ids)
    for field in fields_of(obj) if wanted else ():
        table = tx.live.tables.links[obj.name, field.name]
        tx.connection.execute(delete(table).where(table.c.owner.in_(wanted)))
