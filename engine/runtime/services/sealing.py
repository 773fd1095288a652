"""Seals over the audit trail and the site's events: rows that were written are put under a seal, seals make a chain, so
that a row which somebody changed, added or took out is found.

Commands wait for no chain: a worker seals what has been committed, every quarter of a minute. What an erasure (personal
data, what leaves the bin for good) took out of a row is told by an event with the digests before and after, sealed
itself. Old rows may be removed with their seal kept as an anchor. Whoever rewrites rows and the whole chain is found by
the newest link of the chain that was noted elsewhere: each is logged, and `formwork verify` tells it."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.runtime.services import events
from engine.runtime.services.registers.verification import Difference
from engine.runtime.storage import seal_rows
from engine.runtime.storage.database import Database
from engine.runtime.storage.seal_rows import TRAILS, Row

LOG = logging.getLogger(__name__)
BATCH = 2000                                   # rows under one seal
LATE = dt.timedelta(hours=1)                   # how long rows may lie without one before `doctor` warns


@dataclass(frozen=True, slots=True)
class Damage:
    """A seal that does not hold: of which trail, its number, what is wrong."""

    trail: str
    seal: int
    text: str


def keep(database: Database, now: dt.datetime, days: int = 0, *, seconds: float = math.inf) -> int:
    """Seal what has been written, remove what is older than `days` (0 = nothing); how many rows were sealed. What does
    not fit into so many `seconds` is left to the next time: a site with years of history has millions of rows when it
    gets its first seal."""
    ends = time.monotonic() + seconds
    with database.read() as connection:
        open_ = [trail for trail in TRAILS if seal_rows.oldest_unsealed(connection, trail) is not None]
        old = seal_rows.past(connection, now - dt.timedelta(days=days)) if days else []
    sealed = sum(_seal(database, trail, now, ends) for trail in open_)
    for seal in old:
        if time.monotonic() >= ends:
            break
        with database.write() as connection:
            _empty(connection, seal, now)
    return sealed


def _seal(database: Database, trail: str, now: dt.datetime, ends: float) -> int:
    total = 0
    while True:
        with database.write() as connection:
            seal_rows.hold(connection)
            rows = seal_rows.unsealed(connection, trail, BATCH)
            if rows:
                _add(connection, trail, rows, now)
        total += len(rows)
        if len(rows) < BATCH or time.monotonic() >= ends:
            return total


def _add(connection: Connection, trail: str, rows: Sequence[Row], now: dt.datetime) -> None:
    before = seal_rows.last(connection, trail)
    values: dict[str, Any] = {
        "trail": trail, "at": now, "rows": len(rows), "first": rows[0]["id"], "last": rows[-1]["id"],
        "digest": _over(seal_rows.digest(row) for row in rows),
    }
    values["chain"] = _link("" if before is None else before["chain"], values)
    number = seal_rows.add(connection, values)
    seal_rows.mark(connection, trail, [row["id"] for row in rows], number)
    LOG.info("seal %d of %s: %d rows up to %d, chain %s", number, trail, len(rows), values["last"], values["chain"])


def _over(digests: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _link(before: str, seal: Mapping[str, Any]) -> str:
    """The next link of the chain."""
    at = seal["at"].astimezone(dt.UTC).isoformat()
    told = "|".join(map(str, (before, seal["trail"], at, seal["rows"], seal["first"], seal["last"], seal["digest"])))
    return hashlib.sha256(told.encode()).hexdigest()


def verify(connection: Connection) -> list[Damage]:
    """Compute every seal and the chain again; what does not hold."""
    erased = seal_rows.erasures(connection)
    return [damage for trail in TRAILS for damage in _broken(connection, trail, erased)]


def differences(connection: Connection) -> list[Difference]:
    """The same as differences of the site; they belong to no app."""
    return [Difference("", "trail", f"{one.trail}, seal {one.seal}", one.text) for one in verify(connection)]


def _broken(
    connection: Connection, trail: str, erased: Mapping[int, Sequence[tuple[str, str]]]
) -> Iterator[Damage]:
    before = ""
    for seal in seal_rows.seals(connection, trail):
        if _link(before, seal) != seal["chain"]:
            yield Damage(trail, seal["id"], "the chain is broken: a seal before it was changed, removed or put in")
        before = seal["chain"]
        rows = seal_rows.rows_of(connection, trail, seal)
        if seal["emptied_at"] is not None:
            if rows:
                yield Damage(trail, seal["id"], f"{len(rows)} rows stand under a seal that was emptied")
            continue
        if len(rows) != seal["rows"]:
            yield Damage(trail, seal["id"], f"{seal['rows']} rows were sealed, {len(rows)} are there")
        elif _over(_then(row, erased if trail == "audit" else {}) for row in rows) != seal["digest"]:
            yield Damage(trail, seal["id"], f"a row between {seal['first']} and {seal['last']} was changed")


def _then(row: Row, erased: Mapping[int, Sequence[tuple[str, str]]]) -> str:
    """The digest that a row had when it was sealed: its own or, where values were erased as the events tell, the one of
    before."""
    found = seal_rows.digest(row)
    for before, after in reversed(erased.get(row["id"], ())):
        found = before if after == found else found
    return found


def heads(connection: Connection) -> dict[str, str]:
    """The newest link of each trail's chain, to be kept elsewhere."""
    found = {trail: seal_rows.last(connection, trail) for trail in TRAILS}
    return {trail: seal["chain"] for trail, seal in found.items() if seal is not None}


def late(connection: Connection, now: dt.datetime) -> list[str]:
    """Trails of which rows have lain without a seal for long: no worker seals."""
    oldest = {trail: seal_rows.oldest_unsealed(connection, trail) for trail in TRAILS}
    return [trail for trail, at in oldest.items() if at is not None and now - at > LATE]


def _empty(connection: Connection, seal: Row, now: dt.datetime) -> None:
    """Remove rows of which nothing is to be kept any more; their seal stays."""
    gone = seal_rows.empty(connection, seal, now)
    if gone is not None:
        events.note(connection, now, "emptied", subject=seal["trail"], seal=seal["id"], rows=gone)
