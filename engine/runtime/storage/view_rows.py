"""SQL over saved views and arrangements of lists. Knows no right and no meaning of what they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.runtime.storage.view_tables import ARRANGEMENTS, SAVED_VIEWS


def of_object(connection: Connection, app: str, object: str) -> Sequence[Mapping[str, Any]]:
    """All saved views of an object, oldest first."""
    query = select(SAVED_VIEWS).where(SAVED_VIEWS.c.app == app, SAVED_VIEWS.c.object == object)
    return [dict(row) for row in connection.execute(query.order_by(SAVED_VIEWS.c.id)).mappings()]


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Enter a saved view; its id."""
    return int(connection.execute(insert(SAVED_VIEWS).values(**values).returning(SAVED_VIEWS.c.id)).scalar_one())


def change(connection: Connection, id: int, now: dt.datetime, values: Mapping[str, Any]) -> None:
    connection.execute(update(SAVED_VIEWS).where(SAVED_VIEWS.c.id == id).values(changed_at=now, **values))


def remove(connection: Connection, app: str, object: str, id: int, key: str) -> None:
    """Take a saved view away, with what anybody arranged in it."""
    here = (ARRANGEMENTS.c.app == app, ARRANGEMENTS.c.object == object)
    connection.execute(delete(ARRANGEMENTS).where(*here, ARRANGEMENTS.c.view == key))
    connection.execute(delete(SAVED_VIEWS).where(SAVED_VIEWS.c.id == id))


def arrangements(connection: Connection, user: int, app: str, object: str) -> dict[str, Mapping[str, Any]]:
    """What a person has arranged of an object's lists, by view."""
    found = ARRANGEMENTS.c
    query = select(found.view, found.settings).where(found.user == user, found.app == app, found.object == object)
    return {row.view: row.settings for row in connection.execute(query)}


def arrange(
    connection: Connection, user: int, app: str, object: str, view: str, settings: Mapping[str, Any]
) -> None:
    """Keep what a person has arranged; nothing left to keep takes the row away."""
    here = {"user": user, "app": app, "object": object, "view": view}
    connection.execute(delete(ARRANGEMENTS).where(*(ARRANGEMENTS.c[name] == value for name, value in here.items())))
    if settings:
        connection.execute(insert(ARRANGEMENTS).values(**here, settings=dict(settings)))
