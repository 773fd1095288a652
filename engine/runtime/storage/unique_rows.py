"""SQL over records that agree in some fields, for unique rules that the database's own indexes cannot hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from engine.definitions.objects import Object
from engine.runtime.storage import rows
from engine.runtime.storage.live import Tx


def hold(tx: Tx, rule: str) -> None:
    """One command at a time judges a rule: the next one sees what this one has written. SQLite writes one at a time
    anyway."""
    if tx.postgres:
        digest = hashlib.sha256(f"unique {tx.app.name} {rule}".encode()).digest()
        tx.connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def alike(tx: Tx, obj: Object, values: Mapping[str, Any], besides: int) -> list[int]:
    """The records (not in the bin) that hold exactly these field values, but for one."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(table.c.id != besides, table.c.deleted_at.is_(None)).order_by(table.c.id)
    for name, value in rows.encode(tx.live, obj, values).items():
        query = query.where(table.c[name] == value)
    return [int(id) for id in tx.connection.execute(query).scalars()]
