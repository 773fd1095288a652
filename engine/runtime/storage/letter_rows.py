"""SQL over letters. Knows no rights and no mail server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from engine.runtime.storage.letter_tables import LETTERS
from engine.runtime.storage.live import Tx

Row = Mapping[str, Any]
LONGEST_ERROR = 1000


def add(tx: Tx, values: Row) -> int:
    """A new letter; its number."""
    row = {"app": tx.app.name, "at": tx.now, "state": "waiting", **values}
    return int(tx.connection.execute(insert(LETTERS).values(**row).returning(LETTERS.c.id)).scalar_one())


def one(connection: Connection, id: int) -> Row | None:
    found = connection.execute(select(LETTERS).where(LETTERS.c.id == id)).mappings().one_or_none()
    return None if found is None else dict(found)


def of_record(tx: Tx, object: str, record: int, limit: int = 100) -> list[Row]:
    """The letters on a record's timeline, newest first."""
    mine = LETTERS.c.app == tx.app.name, LETTERS.c.object == tx.live.numbers[object], LETTERS.c.record == record
    query = select(LETTERS).where(*mine, LETTERS.c.address != "").order_by(LETTERS.c.id.desc()).limit(limit)
    return [dict(row) for row in tx.connection.execute(query).mappings()]


def written(tx: Tx, sender: int | None, since: dt.datetime) -> int:
    """How many letters somebody (None: the app) has written since then."""
    mine = LETTERS.c.sender.is_(None) if sender is None else LETTERS.c.sender == sender
    query = select(func.count()).select_from(LETTERS).where(mine, LETTERS.c.at >= since, LETTERS.c.app == tx.app.name)
    return int(tx.connection.execute(query).scalar_one())


def bounced(connection: Connection, address: str, since: dt.datetime) -> Row | None:
    """The last letter to an address, if it came back since then; None where a later one has gone out."""
    ended = LETTERS.c.address == address, LETTERS.c.state.in_(("sent", "bounced"))
    query = select(LETTERS).where(*ended).order_by(LETTERS.c.ended_at.desc(), LETTERS.c.id.desc()).limit(1)
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None or found["state"] == "sent" or found["ended_at"] < since else dict(found)


def note(connection: Connection, id: int, state: str, now: dt.datetime, error: str = "") -> None:
    """What became of a letter. One that has gone out or come back stays so."""
    mine = LETTERS.c.id == id, LETTERS.c.state.in_(("waiting", "failed") if state == "waiting" else ("waiting",))
    ended = None if state == "waiting" else now
    values = {"state": state, "error": error[:LONGEST_ERROR], "ended_at": ended}
    connection.execute(update(LETTERS).where(*mine).values(**values))


def again(connection: Connection, id: int) -> int | None:
    """Let a letter that failed wait anew; how often that was asked for, None where it has not failed."""
    mine = LETTERS.c.id == id, LETTERS.c.state.in_(("failed", "bounced"))
    values = {"state": "waiting", "error": "", "ended_at": None, "tries": LETTERS.c.tries + 1}
    query = update(LETTERS).where(*mine).values(**values).returning(LETTERS.c.tries)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def erase(tx: Tx, object: str, record: int) -> None:
    """Take words, addresses and files out of all letters of a record."""
    mine = LETTERS.c.app == tx.app.name, LETTERS.c.object == tx.live.numbers[object], LETTERS.c.record == record
    blank = {"address": "", "subject": "", "text": "", "files__file": None, "error": ""}
    tx.connection.execute(update(LETTERS).where(*mine).values(**blank))
