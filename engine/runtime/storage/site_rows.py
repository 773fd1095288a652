"""SQL over the running of a site: workers that are alive, facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.runtime.storage.site_tables import FACTS, WORKERS


def see_worker(connection: Connection, name: str, queue: str, threads: int, now: dt.datetime) -> None:
    """Note that a worker is alive."""
    mine = WORKERS.c.name == name
    if connection.execute(update(WORKERS).where(mine).values(seen_at=now)).rowcount == 0:
        row = {"name": name, "queue": queue, "threads": threads, "started_at": now, "seen_at": now}
        connection.execute(insert(WORKERS).values(row))


def forget_worker(connection: Connection, name: str) -> None:
    """A worker has ended well."""
    connection.execute(delete(WORKERS).where(WORKERS.c.name == name))


def forget_dead_workers(connection: Connection, before: dt.datetime) -> None:
    """Workers that were killed long ago are no news."""
    connection.execute(delete(WORKERS).where(WORKERS.c.seen_at < before))


def workers(connection: Connection) -> list[Mapping[str, Any]]:
    """Workers that have not said that they end, the one seen last first."""
    return [dict(row) for row in connection.execute(select(WORKERS).order_by(WORKERS.c.seen_at.desc())).mappings()]


def put_fact(connection: Connection, name: str, value: Mapping[str, Any], now: dt.datetime) -> None:
    """Keep the newest value of a fact."""
    connection.execute(delete(FACTS).where(FACTS.c.name == name))
    connection.execute(insert(FACTS).values(name=name, value=dict(value), at=now))


def forget_fact(connection: Connection, name: str) -> None:
    """It holds no more."""
    connection.execute(delete(FACTS).where(FACTS.c.name == name))


def fact(connection: Connection, name: str) -> tuple[dt.datetime, Mapping[str, Any]] | None:
    """When a fact was noted and what it is."""
    row = connection.execute(select(FACTS.c.at, FACTS.c.value).where(FACTS.c.name == name)).one_or_none()
    return None if row is None else (row[0], row[1])
