"""SQL over absences: who is away from when until when, and who stands in. Knows no flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from engine.runtime.storage.flow_tables import ABSENCES

Row = Mapping[str, Any]


def away(connection: Connection, moment: dt.datetime, flow: tuple[str, str]) -> dict[int, int | None]:
    """Who is away at a moment, as far as a flow (app and name) is concerned, and who stands in. Ends are exclusive; the
    absence that was entered last wins."""
    query = select(ABSENCES).where(ABSENCES.c.since <= moment, ABSENCES.c.until > moment).order_by(ABSENCES.c.id)
    names = {flow[0], ".".join(flow)}
    rows = connection.execute(query).mappings()
    return {row["user"]: row["to"] for row in rows if not row["flows"] or names & set(row["flows"])}


def listing(connection: Connection, now: dt.datetime, user: int | None = None) -> list[Row]:
    """Absences that are not over (of one person: also those in which they stand in), by their beginning."""
    query = select(ABSENCES).where(ABSENCES.c.until > now)
    if user is not None:
        query = query.where(or_(ABSENCES.c.user == user, ABSENCES.c.to == user))
    return [dict(row) for row in connection.execute(query.order_by(ABSENCES.c.since, ABSENCES.c.id)).mappings()]


def one(connection: Connection, id: int) -> Row | None:
    row = connection.execute(select(ABSENCES).where(ABSENCES.c.id == id)).mappings().one_or_none()
    return None if row is None else dict(row)


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Enter an absence; its number."""
    return int(connection.execute(insert(ABSENCES).values(**values).returning(ABSENCES.c.id)).scalar_one())


def end(connection: Connection, id: int, now: dt.datetime) -> None:
    """End an absence now; one that has not begun is taken out."""
    connection.execute(delete(ABSENCES).where(ABSENCES.c.id == id, ABSENCES.c.since >= now))
    connection.execute(update(ABSENCES).where(ABSENCES.c.id == id, ABSENCES.c.until > now).values(until=now))


def pass_on(connection: Connection, user: int, to: int, now: dt.datetime) -> int:
    """Whoever had somebody stand in has another one from now on; absences of that one end. How many stood in."""
    later = ABSENCES.c.until > now
    mine = update(ABSENCES).where(ABSENCES.c.to == user, later)
    nobody = connection.execute(mine.where(ABSENCES.c.user == to).values(to=None)).rowcount
    found = connection.execute(mine.where(ABSENCES.c.user != to).values(to=to)).rowcount
    for row in connection.execute(select(ABSENCES.c.id).where(ABSENCES.c.user == user, later)).scalars().all():
        end(connection, row, now)
    return int(found + nobody)
