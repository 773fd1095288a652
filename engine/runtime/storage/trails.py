"""Pages of a trail: rows of the audit trail or of the site's events by app, span of time and number, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: of an `app`, from `since` on, before `until`; those before the number `before`, `limit` at most."""

    app: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: int | None = None
    limit: int = 50


ALL = Asked()


def newest(connection: Connection, trail: Table, asked: Asked, *conditions: ColumnElement[bool]) -> list[Row]:
    """The rows of a trail that fit and meet the conditions, newest first."""
    query = select(trail).where(*conditions)
    if asked.app:
        query = query.where(trail.c.app == asked.app)
    if asked.since is not None:
        query = query.where(trail.c.at >= asked.since)
    if asked.until is not None:
        query = query.where(trail.c.at < asked.until)
    if asked.before is not None:
        query = query.where(trail.c.id < asked.before)
    return list(connection.execute(query.order_by(trail.c.id.desc()).limit(asked.limit)).mappings())
