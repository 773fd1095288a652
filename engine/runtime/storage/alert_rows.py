"""SQL over alerts that fired. Evaluates nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.alert_tables import ALERTS
from engine.runtime.storage.live import Tx

Row = Mapping[str, Any]


def hold(tx: Tx, rule: str) -> None:
    """One evaluation of a rule at a time: the one that looks last at the data also writes last."""
    if tx.postgres:
        digest = hashlib.sha256(f"alert {tx.app.name} {rule}".encode()).digest()
        tx.connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def firing(tx: Tx, rule: str, key: str | None = None) -> list[Row]:
    """Open episodes of a rule, of one key if given."""
    query = select(ALERTS).where(ALERTS.c.app == tx.app.name, ALERTS.c.rule == rule, ALERTS.c.resolved_at.is_(None))
    if key is not None:
        query = query.where(ALERTS.c.key == key)
    return [dict(row) for row in tx.connection.execute(query.order_by(ALERTS.c.id)).mappings()]


def fire(tx: Tx, values: Mapping[str, Any]) -> int | None:
    """Open an episode; None if there is one for this key."""
    build = postgres_insert if tx.postgres else sqlite_insert
    row = {"app": tx.app.name, "fired_at": tx.now, "told_at": tx.now, **values}
    query = build(ALERTS).values(**row).on_conflict_do_nothing().returning(ALERTS.c.id)
    id = tx.connection.execute(query).scalar_one_or_none()
    return None if id is None else int(id)


def change(tx: Tx, id: int, values: Mapping[str, Any]) -> None:
    tx.connection.execute(update(ALERTS).where(ALERTS.c.id == id).values(**values))


def forget(tx: Tx, id: int) -> None:
    """Take out an episode that never came to fire."""
    tx.connection.execute(delete(ALERTS).where(ALERTS.c.id == id))


def last_end(tx: Tx, rule: str, key: str, but: int) -> dt.datetime | None:
    """When the last episode of a key was over, besides this one."""
    mine = (ALERTS.c.app == tx.app.name, ALERTS.c.rule == rule, ALERTS.c.key == key, ALERTS.c.id != but)
    found: dt.datetime | None = tx.connection.execute(select(func.max(ALERTS.c.resolved_at)).where(*mine)).scalar()
    return found


def silenced(tx: Tx, rule: str, key: str) -> dt.datetime | None:
    """Until when a key is silent, as of its newest silence."""
    mine = (ALERTS.c.app == tx.app.name, ALERTS.c.rule == rule, ALERTS.c.key == key)
    query = select(ALERTS.c.silenced_until).where(*mine, ALERTS.c.silenced_until.is_not(None))
    query = query.order_by(ALERTS.c.id.desc()).limit(1)
    found: dt.datetime | None = tx.connection.execute(query).scalar()
    return found


def listing(tx: Tx, *, open_only: bool, before: int | None, limit: int) -> list[Row]:
    """Episodes of this app that have fired, newest first."""
    query = select(ALERTS).where(ALERTS.c.app == tx.app.name, ALERTS.c.told > 0)
    if open_only:
        query = query.where(ALERTS.c.resolved_at.is_(None))
    if before is not None:
        query = query.where(ALERTS.c.id < before)
    return [dict(row) for row in tx.connection.execute(query.order_by(ALERTS.c.id.desc()).limit(limit)).mappings()]


def one(tx: Tx, id: int) -> Row | None:
    query = select(ALERTS).where(ALERTS.c.app == tx.app.name, ALERTS.c.id == id)
    row = tx.connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
