"""SQL over forms that somebody has begun to fill in. Knows no form and no rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.draft_tables import DRAFTS
from engine.runtime.storage.live import Tx

Row = Mapping[str, Any]


def _mine(tx: Tx, object: str, record: int) -> ColumnElement[bool]:
    number = tx.live.numbers[object]
    return and_(DRAFTS.c.user == tx.actor.id, DRAFTS.c.object == number, DRAFTS.c.record == record)


def put(tx: Tx, object: str, record: int, version: int, form: str) -> None:
    """Keep the actor's newest draft of a form."""
    build = postgres_insert if tx.postgres else sqlite_insert
    values = {"version": version, "form__file": form, "at": tx.now}
    key = {"user": tx.actor.id, "object": tx.live.numbers[object], "record": record}
    query = build(DRAFTS).values(**key, app=tx.app.name, **values)
    tx.connection.execute(query.on_conflict_do_update(index_elements=list(key), set_=values))


def one(tx: Tx, object: str, record: int) -> Row | None:
    """The actor's draft of a form."""
    found = tx.connection.execute(select(DRAFTS).where(_mine(tx, object, record))).mappings().one_or_none()
    return None if found is None else dict(found)


def drop(tx: Tx, object: str, record: int) -> None:
    """Forget the actor's draft of a form."""
    tx.connection.execute(delete(DRAFTS).where(_mine(tx, object, record)))


def remove(tx: Tx, object: str, record: int) -> None:
    """Forget everybody's drafts of the form of a record."""
    number = tx.live.numbers[object]
    tx.connection.execute(delete(DRAFTS).where(DRAFTS.c.object == number, DRAFTS.c.record == record))


def of_actor(tx: Tx, limit: int) -> list[tuple[str, int, dt.datetime]]:
    """Object, record (0: a new one) and moment of the actor's drafts, newest first."""
    query = (
        select(DRAFTS.c.object, DRAFTS.c.record, DRAFTS.c.at)
        .where(DRAFTS.c.user == tx.actor.id, DRAFTS.c.app == tx.app.name)
        .order_by(DRAFTS.c.at.desc(), DRAFTS.c.object, DRAFTS.c.record)
        .limit(limit)
    )
    names = tx.live.names
    return [(names[row[0]], row[1], row[2]) for row in tx.connection.execute(query) if row[0] in names]


def count_of(connection: Connection, user: int) -> int:
    """How many forms a person has begun to fill in, in all apps."""
    query = select(func.count()).select_from(DRAFTS).where(DRAFTS.c.user == user)
    return int(connection.execute(query).scalar_one())


def pass_on(connection: Connection, user: int, to: int) -> int:
    """Give the drafts of a person to another one; forms that both have begun stay as the other has them. How many."""
    theirs = DRAFTS.alias()
    same = (theirs.c.user == to) & (theirs.c.object == DRAFTS.c.object) & (theirs.c.record == DRAFTS.c.record)
    query = update(DRAFTS).where(DRAFTS.c.user == user, ~exists().where(same)).values(user=to)
    return int(connection.execute(query).rowcount)


def forget(tx: Tx, before: dt.datetime) -> int:
    """Remove the drafts of the app from before a moment; how many."""
    query = delete(DRAFTS).where(DRAFTS.c.app == tx.app.name, DRAFTS.c.at < before)
    return int(tx.connection.execute(query).rowcount)
