"""SQL over closed periods, and the gate that postings share and a closing has alone. Knows no registers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import insert, select, text

from engine.runtime.storage.live import Tx
from engine.runtime.storage.period_tables import PERIODS

SPACE = 7700                                   # of advisory locks; the other half names the app and period


@dataclass(frozen=True, slots=True)
class Turn:
    """One closing or reopening: closed up to `until` from then on, None = open throughout."""

    period: str
    until: dt.date | None
    at: dt.datetime
    actor: int | None
    name: str
    reason: str


def share(tx: Tx, period: str) -> None:
    """Hold the gate of a period together with other postings, until this transaction ends."""
    _gate(tx, period, "_shared")


def seize(tx: Tx, period: str) -> None:
    """Wait until no posting runs and let none begin, until this transaction ends."""
    _gate(tx, period, "")


def _gate(tx: Tx, period: str, mode: str) -> None:
    if tx.postgres and tx.write:               # on SQLite writers take turns anyway
        key = crc32(f"{tx.app.name}/{period}".encode()) - 2**31
        tx.connection.execute(text(f"SELECT pg_advisory_xact_lock{mode}(:space, :key)"), {"space": SPACE, "key": key})


def closed(tx: Tx) -> Mapping[str, dt.date]:
    """Period → the last day that is closed, of those that are."""
    found: dict[str, dt.date | None] = {}
    query = select(PERIODS.c.period, PERIODS.c.until).where(PERIODS.c.app == tx.app.name).order_by(PERIODS.c.id)
    for period, until in tx.connection.execute(query):
        found[period] = until
    return {period: until for period, until in found.items() if until is not None}


def history(tx: Tx, limit: int = 200) -> list[Turn]:
    """Closings and reopenings, newest first."""
    query = select(PERIODS).where(PERIODS.c.app == tx.app.name).order_by(PERIODS.c.id.desc()).limit(limit)
    return [_turn(row) for row in tx.connection.execute(query).mappings()]


def _turn(row: Mapping[Any, Any]) -> Turn:
    return Turn(row["period"], row["until"], row["at"], row["actor"], row["actor_name"], row["reason"])


def add(tx: Tx, period: str, until: dt.date | None, reason: str) -> None:
    """Write down a closing or reopening."""
    actor = tx.actor
    tx.connection.execute(insert(PERIODS).values(
        app=tx.app.name, period=period, until=until, at=tx.now, actor=actor.id or None, actor_name=actor.name,
        reason=reason,
    ))
