"""SQL over schedules. Computes no times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.schedule_tables import SCHEDULES


def due(connection: Connection, now: dt.datetime, *, hold: bool = False) -> list[Mapping[str, Any]]:
    """Schedules whose time has come; with `hold` those that no other worker is firing."""
    query = select(SCHEDULES).where(SCHEDULES.c.enabled, SCHEDULES.c.next_at <= now).order_by(SCHEDULES.c.id)
    if hold and is_postgres(connection):
        query = query.with_for_update(skip_locked=True)
    return [dict(row) for row in connection.execute(query).mappings()]


def advance(connection: Connection, id: int, next_at: dt.datetime) -> None:
    connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == id).values(next_at=next_at))


def of_app(connection: Connection, app: str, *, hold: bool = False) -> dict[str, Mapping[str, Any]]:
    """The schedules of one app by name."""
    query = select(SCHEDULES).where(SCHEDULES.c.app == app)
    if hold and is_postgres(connection):
        query = query.with_for_update()
    return {row["name"]: dict(row) for row in connection.execute(query).mappings()}


def put(connection: Connection, known: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
    """Enter a schedule, or change the one that is known; never a second one of the same name."""
    if known is None:
        connection.execute(insert(SCHEDULES).values(**values))
    else:
        connection.execute(update(SCHEDULES).where(SCHEDULES.c.id == known["id"]).values(**values))


def remove(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        connection.execute(delete(SCHEDULES).where(SCHEDULES.c.id.in_(ids)))
