"""The audit trail's rows: appended in the business transaction, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import AUDIT

APPEND = insert(AUDIT)


def append(tx: Tx, rows: Sequence[Mapping[Any, Any]]) -> None:
    if rows:
        tx.connection.execute(APPEND, [dict(row) for row in rows])


def of_record(tx: Tx, object: str, id: int, *, before: int | None = None, limit: int = 100) -> list[Mapping[Any, Any]]:
    """Newest first."""
    query = select(AUDIT).where(AUDIT.c.object == tx.live.numbers[object], AUDIT.c.record == id)
    if before is not None:
        query = query.where(AUDIT.c.id < before)
    return list(tx.connection.execute(query.order_by(AUDIT.c.id.desc()).limit(limit)).mappings())
