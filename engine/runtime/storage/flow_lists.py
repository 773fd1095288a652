"""SQL over all approvals of an app, for whoever looks after them: filtered lists and how long steps take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from engine.runtime.storage import incident_rows
from engine.runtime.storage.flow_rows import Row, with_asked
from engine.runtime.storage.flow_states import HUMAN, LIVE
from engine.runtime.storage.flow_tables import INSTANCES, TASKS, VISITS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import USERS

MOST_TIMED = 20_000                            # visits of a flow that are looked at for its durations, the newest
MOST_STANDING = 1000                           # approvals that are looked after at once
WAITS = ("wait", "subflow")
STANDING = ("stuck", "left", "failed")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which approvals: `status` one, live or all; `person` who submitted it or is asked; `before` when it began at the
    latest; `trouble` one of late · stuck · left · failed · any, `failed`: a job was given up."""

    status: str = "live"
    flow: str = ""
    person: int | None = None
    text: str = ""
    before: dt.datetime | None = None
    trouble: str = ""


def page(tx: Tx, sought: Sought, *, before: int | None, limit: int) -> list[Row]:
    """Approvals, newest first, each with the people who are `asked` now, since when, and until when (`due`)."""
    query = _chosen(tx, sought)
    if before is not None:
        query = query.where(INSTANCES.c.id < before)
    rows = tx.connection.execute(query.order_by(INSTANCES.c.id.desc()).limit(limit)).mappings()
    return with_asked(tx, [dict(row) for row in rows])


def count(tx: Tx, sought: Sought, most: int) -> int:
    """How many there are, counted up to `most`."""
    found = _chosen(tx, sought).with_only_columns(INSTANCES.c.id).limit(most).subquery()
    return int(tx.connection.execute(select(func.count()).select_from(found)).scalar_one())


def _chosen(tx: Tx, sought: Sought) -> Select[Any]:
    pending = (TASKS.c.instance == INSTANCES.c.id) & (TASKS.c.status == "pending")
    opened = select(func.max(VISITS.c.opened_at)).where(VISITS.c.instance == INSTANCES.c.id, VISITS.c.status == "open")
    due = select(func.min(TASKS.c.due_at)).where(pending)
    query = select(
        INSTANCES, opened.scalar_subquery().label("since"), due.scalar_subquery().label("due")
    ).where(INSTANCES.c.app == tx.app.name)
    if sought.status != "all":
        query = query.where(INSTANCES.c.status.in_(LIVE if sought.status == "live" else (sought.status,)))
    if sought.flow:
        query = query.where(INSTANCES.c.flow == sought.flow)
    if sought.person is not None:
        asked = exists().where(pending, TASKS.c.assignee == sought.person)
        query = query.where((INSTANCES.c.initiator == sought.person) | asked)
    if sought.text:
        query = query.where(INSTANCES.c.title.icontains(sought.text, autoescape=True))
    if sought.before is not None:
        query = query.where(INSTANCES.c.started_at <= sought.before)
    if not sought.trouble:
        return query
    kinds = _kinds(tx)
    return query.where(or_(*kinds.values()) if sought.trouble == "any" else kinds[sought.trouble])


