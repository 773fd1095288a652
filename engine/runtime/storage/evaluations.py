"""One expression, evaluated by the database instead of Python: for trying out, and to see that both agree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.runtime.storage.columns import ObjectColumns
from engine.runtime.storage.live import Tx


def by_database(tx: Tx, thing: str, expression: Expression, frame: Frame, *, record: int | None = None) -> Any:
    """The value over one record of an object (or over none); raises `NotInSql` where SQL cannot give it."""
    table = tx.live.tables.objects[thing]
    value = expression.sql(ObjectColumns(tx.live, tx.app.objects[thing], table, frame), frame)
    query = select(value)
    if record is not None:
        query = query.where(table.c.id == record)
    return tx.connection.execute(query).scalar_one_or_none()
