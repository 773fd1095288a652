"""SQL over links in mails by which a task is decided: kept as digests, used once. Knows no flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.runtime.storage.flow_tables import LINKS, TASKS

Row = Mapping[Any, Any]


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Enter a link; its number."""
    return int(connection.execute(insert(LINKS).values(**values).returning(LINKS.c.id)).scalar_one())


def sign(connection: Connection, id: int, digest: str) -> Row | None:
    """Give a link its token; what it is for, None where the task is no longer as it was."""
    row = connection.execute(select(LINKS).where(LINKS.c.id == id, LINKS.c.used_at.is_(None))).mappings().one_or_none()
    if row is None or not fits(connection, row):
        return None
    connection.execute(update(LINKS).where(LINKS.c.id == id).values(token=digest))
    return dict(row)


def fits(connection: Connection, row: Row) -> bool:
    """Whether the task of a link still waits for its person, and nothing has happened to it since."""
    mine = TASKS.c.id == row["task"], TASKS.c.assignee == row["user"], TASKS.c.lock_version == row["version"]
    query = select(TASKS.c.id).where(*mine, TASKS.c.owner == row["user"], TASKS.c.status == "pending")
    return connection.execute(query).first() is not None


def one(connection: Connection, digest: str, now: dt.datetime) -> Row | None:
    """The link of a token, if it can still be used."""
    query = select(LINKS).where(LINKS.c.token == digest, LINKS.c.used_at.is_(None), LINKS.c.expires_at > now)
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row is not None and fits(connection, row) else None


def use(connection: Connection, id: int, now: dt.datetime) -> bool:
    """Use a link up; False where somebody has done so before."""
    query = update(LINKS).where(LINKS.c.id == id, LINKS.c.used_at.is_(None)).values(used_at=now)
    return connection.execute(query).rowcount == 1


def forget(connection: Connection, before: dt.datetime) -> int:
    """Remove links that ended before a moment; how many."""
    return int(connection.execute(delete(LINKS).where(LINKS.c.expires_at < before)).rowcount)