def troubles(tx: Tx, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """What does not go on as it should, of these approvals: their kinds of trouble, where they have any."""
    found: dict[int, tuple[str, ...]] = {}
    for name, condition in _kinds(tx).items():
        for id in tx.connection.scalars(select(INSTANCES.c.id).where(INSTANCES.c.id.in_(ids), condition)):
            found[id] = (*found.get(id, ()), name)
    return found


def under_way(tx: Tx, most: int) -> list[tuple[str, int, list[str], int]]:
    """By flow and version, the approvals of the app that are not over: some of their titles, and how many."""
    live = (INSTANCES.c.app == tx.app.name) & INSTANCES.c.status.in_(LIVE)
    query = select(INSTANCES.c.flow, INSTANCES.c.version, func.count()).where(live)
    found = []
    for flow, version, count in tx.connection.execute(query.group_by(INSTANCES.c.flow, INSTANCES.c.version)).all():
        one = select(INSTANCES.c.title).where(live, INSTANCES.c.flow == flow, INSTANCES.c.version == version)
        titles = [title or "…" for title in tx.connection.scalars(one.order_by(INSTANCES.c.id).limit(most))]
        found.append((flow, int(version), titles, int(count)))
    return sorted(found)


def standing(tx: Tx) -> list[int]:
    """The approvals that do not go on by themselves, nor by anybody who is asked."""
    kinds = _kinds(tx)
    query = select(INSTANCES.c.id).where(INSTANCES.c.app == tx.app.name, or_(*(kinds[one] for one in STANDING)))
    return list(tx.connection.scalars(query.order_by(INSTANCES.c.id).limit(MOST_STANDING)))


def _kinds(tx: Tx) -> dict[str, ColumnElement[bool]]:
    """What does not go on as it should, by its kind."""
    pending = (TASKS.c.instance == INSTANCES.c.id) & (TASKS.c.status == "pending")
    asked = exists().where(pending)
    there = exists().where(pending, TASKS.c.assignee == USERS.c.id, USERS.c.active.is_(True))
    open_visit = (VISITS.c.instance == INSTANCES.c.id) & (VISITS.c.status == "open")
    waits = exists().where(open_visit, VISITS.c.kind.in_(WAITS))
    live = INSTANCES.c.status.in_(LIVE)
    return {
        "late": live & exists().where(pending, TASKS.c.due_at < tx.now),
        "stuck": live & ~asked & ~waits,
        "left": live & asked & ~there & ~waits,
        "failed": live & or_(*(INSTANCES.c.id.in_(some) for some in incident_rows.instances(tx))),
    }


def timed(tx: Tx, flow: str, since: dt.datetime) -> list[tuple[str, dt.datetime, dt.datetime | None]]:
    """(step, from, to) of every arrival at a step of a flow at which people are asked; `to` None: it is open."""
    query = select(VISITS.c.step, VISITS.c.opened_at, VISITS.c.closed_at, VISITS.c.status)
    query = query.join(INSTANCES, INSTANCES.c.id == VISITS.c.instance)
    query = query.where(INSTANCES.c.app == tx.app.name, INSTANCES.c.flow == flow, VISITS.c.kind.in_(HUMAN))
    query = query.where(VISITS.c.opened_at >= since, VISITS.c.status.in_(("open", "closed")))
    rows = tx.connection.execute(query.order_by(VISITS.c.id.desc()).limit(MOST_TIMED))
    return [(step, start, None if status == "open" else end) for step, start, end, status in rows]


def lasted(tx: Tx, flow: str, since: dt.datetime) -> list[tuple[dt.datetime, dt.datetime | None]]:
    """When the approvals of a flow began and ended: those that ended since then, and those that run (None)."""
    counts = (INSTANCES.c.ended_at >= since) | INSTANCES.c.status.in_(LIVE)
    query = select(INSTANCES.c.started_at, INSTANCES.c.ended_at)
    query = query.where(INSTANCES.c.app == tx.app.name, INSTANCES.c.flow == flow, counts)
    rows = tx.connection.execute(query.order_by(INSTANCES.c.id.desc()).limit(MOST_TIMED))
    return [(start, end) for start, end in rows]


def newest(tx: Tx, flow: str, limit: int) -> list[Row]:
    """The newest approvals of a flow, one per record, whatever became of them."""
    newer = INSTANCES.alias()
    again = (newer.c.object == INSTANCES.c.object) & (newer.c.record == INSTANCES.c.record)
    later = select(newer.c.id).where(again, newer.c.flow == INSTANCES.c.flow, newer.c.id > INSTANCES.c.id)
    query = select(INSTANCES).where(INSTANCES.c.app == tx.app.name, INSTANCES.c.flow == flow, ~later.exists())
    rows = tx.connection.execute(query.order_by(INSTANCES.c.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]
