"""SQL over tasks as people see them: boxes and their counters. Decides nothing and knows no definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)

from engine.runtime.storage.discussion_tables import FOLLOWERS
from engine.runtime.storage.flow_tables import INSTANCES, READERS, TASKS, VISITS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import USERS

Row = Mapping[str, Any]
OPEN = ("running", "returned")
MOST_COUNTED = 1000                            # what counters go up to
COMMON = (
    INSTANCES.c.id.label("instance"), INSTANCES.c.flow, INSTANCES.c.version, INSTANCES.c.object, INSTANCES.c.record,
    INSTANCES.c.title, INSTANCES.c.initiator, INSTANCES.c.status.label("flow_status"), INSTANCES.c.started_at,
    INSTANCES.c.ended_at,
)
OF_TASK = (
    TASKS.c.id.label("task"), TASKS.c.status, TASKS.c.decision, TASKS.c.opinion, TASKS.c.flag, TASKS.c.lock_version,
    TASKS.c.created_at, TASKS.c.done_at, TASKS.c.due_at, TASKS.c.assignee, TASKS.c.owner, TASKS.c.done_by,
    TASKS.c.read_at, TASKS.c.added_by, VISITS.c.step, VISITS.c.at, VISITS.c.kind,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a box is asked for. `objects` are numbers of those whose rows are wanted (None = all), `sights` selects
    of the ids in sight by the object's number (of `watched`); `before` is when it came at the latest."""

    box: str = "todo"
    objects: tuple[int, ...] | None = None
    flow: str = ""
    initiator: int | None = None
    text: str = ""
    before: dt.datetime | None = None
    due_since: dt.datetime | None = None
    due_before: dt.datetime | None = None
    undated: bool = False                      # only what has no deadline
    sights: tuple[tuple[int, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind the row with this `place`; `due` is its deadline where rows stand by deadlines and
    it has one."""

    place: int
    due: dt.datetime | None = None


def _of_tasks() -> Select[Any]:
    query = select(*COMMON, *OF_TASK, TASKS.c.id.label("place")).select_from(TASKS)
    return query.join(INSTANCES, INSTANCES.c.id == TASKS.c.instance).join(VISITS, VISITS.c.id == TASKS.c.visit)


def _todo(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    mine = (TASKS.c.assignee == user) & (TASKS.c.status == "pending") & INSTANCES.c.status.in_(OPEN)
    return _of_tasks().where(mine)


def _done(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    return _of_tasks().where((TASKS.c.done_by == user) & (TASKS.c.status == "done"))


def _started(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    return _without_task(INSTANCES.c.id).where(INSTANCES.c.initiator == user)


def _copied(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    query = _without_task(READERS.c.id).join(READERS, READERS.c.instance == INSTANCES.c.id)
    return query.where(READERS.c.user == user, READERS.c.cause == "cc")


def _watched(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    """The newest approval of each record that the person follows and may see: from the few that they follow to what is
    said of these. A join would let SQLite begin with all approvals of an object."""
    one = INSTANCES.alias()
    newest = select(func.max(one.c.id)).where(one.c.object == FOLLOWERS.c.object, one.c.record == FOLLOWERS.c.record)
    sights = [
        ids.where(FOLLOWERS.c.object == number, FOLLOWERS.c.record == ids.selected_columns[0]).exists()
        for number, ids in asked.sights
    ]
    followed = select(newest.scalar_subquery()).where(
        FOLLOWERS.c.user == user, FOLLOWERS.c.app == tx.app.name, FOLLOWERS.c.follows.is_(True), or_(false(), *sights)
    )
    return _without_task(INSTANCES.c.id).where(INSTANCES.c.id.in_(followed))


def _without_task(place: ColumnElement[int]) -> Select[Any]:
    """The same columns where there is no task: an instance as a whole."""
    blanks = {"task": null(), "lock_version": null(), "assignee": null(), "owner": null(), "done_by": null(),
              "due_at": null(), "read_at": null(), "added_by": null(), "done_at": INSTANCES.c.ended_at,
              "created_at": INSTANCES.c.started_at, "status": INSTANCES.c.status}
    columns = [blanks.get(column.key or "", literal("")).label(column.key or "") for column in OF_TASK]
    return select(*COMMON, *columns, place.label("place")).select_from(INSTANCES)


BOXES = {"todo": _todo, "done": _done, "started": _started, "copied": _copied, "watched": _watched}
PLACES = {"todo": TASKS.c.id, "done": TASKS.c.id, "copied": READERS.c.id}
CAME = {"todo": TASKS.c.created_at, "done": TASKS.c.done_at, "copied": READERS.c.at}


def _chosen(tx: Tx, user: int, asked: Asked) -> Select[Any]:
    """The rows of a box that fit: what lists, counters and choices of submitters are made from."""
    query = BOXES[asked.box](tx, user, asked).where(INSTANCES.c.app == tx.app.name)
    if asked.objects is not None and asked.box != "watched":       # whose sights are of these already
        query = query.where(INSTANCES.c.object.in_(asked.objects))
    if asked.flow:
        query = query.where(INSTANCES.c.flow == asked.flow)
    if asked.initiator is not None:
        query = query.where(INSTANCES.c.initiator == asked.initiator)
    if asked.text:
        query = query.where(INSTANCES.c.title.icontains(asked.text, autoescape=True))
    if asked.before is not None:
        query = query.where(CAME.get(asked.box, INSTANCES.c.started_at) <= asked.before)
    return _due(query, asked) if asked.box in ("todo", "done") else query


def _due(query: Select[Any], asked: Asked) -> Select[Any]:
    if asked.undated:
        return query.where(TASKS.c.due_at.is_(None))
    if asked.due_since is not None:
        query = query.where(TASKS.c.due_at >= asked.due_since)
    return query if asked.due_before is None else query.where(TASKS.c.due_at < asked.due_before)


def page(tx: Tx, user: int, asked: Asked, *, after: After | None = None, limit: int, by_due: bool = False) -> list[Row]:
    """One page of a box, newest first; `by_due`: what is due soonest first, then what has no deadline, newest first."""
    if not by_due or asked.box != "todo":
        return _rows(tx, _newest(_chosen(tx, user, asked), asked.box, after), limit)
    found: list[Row] = []
    if (after is None or after.due is not None) and not asked.undated:
        dated = _chosen(tx, user, asked).where(TASKS.c.due_at.is_not(None)).order_by(TASKS.c.due_at, TASKS.c.id)
        found = _rows(tx, dated if after is None else dated.where(tuple_(TASKS.c.due_at, TASKS.c.id) > tuple_(
            literal(after.due, TASKS.c.due_at.type), literal(after.place))), limit)
    bounded = asked.due_since is not None or asked.due_before is not None
    if len(found) < limit and not bounded:     # after those with a deadline
        rest = _chosen(tx, user, asked).where(TASKS.c.due_at.is_(None))
        last = after if after is not None and after.due is None else None
        found += _rows(tx, _newest(rest, asked.box, last), limit - len(found))
    return found


def _newest(query: Select[Any], box: str, after: After | None) -> Select[Any]:
    place = PLACES.get(box, INSTANCES.c.id)
    return (query if after is None else query.where(place < after.place)).order_by(place.desc())


def _rows(tx: Tx, query: Select[Any], limit: int) -> list[Row]:
    return [dict(row) for row in tx.connection.execute(query.limit(limit)).mappings()]


def count(tx: Tx, user: int, asked: Asked, most: int = MOST_COUNTED) -> int:
    """How many rows a page would go through: the same select, counted up to `most`."""
    found = _chosen(tx, user, asked).with_only_columns(INSTANCES.c.id).limit(most).subquery()
    return int(tx.connection.execute(select(func.count()).select_from(found)).scalar_one())


def submitters(tx: Tx, user: int, asked: Asked, words: str, limit: int) -> list[tuple[int, str]]:
    """Who submitted what is in a box: (id, name) of those whose name or login has these words."""
    wanted = _chosen(tx, user, asked).with_only_columns(INSTANCES.c.initiator)
    named = USERS.c.name.icontains(words, autoescape=True) | USERS.c.login.icontains(words, autoescape=True)
    query = select(USERS.c.id, USERS.c.name, USERS.c.login).where(USERS.c.id.in_(wanted), named)
    found = tx.connection.execute(query.order_by(USERS.c.name, USERS.c.id).limit(limit))
    return [(id, name or login) for id, name, login in found]


CONCERNED = (
    select(INSTANCES.c.app, INSTANCES.c.object, INSTANCES.c.record, INSTANCES.c.initiator,
           TASKS.c.assignee, TASKS.c.owner, TASKS.c.done_by)
    .join(INSTANCES, INSTANCES.c.id == TASKS.c.instance).where(TASKS.c.id == bindparam("task"))
)


def concerned(connection: Connection, task: int) -> Row | None:
    """Whom a task concerns, and what it is about: app object record initiator assignee owner done_by."""
    row = connection.execute(CONCERNED, {"task": task}).mappings().one_or_none()
    return None if row is None else dict(row)


def one(tx: Tx, task: int) -> Row | None:
    """One task with its instance."""
    query = _of_tasks().where(TASKS.c.id == task, INSTANCES.c.app == tx.app.name)
    row = tx.connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def turning_points(tx: Tx, object: str, record: int, user: int, instance: int) -> tuple[str, dt.datetime] | None:
    """Since when a record may be another one for a person who is asked about it: their own last answer (`decided`),
    else its last return in this instance (`returned`), else the end of the instance before (`earlier`)."""
    of = (INSTANCES.c.object == tx.live.numbers[object]) & (INSTANCES.c.record == record)
    answered = select(func.max(TASKS.c.done_at)).join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
    sent_back = select(func.max(VISITS.c.opened_at)).where(VISITS.c.instance == instance, VISITS.c.kind == "revise")
    ended = select(func.max(INSTANCES.c.ended_at)).where(of, INSTANCES.c.id < instance)
    query = select(
        answered.where(of, TASKS.c.done_by == user, TASKS.c.status == "done", VISITS.c.kind != "revise")
        .join(VISITS, VISITS.c.id == TASKS.c.visit).scalar_subquery().label("decided"),
        sent_back.scalar_subquery().label("returned"), ended.scalar_subquery().label("earlier"),
    )
    found = tx.connection.execute(query).mappings().one()
    return next(((str(why), at) for why, at in found.items() if at is not None), None)


def mark_read(tx: Tx, task: int, user: int) -> None:
    """Note the first moment at which the assignee saw a task."""
    first = TASKS.c.read_at.is_(None) & (TASKS.c.assignee == user)
    tx.connection.execute(update(TASKS).where(TASKS.c.id == task, first).values(read_at=tx.now))


def told(tx: Tx, user: int) -> bool:
    """Whether somebody was told of an approval of this app, or takes part in one that is not over."""
    query = select(READERS.c.id).join(INSTANCES, INSTANCES.c.id == READERS.c.instance)
    part = READERS.c.cause.in_(("cc", "told")) | INSTANCES.c.status.in_(OPEN)
    mine = query.where(READERS.c.user == user, part, INSTANCES.c.app == tx.app.name)
    return tx.connection.execute(mine.limit(1)).first() is not None


def names(tx: Tx, users: Iterable[int | None]) -> dict[int, str]:
    """What people are called."""
    wanted = {user for user in users if user is not None}
    query = select(USERS.c.id, USERS.c.name, USERS.c.login).where(USERS.c.id.in_(wanted))
    return {id: name or login for id, name, login in tx.connection.execute(query)} if wanted else {}
