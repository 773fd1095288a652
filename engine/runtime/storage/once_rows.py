"""What automations have done that they are never to do again: a row each, which the database lets in once."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.live import Tx
from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import METADATA

ONCE = Table(
    "sys_once", METADATA,
    Column("app", String(63), nullable=False),
    Column("automation", String(200), nullable=False),
    Column("key", String(64), nullable=False),                 # a digest of the values: no personal data
    Column("done_at", Moment, nullable=False),
    UniqueConstraint("app", "automation", "key"),
)


def claim(tx: Tx, automation: str, key: str) -> bool:
    """Note that this transaction does it; False if it was done. Waits for another transaction that is just doing it:
    the note and the work stand or fall together."""
    build = postgres_insert if tx.postgres else sqlite_insert
    row = {"app": tx.app.name, "automation": automation, "key": key, "done_at": tx.now}
    query = build(ONCE).values(**row).on_conflict_do_nothing().returning(ONCE.c.key)
    return tx.connection.execute(query).first() is not None
