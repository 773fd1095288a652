"""SQL over seals: rows of a trail that are not yet sealed, the chain, what a seal holds. Decides nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.event_tables import EVENTS, SEALS
from engine.runtime.storage.system import AUDIT

Row = Mapping[Any, Any]
TRAILS: Mapping[str, Table] = {"audit": AUDIT, "events": EVENTS}
SEALING = 7700107                              # the advisory lock of whoever seals
CHUNK = 500                                    # ids in one statement


def digest(row: Row) -> str:
    """A row's own digest: of everything in it but the seal."""
    plain = {name: _plain(value) for name, value in row.items() if name != "seal"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value


def hold(connection: Connection) -> None:
    """One process seals at a time."""
    if is_postgres(connection):
        connection.execute(select(func.pg_advisory_xact_lock(SEALING)))


def unsealed(connection: Connection, trail: str, limit: int) -> list[Row]:
    table = TRAILS[trail]
    query = select(table).where(table.c.seal.is_(None)).order_by(table.c.id).limit(limit)
    return list(connection.execute(query).mappings())


def oldest_unsealed(connection: Connection, trail: str) -> dt.datetime | None:
    """When the first row without a seal was written."""
    table = TRAILS[trail]
    query = select(table.c.at).where(table.c.seal.is_(None)).order_by(table.c.id).limit(1)
    found: dt.datetime | None = connection.execute(query).scalar_one_or_none()
    return found


def last(connection: Connection, trail: str) -> Row | None:
    query = select(SEALS).where(SEALS.c.trail == trail).order_by(SEALS.c.id.desc()).limit(1)
    return connection.execute(query).mappings().one_or_none()


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    return int(connection.execute(insert(SEALS).values(**values).returning(SEALS.c.id)).scalar_one())


def mark(connection: Connection, trail: str, ids: Sequence[int], seal: int) -> None:
    table = TRAILS[trail]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        connection.execute(update(table).where(table.c.id.in_(chunk)).values(seal=seal))


def seals(connection: Connection, trail: str) -> list[Row]:
    """All seals of a trail, oldest first."""
    return list(connection.execute(select(SEALS).where(SEALS.c.trail == trail).order_by(SEALS.c.id)).mappings())


def rows_of(connection: Connection, trail: str, seal: Row) -> list[Row]:
    """The rows under a seal, by number."""
    table = TRAILS[trail]
    within = table.c.id.between(seal["first"], seal["last"]) & (table.c.seal == seal["id"])
    return list(connection.execute(select(table).where(within).order_by(table.c.id)).mappings())


def erasures(connection: Connection) -> dict[int, list[tuple[str, str]]]:
    """Rows of the audit trail of which values were erased: (digest before, digest after), in order."""
    found: dict[int, list[tuple[str, str]]] = {}
    query = select(EVENTS.c.details).where(EVENTS.c.kind == "erased").order_by(EVENTS.c.id)
    for details in connection.execute(query).scalars():
        for id, before, after in details.get("rows", ()):
            found.setdefault(id, []).append((before, after))
    return found


def past(connection: Connection, before: dt.datetime) -> list[Row]:
    """Seals whose rows are all older than a moment and still there."""
    query = select(SEALS).where(SEALS.c.at < before, SEALS.c.emptied_at.is_(None)).order_by(SEALS.c.id).limit(50)
    return list(connection.execute(query).mappings())


def empty(connection: Connection, seal: Row, at: dt.datetime) -> int | None:
    """Remove the rows under a seal; the seal stays. How many, None where another process has done so."""
    mine = (SEALS.c.id == seal["id"]) & SEALS.c.emptied_at.is_(None)
    if connection.execute(update(SEALS).where(mine).values(emptied_at=at)).rowcount == 0:
        return None
    table = TRAILS[seal["trail"]]
    within = table.c.id.between(seal["first"], seal["last"]) & (table.c.seal == seal["id"])
    return connection.execute(delete(table).where(within)).rowcount
