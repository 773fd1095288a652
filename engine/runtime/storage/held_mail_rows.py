"""Mails that wait for the end of their reader's quiet hours: the table and its SQL. Writes no texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, delete, insert, select

from engine.runtime.storage.live import Tx
from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, USERS, identity

HELD_MAILS = Table(
    "sys_held_mail", METADATA,                                 # one row per mail that would have gone out
    identity(),
    Column("app", String(63), nullable=False),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("notice", BIG),                                     # the notice that it says; its text is read later
    Column("episode", Integer),                                # the alert that it tells of
    Column("text", DOCUMENT, nullable=False),                  # language → text
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Index("ix_sys_held_mail", "user", "app", "due_at"),
)


def hours(tx: Tx, users: Collection[int]) -> dict[int, tuple[str, str, str]]:
    """Those of these people who have quiet hours → from, until (`HH:MM`), time zone."""
    mine = USERS.c.id.in_(users), USERS.c.quiet_until != ""
    query = select(USERS.c.id, USERS.c.quiet_from, USERS.c.quiet_until, USERS.c.timezone).where(*mine)
    return {row.id: (row.quiet_from, row.quiet_until, row.timezone) for row in tx.connection.execute(query)}


def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter mails that wait: `user`, `text`, `due_at`, and `notice` or `episode`."""
    common = {"app": tx.app.name, "at": tx.now, "notice": None, "episode": None}
    if rows:
        tx.connection.execute(insert(HELD_MAILS), [{**common, **row} for row in rows])


def take(tx: Tx, user: int, due: dt.datetime) -> Sequence[Mapping[str, Any]]:
    """What has waited for a person until this moment, oldest first; it waits no longer."""
    mine = HELD_MAILS.c.app == tx.app.name, HELD_MAILS.c.user == user, HELD_MAILS.c.due_at <= due
    query = select(HELD_MAILS).where(*mine).order_by(HELD_MAILS.c.id)
    found = [dict(row) for row in tx.connection.execute(query).mappings()]
    tx.connection.execute(delete(HELD_MAILS).where(*mine))
    return found
