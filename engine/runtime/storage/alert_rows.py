"""SQL over alerts that fired. Evaluates nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.alert_tables import ALERT_GROUPS, ALERTS
from engine.runtime.storage.live import Tx

Row = Mapping[str, Any]


def hold(tx: Tx, rule: str) -> None:
    """One evaluation of a rule at a time: the one that looks last at the data also writes last."""
    if tx.postgres:
        digest = hashlib.sha256(f"alert {tx.app.name} {rule}".encode()).digest()
        tx.connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def firing(tx: Tx, rule: str, keys: Collection[str] | None = None, *, beginning: str = "") -> list[Row]:
    """Open episodes of a rule; of some keys if given, or of those which begin so."""
    query = select(ALERTS).where(ALERTS.c.app == tx.app.name, ALERTS.c.rule == rule, ALERTS.c.resolved_at.is_(None))
    if keys is not None:
        query = query.where(ALERTS.c.key.in_(keys))
    if beginning:
        query = query.where(ALERTS.c.key.startswith(beginning, autoescape=True))
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


# ---- groups


def group(tx: Tx, rule: str, key: str) -> Row | None:
    """A group of alerts that something waits for, or that was told of lately."""
    return next(iter(_groups(tx, rule, ALERT_GROUPS.c.key == key)), None)


def due_groups(tx: Tx, rule: str) -> list[Row]:
    """The groups of which it is time to say what waits."""
    return _groups(tx, rule, ALERT_GROUPS.c.due_at <= tx.now)


def waiting_groups(tx: Tx) -> list[Row]:
    """All groups of the app for which something waits to be said."""
    return _groups(tx, None, ALERT_GROUPS.c.due_at.is_not(None))


def _groups(tx: Tx, rule: str | None, condition: ColumnElement[bool]) -> list[Row]:
    query = select(ALERT_GROUPS).where(ALERT_GROUPS.c.app == tx.app.name, condition)
    if rule is not None:
        query = query.where(ALERT_GROUPS.c.rule == rule)
    return [dict(row) for row in tx.connection.execute(query.order_by(ALERT_GROUPS.c.id)).mappings()]


def put_group(tx: Tx, rule: str, key: str, values: Mapping[str, Any]) -> None:
    """Write a group, new or not; called while the rule is held (`hold`)."""
    mine = (ALERT_GROUPS.c.app == tx.app.name, ALERT_GROUPS.c.rule == rule, ALERT_GROUPS.c.key == key)
    if not tx.connection.execute(update(ALERT_GROUPS).where(*mine).values(**values)).rowcount:
        tx.connection.execute(insert(ALERT_GROUPS).values(app=tx.app.name, rule=rule, key=key, **values))


def forget_groups(tx: Tx, rule: str, *, whole: bool = False) -> None:
    """Take out the groups of a rule that mean nothing any more: nothing waits, and they are free. `whole`: all."""
    query = delete(ALERT_GROUPS).where(ALERT_GROUPS.c.app == tx.app.name, ALERT_GROUPS.c.rule == rule)
    if not whole:
        query = query.where(ALERT_GROUPS.c.due_at.is_(None), ALERT_GROUPS.c.free_at <= tx.now)
    tx.connection.execute(query)
