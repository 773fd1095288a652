"""Changes of records that wait for a flow, and what came of them. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from engine.runtime.storage.flow_tables import AMENDMENTS
from engine.runtime.storage.live import Tx

WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change that was asked for: `given` as REST takes it; `changes` from path to the values before and after."""

    id: int
    flow: str
    author: int | None
    at: dt.datetime
    given: Mapping[str, Any]
    changes: Mapping[str, tuple[Any, Any]]
    status: str
    ended_at: dt.datetime | None = None


def keep(tx: Tx, object: str, record: int, flow: str, given: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Keep what is asked for until its flow has ended."""
    author = tx.actor.id if tx.actor.kind == "user" else None
    tx.connection.execute(insert(AMENDMENTS).values(
        app=tx.app.name, object=tx.live.numbers[object], record=record, flow=flow, author=author, at=tx.now,
        given=dict(given), changes={path: list(pair) for path, pair in changes.items()}, status=WAITING,
    ))


def waiting(tx: Tx, object: str, record: int) -> Amendment | None:
    """The change of a record that waits now."""
    found = _found(tx, object, record, AMENDMENTS.c.status == WAITING)
    return found[0] if found else None


def under_way(tx: Tx, object: str, record: int, flow: str) -> Amendment | None:
    """The change that waits for this flow, or for which it has just ended in this command."""
    ended = (AMENDMENTS.c.status == "approved") & (AMENDMENTS.c.ended_at == tx.now)
    found = _found(tx, object, record, AMENDMENTS.c.flow == flow, (AMENDMENTS.c.status == WAITING) | ended)
    return found[0] if found else None


def of_record(tx: Tx, object: str, record: int) -> list[Amendment]:
    """All changes that were ever asked for, newest first."""
    return _found(tx, object, record)


def close(tx: Tx, object: str, record: int, flow: str, outcome: str) -> bool:
    """The flow has ended; whether a change of the record was waiting for it."""
    mine = AMENDMENTS.c.object == tx.live.numbers[object], AMENDMENTS.c.record == record, AMENDMENTS.c.flow == flow
    statement = update(AMENDMENTS).where(*mine, AMENDMENTS.c.status == WAITING)
    return bool(tx.connection.execute(statement.values(status=outcome, ended_at=tx.now)).rowcount)


def erase(tx: Tx, object: str, record: int) -> None:
    """Forget what was asked for: nothing of it is left to be approved either."""
    mine = AMENDMENTS.c.object == tx.live.numbers[object], AMENDMENTS.c.record == record
    tx.connection.execute(update(AMENDMENTS).where(*mine).values(given={}, changes={}))


def _found(tx: Tx, object: str, record: int, *conditions: Any) -> list[Amendment]:
    mine = AMENDMENTS.c.object == tx.live.numbers[object], AMENDMENTS.c.record == record
    query = select(AMENDMENTS).where(*mine, *conditions).order_by(AMENDMENTS.c.id.desc())
    return [
        Amendment(
            row["id"], row["flow"], row["author"], row["at"], row["given"],
            {path: (pair[0], pair[1]) for path, pair in row["changes"].items()}, row["status"], row["ended_at"],
        )
        for row in tx.connection.execute(query).mappings()
    ]
