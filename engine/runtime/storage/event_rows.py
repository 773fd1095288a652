"""SQL over the site's events: appended, read by filter and key, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert

from engine.runtime.storage.event_tables import EVENTS
from engine.runtime.storage.trails import ALL, Asked, Row, newest


def append(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(EVENTS).values(**values))


def listed(connection: Connection, asked: Asked = ALL, *, kinds: tuple[str, ...] = (), person: str = "") -> list[Row]:
    """The newest events first; `person` did it or it is about them."""
    conditions: list[ColumnElement[bool]] = []
    if kinds:
        conditions.append(EVENTS.c.kind.in_(kinds))
    if person:
        conditions.append((EVENTS.c.subject == person) | (EVENTS.c.actor_name == person))
    return newest(connection, EVENTS, asked, *conditions)
