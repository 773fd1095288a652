"""Replies kept under the keys of idempotency: a request that comes twice is answered twice and carried out once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import REPLIES


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier request with the same key was answered: `digest` identifies its route and body."""

    digest: str
    status: int
    reply: Any


def claim(tx: Tx, actor: str, key: str, digest: str) -> Kept | None:
    """Take the key for this transaction: None if it is new, else what was answered then.

    A request under way with the same key is waited for (the row is unique), so that both end with one answer."""
    row = {"actor": actor, "key": key, "body": digest, "at": tx.now}
    dialect = postgres_insert if tx.postgres else sqlite_insert
    taken = tx.connection.execute(dialect(REPLIES).values(row).on_conflict_do_nothing().returning(REPLIES.c.key))
    if taken.first() is not None:
        return None
    query = select(REPLIES).where(REPLIES.c.actor == actor, REPLIES.c.key == key)
    found = tx.connection.execute(query).mappings().one()
    return Kept(found["body"], int(found["status"] or 0), found["reply"])


def kept(tx: Tx, actor: str, key: str) -> Any:
    """The answer under a key; None where there is none."""
    query = select(REPLIES.c.reply).where(REPLIES.c.actor == actor, REPLIES.c.key == key)
    return tx.connection.execute(query).scalar()


def keep(tx: Tx, actor: str, key: str, status: int, reply: Any) -> None:
    """Store the answer under the key that this transaction took; it commits or vanishes with the command."""
    mine = (REPLIES.c.actor == actor) & (REPLIES.c.key == key)
    tx.connection.execute(update(REPLIES).where(mine).values(status=status, reply=reply))


def forget(tx: Tx, before: dt.datetime, limit: int) -> int:
    """Remove the oldest answers from before a moment; how many."""
    old = select(REPLIES.c.actor, REPLIES.c.key).where(REPLIES.c.at < before).order_by(REPLIES.c.at).limit(limit)
    query = delete(REPLIES).where(tuple_(REPLIES.c.actor, REPLIES.c.key).in_(old))
    return int(tx.connection.execute(query).rowcount)
