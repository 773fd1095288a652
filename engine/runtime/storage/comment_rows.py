"""SQL over comments. Knows no rights and no reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from engine.runtime.storage.discussion_tables import COMMENTS
from engine.runtime.storage.live import Tx

Row = Mapping[str, Any]


def add(tx: Tx, object: str, record: int, values: Row) -> int:
    """A new comment on a record; its number."""
    row = {"app": tx.app.name, "object": tx.live.numbers[object], "record": record, "at": tx.now, **values}
    return int(tx.connection.execute(insert(COMMENTS).values(**row).returning(COMMENTS.c.id)).scalar_one())


def change(tx: Tx, id: int, values: Row) -> None:
    tx.connection.execute(update(COMMENTS).where(COMMENTS.c.id == id).values(**values))


def erase(tx: Tx, object: str, record: int) -> None:
    """Take the words and files out of all that was said about a record."""
    of = COMMENTS.c.app == tx.app.name, COMMENTS.c.object == tx.live.numbers[object], COMMENTS.c.record == record
    tx.connection.execute(update(COMMENTS).where(*of).values(text={}, files__file=None, deleted_at=tx.now))


def remove(tx: Tx, object: str, record: int) -> None:
    """Take away all that was said about a record that is no more."""
    number = tx.live.numbers[object]
    tx.connection.execute(delete(COMMENTS).where(COMMENTS.c.object == number, COMMENTS.c.record == record))


def of_record(tx: Tx, object: str, record: int, *, before: int | None = None, limit: int = 100) -> list[Row]:
    """Newest first."""
    query = select(COMMENTS).where(COMMENTS.c.object == tx.live.numbers[object], COMMENTS.c.record == record)
    if before is not None:
        query = query.where(COMMENTS.c.id < before)
    return [dict(row) for row in tx.connection.execute(query.order_by(COMMENTS.c.id.desc()).limit(limit)).mappings()]


def one(tx: Tx, object: str, record: int, id: int) -> Row | None:
    """One comment of a record; in a command nobody else changes it before the end of the transaction."""
    query = select(COMMENTS).where(
        COMMENTS.c.id == id, COMMENTS.c.object == tx.live.numbers[object], COMMENTS.c.record == record
    )
    if tx.write and tx.postgres:
        query = query.with_for_update()
    found = tx.connection.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)


def newest(tx: Tx, object: str, record: int) -> int:
    """The number of the record's last comment, 0 where there is none."""
    mine = (COMMENTS.c.object == tx.live.numbers[object]) & (COMMENTS.c.record == record)
    return int(tx.connection.execute(select(func.max(COMMENTS.c.id)).where(mine)).scalar_one() or 0)


def written(tx: Tx, author: int, since: dt.datetime) -> int:
    """How many comments a person has written since a moment."""
    query = select(func.count()).select_from(COMMENTS).where(COMMENTS.c.author == author, COMMENTS.c.at > since)
    return int(tx.connection.execute(query).scalar_one())
