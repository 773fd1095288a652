"""SQL over the site's events: appended, read by filter and key, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.runtime.storage.event_tables import EVENTS

Row = Mapping[Any, Any]


def append(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(EVENTS).values(**values))


def listed(
    connection: Connection, *, kinds: tuple[str, ...] = (), person: str = "", app: str = "",
    since: dt.datetime | None = None, until: dt.datetime | None = None, before: int | None = None, limit: int = 50,
) -> list[Row]:
    """The newest events first; `person` did it or it is about them; `before` an id, for the next page."""
    query = select(EVENTS)
    if kinds:
        query = query.where(EVENTS.c.kind.in_(kinds))
    if person:
        query = query.where((EVENTS.c.subject == person) | (EVENTS.c.actor_name == person))
    if app:
        query = query.where(EVENTS.c.app == app)
    if since is not None:
        query = query.where(EVENTS.c.at >= since)
    if until is not None:
        query = query.where(EVENTS.c.at < until)
    if before is not None:
        query = query.where(EVENTS.c.id < before)
    return list(connection.execute(query.order_by(EVENTS.c.id.desc()).limit(limit)).mappings())
