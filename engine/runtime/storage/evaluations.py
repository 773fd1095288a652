"""One expression, evaluated by the database instead of Python: for trying out, and to see that both agree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, false, literal, select

from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue
from engine.runtime.storage.columns import ObjectColumns
from engine.runtime.storage.live import Tx
from engine.texts import say

AN_ERROR = ErrorValue(
    "#ERROR!", say(zh="数据库只知道有错误，不知道是哪一种", en="The database knows that it is an error, not which")
)


def by_database(tx: Tx, thing: str, expression: Expression, frame: Frame, *, record: int | None = None) -> Any:
    """The value over one record of an object, or over one that has nothing filled in; an error is an `ErrorValue`.

    Raises `NotInSql` where SQL cannot give it."""
    stored = tx.live.tables.objects[thing]
    blank = select(*(literal(None, column.type).label(column.name) for column in stored.c)).subquery()
    table: FromClause = blank if record is None else stored
    columns = ObjectColumns(tx.live, tx.app.objects[thing], table, frame)
    figure = expression.figure(columns, frame)
    query = select(figure.column, false() if figure.error is None else figure.error).select_from(table)
    if record is not None:
        query = query.where(table.c.id == record)
    found = tx.connection.execute(query).first()
    return None if found is None else AN_ERROR if found[1] else found[0]
