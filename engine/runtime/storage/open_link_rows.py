"""SQL over links for people without an account: kept as digests. Knows no rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from engine.runtime.storage.live import Tx
from engine.runtime.storage.open_link_tables import OPEN_LINKS
from engine.runtime.storage.system import USERS

Row = Mapping[Any, Any]
UNUSED = or_(OPEN_LINKS.c.once.is_(False), OPEN_LINKS.c.uses == 0)


def add(tx: Tx, object: str, record: int, values: Mapping[str, Any]) -> int:
    """Enter a link; its number."""
    row = {"app": tx.app.name, "object": tx.live.numbers[object], "record": record, "at": tx.now, **values}
    return int(tx.connection.execute(insert(OPEN_LINKS).values(**row).returning(OPEN_LINKS.c.id)).scalar_one())


def sign(connection: Connection, id: int, digest: str, now: dt.datetime) -> bool:
    """Give a link its token, in place of an earlier one; False where it works no more."""
    good = OPEN_LINKS.c.id == id, OPEN_LINKS.c.revoked_at.is_(None), OPEN_LINKS.c.expires_at > now, UNUSED
    return connection.execute(update(OPEN_LINKS).where(*good).values(token=digest)).rowcount == 1


def one(connection: Connection, app: str, digest: str, now: dt.datetime) -> Row | None:
    """The link of a token, unless it is over or was taken back; one that was used up is told as such."""
    mine = OPEN_LINKS.c.token == digest, OPEN_LINKS.c.app == app
    query = select(OPEN_LINKS).where(*mine, OPEN_LINKS.c.revoked_at.is_(None), OPEN_LINKS.c.expires_at > now)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def use(connection: Connection, id: int, now: dt.datetime) -> bool:
    """Count a use; False where it was used up, is over or was taken back meanwhile."""
    good = OPEN_LINKS.c.id == id, OPEN_LINKS.c.revoked_at.is_(None), OPEN_LINKS.c.expires_at > now, UNUSED
    counted = {"uses": OPEN_LINKS.c.uses + 1, "used_at": now}
    return connection.execute(update(OPEN_LINKS).where(*good).values(**counted)).rowcount == 1


def of_record(tx: Tx, object: str, record: int) -> list[Row]:
    """The links that concern a record and are not over, newest first, with the name of who made each."""
    name = func.coalesce(func.nullif(USERS.c.name, ""), USERS.c.login).label("by_name")
    query = (
        select(OPEN_LINKS, name).outerjoin(USERS, USERS.c.id == OPEN_LINKS.c.by)
        .where(OPEN_LINKS.c.object == tx.live.numbers[object], OPEN_LINKS.c.record == record,
               OPEN_LINKS.c.expires_at > tx.now, OPEN_LINKS.c.revoked_at.is_(None))
        .order_by(OPEN_LINKS.c.id.desc())
    )
    return [dict(row) for row in tx.connection.execute(query).mappings()]


def revoke(tx: Tx, id: int) -> bool:
    """Take a link back; whether it was there."""
    query = update(OPEN_LINKS).where(OPEN_LINKS.c.id == id, OPEN_LINKS.c.revoked_at.is_(None))
    return tx.connection.execute(query.values(revoked_at=tx.now, token=None)).rowcount == 1


def remove(tx: Tx, object: str, record: int) -> None:
    """No link leads to a record that is no more."""
    number = tx.live.numbers[object]
    tx.connection.execute(delete(OPEN_LINKS).where(OPEN_LINKS.c.object == number, OPEN_LINKS.c.record == record))


def forget(connection: Connection, before: dt.datetime) -> None:
    """Remove links that ended before a moment."""
    connection.execute(delete(OPEN_LINKS).where(OPEN_LINKS.c.expires_at < before))
