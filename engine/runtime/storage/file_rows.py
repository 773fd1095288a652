"""SQL over uploads: what was uploaded by whom, what is held by a record. Knows no content and no rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Index, MetaData, String, Table, Text, delete, func, insert, inspect, select
from sqlalchemy import update as sql_update

from engine.runtime.storage.live import Tx
from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA

FILES = Table(
    "sys_file", METADATA,
    Column("token", String(43), primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("size", BIG, nullable=False),
    Column("type", String(120), nullable=False),
    Column("user", BIG),
    Column("app", String(63), nullable=False),
    Column("at", Moment, nullable=False),
    Column("held_at", Moment),                 # when a record last took it; blank until one does
    Index("ix_sys_file_user", "user", "held_at"),
)
SECOND = "__file"                              # how the columns end that keep uploads, also those of former fields
CHUNK = 500


def add(tx: Tx, row: Mapping[str, Any]) -> None:
    tx.connection.execute(insert(FILES), dict(row))


def of_token(tx: Tx, token: str) -> Mapping[str, Any] | None:
    """One upload into this app; in a command it stays until the end of the transaction."""
    query = select(FILES).where(FILES.c.token == token, FILES.c.app == tx.app.name)
    if tx.write and tx.postgres:
        query = query.with_for_update()
    found = tx.connection.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)


def hold(tx: Tx, token: str) -> None:
    """A record takes it."""
    tx.connection.execute(sql_update(FILES).where(FILES.c.token == token).values(held_at=tx.now))


def pending(tx: Tx, user: int | None) -> int:
    """The bytes that a person (None: everybody without an account) has uploaded and no record has taken."""
    query = select(func.coalesce(func.sum(FILES.c.size), 0)).where(FILES.c.user == user, FILES.c.held_at.is_(None))
    return int(tx.connection.execute(query).scalar_one())


def forget(connection: Connection, before: dt.datetime) -> int:
    """Remove uploads from before a moment that no row of any app names; how many."""
    old = FILES.c.at < before
    unheld = FILES.c.held_at.is_(None) | (FILES.c.held_at < before)
    idle = set(connection.execute(select(FILES.c.token).where(old, unheld)).scalars())
    if idle:
        for text in _named(connection):
            idle.difference_update(text.split('"')[1::2])      # every text in the JSON: tokens are among them
    gone: Sequence[str] = sorted(idle)
    for start in range(0, len(gone), CHUNK):
        connection.execute(delete(FILES).where(FILES.c.token.in_(gone[start : start + CHUNK]), unheld))
    return len(gone)


def digests(connection: Connection) -> set[str]:
    """The contents of all uploads."""
    return set(connection.execute(select(FILES.c.digest).distinct()).scalars())


def _named(connection: Connection) -> Iterator[str]:
    """What every column for uploads holds, of all apps."""
    found = inspect(connection)
    for (schema, name), columns in found.get_multi_columns().items():
        for column in columns:
            if column["name"].endswith(SECOND):
                table = Table(name, MetaData(), Column(column["name"], Text), schema=schema)
                held = table.c[column["name"]]
                yield from connection.execute(select(held).where(held.is_not(None))).scalars()

