"""SQL over tasks as people see them: boxes and their counters. Decides nothing and knows no definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, func, literal, null, select, update

from engine.runtime.storage.flow_tables import INSTANCES, READERS, TASKS, VISITS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import USERS

Row = Mapping[str, Any]
OPEN = ("running", "returned")
COMMON = (
    INSTANCES.c.id.label("instance"), INSTANCES.c.flow, INSTANCES.c.version, INSTANCES.c.object, INSTANCES.c.record,
    INSTANCES.c.title, INSTANCES.c.initiator, INSTANCES.c.status.label("flow_status"), INSTANCES.c.started_at,
    INSTANCES.c.ended_at,
)
OF_TASK = (
    TASKS.c.id.label("task"), TASKS.c.status, TASKS.c.decision, TASKS.c.opinion, TASKS.c.flag, TASKS.c.lock_version,
    TASKS.c.created_at, TASKS.c.done_at, TASKS.c.due_at, TASKS.c.assignee, VISITS.c.step, VISITS.c.at, VISITS.c.kind,
)


def _of_tasks() -> Select[Any]:
    query = select(*COMMON, *OF_TASK).select_from(TASKS)
    return query.join(INSTANCES, INSTANCES.c.id == TASKS.c.instance).join(VISITS, VISITS.c.id == TASKS.c.visit)


def _todo(tx: Tx, user: int) -> Select[Any]:
    mine = (TASKS.c.assignee == user) & (TASKS.c.status == "pending") & INSTANCES.c.status.in_(OPEN)
    return _of_tasks().add_columns(TASKS.c.id.label("place")).where(INSTANCES.c.app == tx.app.name, mine)


def _done(tx: Tx, user: int) -> Select[Any]:
    mine = (TASKS.c.done_by == user) & (TASKS.c.status == "done")
    return _of_tasks().add_columns(TASKS.c.id.label("place")).where(INSTANCES.c.app == tx.app.name, mine)


def _started(tx: Tx, user: int) -> Select[Any]:
    return _without_task().add_columns(INSTANCES.c.id.label("place")).where(
        INSTANCES.c.app == tx.app.name, INSTANCES.c.initiator == user)


def _copied(tx: Tx, user: int) -> Select[Any]:
    query = _without_task().add_columns(READERS.c.id.label("place")).join(READERS, READERS.c.instance == INSTANCES.c.id)
    return query.where(INSTANCES.c.app == tx.app.name, READERS.c.user == user, READERS.c.cause == "cc")


def _without_task() -> Select[Any]:
    """The same columns where there is no task: an instance as a whole."""
    blanks = {"task": null(), "lock_version": null(), "assignee": null(), "due_at": null(),
              "done_at": INSTANCES.c.ended_at,
              "created_at": INSTANCES.c.started_at, "status": INSTANCES.c.status}
    columns = [blanks.get(column.key or "", literal("")).label(column.key or "") for column in OF_TASK]
    return select(*COMMON, *columns).select_from(INSTANCES)


BOXES = {"todo": _todo, "done": _done, "started": _started, "copied": _copied}


def box(
    tx: Tx, name: str, user: int, *, before: int | None, limit: int, objects: Iterable[int] | None = None
) -> list[Row]:
    """One page of a box, newest first; `before` is the `place` of the last row of the page before; `objects` are the
    numbers of those whose rows are wanted."""
    asked = BOXES[name](tx, user)
    found = (asked if objects is None else asked.where(INSTANCES.c.object.in_(list(objects)))).subquery()
    query = select(found).order_by(found.c.place.desc()).limit(limit)
    if before is not None:
        query = query.where(found.c.place < before)
    return [dict(row) for row in tx.connection.execute(query).mappings()]


def count(tx: Tx, name: str, user: int) -> int:
    """How many rows the box holds: the same select, counted."""
    found = BOXES[name](tx, user).subquery()
    return int(tx.connection.execute(select(func.count()).select_from(found)).scalar_one())


def one(tx: Tx, task: int) -> Row | None:
    """One task with its instance."""
    query = _of_tasks().where(TASKS.c.id == task, INSTANCES.c.app == tx.app.name)
    row = tx.connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def mark_read(tx: Tx, task: int, user: int) -> None:
    """Note the first moment at which the assignee saw a task."""
    first = TASKS.c.read_at.is_(None) & (TASKS.c.assignee == user)
    tx.connection.execute(update(TASKS).where(TASKS.c.id == task, first).values(read_at=tx.now))


def names(tx: Tx, users: Iterable[int | None]) -> dict[int, str]:
    """What people are called."""
    wanted = {user for user in users if user is not None}
    query = select(USERS.c.id, USERS.c.name, USERS.c.login).where(USERS.c.id.in_(wanted))
    return {id: name or login for id, name, login in tx.connection.execute(query)} if wanted else {}
