"""SQL over the records that people have shared. Knows no rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage import department_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.share_tables import SHARES
from engine.runtime.storage.system import USERS

Row = Mapping[Any, Any]
SAME = ("object", "record", "kind", "grantee", "by")


def _called(user: FromClause) -> Any:
    return func.coalesce(func.nullif(user.c.name, ""), user.c.login)


def _lasting(now: Any) -> Any:
    return or_(SHARES.c.until.is_(None), SHARES.c.until > now)


def _received() -> Select[Any]:
    """Built once: every request asks it."""
    user: BindParameter[int] = bindparam("person", type_=USERS.c.id.type)
    mine = or_(
        and_(SHARES.c.kind == "user", SHARES.c.grantee == bindparam("as_text")),
        and_(SHARES.c.kind == "role", SHARES.c.grantee.in_(bindparam("roles", expanding=True))),
        and_(SHARES.c.kind == "department", SHARES.c.grantee.in_(department_rows.above(user))),
    )
    return (
        select(SHARES, USERS.c.login, _called(USERS).label("by_name"))
        .join(USERS, USERS.c.id == SHARES.c.by)
        .where(SHARES.c.app == bindparam("of_app"), USERS.c.active.is_(True), SHARES.c.by != user,
               _lasting(bindparam("now", type_=SHARES.c.until.type)), mine)
        .order_by(SHARES.c.id)
    )


RECEIVED = _received()


def received(connection: Connection, app: str, user: int, roles: Iterable[str], now: dt.datetime) -> list[Row]:
    """What active people have shared with a person, with one of these roles, with the person's department or one above
    it, as far as it has not ended; with the name of who did."""
    asked = {"of_app": app, "person": user, "as_text": str(user), "roles": sorted(roles), "now": now}
    return list(connection.execute(RECEIVED, asked).mappings())


def of_record(tx: Tx, object: str, record: int) -> list[Row]:
    """The shares of a record that have not ended, oldest first, each with the name of who shared it and of the person
    who has it."""
    by, whom = USERS.alias("by_user"), USERS.alias("whom")
    named = and_(SHARES.c.kind == "user", cast(whom.c.id, SHARES.c.grantee.type) == SHARES.c.grantee)
    query = (
        select(
            SHARES, by.c.active, _called(by).label("by_name"), whom.c.login.label("login"),
            func.coalesce(_called(whom), SHARES.c.grantee).label("name"),
        )
        .join(by, by.c.id == SHARES.c.by)
        .outerjoin(whom, named)
        .where(SHARES.c.object == tx.live.numbers[object], SHARES.c.record == record, _lasting(tx.now))
        .order_by(SHARES.c.id)
    )
    return list(tx.connection.execute(query).mappings())


def put(tx: Tx, object: str, record: int, kind: str, grantee: str, edit: bool, until: dt.datetime | None) -> int:
    """Share a record; what the same person shared with the same one before is changed. The number of the share."""
    given = {"edit": edit, "until": until, "at": tx.now}
    row = {
        "app": tx.app.name, "object": tx.live.numbers[object], "record": record, "kind": kind, "grantee": grantee,
        "by": tx.actor.id, **given,
    }
    build = postgres_insert if tx.postgres else sqlite_insert
    query = build(SHARES).values(row).on_conflict_do_update(index_elements=SAME, set_=given).returning(SHARES.c.id)
    return int(tx.connection.execute(query).scalar_one())


def number_for(tx: Tx, object: str, kind: str, grantee: str, *, but: int) -> int:
    """How many records of an object somebody has by shares, besides one."""
    query = select(func.count(SHARES.c.record.distinct())).where(
        SHARES.c.app == tx.app.name, SHARES.c.object == tx.live.numbers[object], SHARES.c.kind == kind,
        SHARES.c.grantee == grantee, SHARES.c.record != but, _lasting(tx.now),
    )
    return int(tx.connection.execute(query).scalar_one())


def end(tx: Tx, id: int) -> bool:
    """Take a share back; whether it was there."""
    return tx.connection.execute(delete(SHARES).where(SHARES.c.id == id)).rowcount == 1


def remove(tx: Tx, object: str, record: int) -> None:
    """Nobody shares a record that is no more."""
    number = tx.live.numbers[object]
    tx.connection.execute(delete(SHARES).where(SHARES.c.object == number, SHARES.c.record == record))


def end_of(connection: Connection, user: int) -> int:
    """Take back what a person has shared, and what was shared with that person; how many."""
    theirs = or_(SHARES.c.by == user, and_(SHARES.c.kind == "user", SHARES.c.grantee == str(user)))
    return connection.execute(delete(SHARES).where(theirs)).rowcount


def forget(connection: Connection, before: dt.datetime) -> None:
    """Remove what ended before a moment."""
    connection.execute(delete(SHARES).where(SHARES.c.until <= before))
