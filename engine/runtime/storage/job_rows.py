"""SQL over jobs: enter, claim under a lease, finish, fail, reap. Knows no handler and keeps no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.site_tables import FACTS
from engine.runtime.storage.system import JOBS, LANE_FAILED, LANE_OPEN

LOST = "worker lost"
WAITS = "waits: "                              # begins the reason of what waits for something else
OUTSIDE = ("mail", "webhook")                 # kinds of jobs by which something leaves the site
WAITING = ("ready", "delayed")
OPEN = ("ready", "delayed", "running")
STRICT = "!"                                   # begins lanes in which what failed keeps back what comes after it
GATHERED = "gathers:"                          # begins keys that are free again once the job has begun
HELD = "outbox held"                           # a fact of the site: nothing leaves it
LONGEST_ERROR = 4000
TAKEN, LOOKED_AT = 1000, 1000                  # jobs done along with another one; among how many they are sought


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker has claimed: it may work on it until the lease ends, and finish it while `token` holds."""

    id: int
    kind: str
    app: str
    args: Mapping[str, Any]
    attempt: int
    max_attempts: int
    token: str


def add(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Enter a job; None if one with its `dedup_key` exists (whatever became of it)."""
    id = connection.execute(_adding(is_postgres(connection)), values).scalar_one_or_none()
    return None if id is None else int(id)


@cache
def _adding(postgres: bool) -> ReturningInsert[Any]:
    build = postgres_insert if postgres else sqlite_insert
    return build(JOBS).on_conflict_do_nothing(index_elements=["dedup_key"]).returning(JOBS.c.id)


def gather(connection: Connection, values: Mapping[str, Any]) -> int:
    """Enter a job; one with its `dedup_key` (which begins with `GATHERED`) that has not begun takes over its `args`
    instead, and cannot begin before this transaction has ended."""
    build = postgres_insert if is_postgres(connection) else sqlite_insert
    query = build(JOBS).values(**values)
    query = query.on_conflict_do_update(index_elements=["dedup_key"], set_={"args": query.excluded.args})
    return int(connection.execute(query.returning(JOBS.c.id)).scalar_one())


def cancel(connection: Connection, now: dt.datetime, *, dedup_key: str = "", id: int | None = None) -> bool:
    """Take back a job that has not begun."""
    mine = JOBS.c.dedup_key == dedup_key if id is None else JOBS.c.id == id
    query = update(JOBS).where(mine, JOBS.c.state.in_(WAITING)).values(state="cancelled", finished_at=now)
    return connection.execute(query).rowcount > 0


def stop(connection: Connection, id: int, now: dt.datetime) -> Job | None:
    """Take back a job that waits or runs: whoever runs it loses its lease, so that nothing more of it stands. None
    where it has ended already."""
    values = {"state": "cancelled", "finished_at": now, "lease_token": None, "lease_until": None}
    query = update(JOBS).where(JOBS.c.id == id, JOBS.c.state.in_((*WAITING, "running"))).values(**values)
    if connection.execute(query).rowcount == 0:
        return None
    mine = select(JOBS.c.id, JOBS.c.kind, JOBS.c.app, JOBS.c.args, JOBS.c.attempt, JOBS.c.max_attempts)
    return Job(**connection.execute(mine.where(JOBS.c.id == id)).mappings().one(), token="")


def waiting(connection: Connection, now: dt.datetime, queue: str) -> bool:
    """Whether anything is to be claimed, promoted or reaped now."""
    return connection.execute(_waiting(), {"at": now, "of_queue": queue}).first() is not None


@cache
def _waiting() -> Select[tuple[int]]:
    at: BindParameter[dt.datetime] = bindparam("at")
    due = and_(JOBS.c.state == "delayed", JOBS.c.run_at <= at)
    dead = and_(JOBS.c.state == "running", JOBS.c.lease_until < at)
    return select(JOBS.c.id).where(or_(_ready(), due, dead)).limit(1)


def claim(
    connection: Connection, now: dt.datetime, until: dt.datetime, *, queue: str, limit: int, token: str, worker: str
) -> list[Job]:
    """Take up to `limit` ready jobs; nobody else gets them before `until`. The attempt counts from now on."""
    asked = {"of_queue": queue, "most": limit, "new_token": token, "until": until, "by": worker, "at": now}
    found = connection.execute(_claim(is_postgres(connection)), asked).mappings()
    return sorted((Job(**row, token=token) for row in found), key=lambda job: job.id)


@cache
def _claim(shared: bool) -> ReturningUpdate[Any]:
    picked = select(JOBS.c.id).where(_ready()).order_by(JOBS.c.priority, JOBS.c.id).limit(bindparam("most"))
    if shared:
        picked = picked.with_for_update(skip_locked=True)
    values = {"state": "running", "attempt": JOBS.c.attempt + 1, "lease_token": bindparam("new_token"),
              "lease_until": bindparam("until"), "worker": bindparam("by"), "started_at": bindparam("at"),
              "dedup_key": case((JOBS.c.dedup_key.startswith(GATHERED), None), else_=JOBS.c.dedup_key)}
    return (
        update(JOBS).where(JOBS.c.id.in_(picked.scalar_subquery())).values(**values)
        .returning(JOBS.c.id, JOBS.c.kind, JOBS.c.app, JOBS.c.args, JOBS.c.attempt, JOBS.c.max_attempts)
    )


def _ready() -> ColumnElement[bool]:
    """What may begin in a queue (`of_queue`)."""
    return and_(JOBS.c.state == "ready", JOBS.c.queue == bindparam("of_queue"), _may_leave(), _first())


def _first() -> ColumnElement[bool]:
    """Nothing stands before it in its lane: of one lane one job runs at a time, in the order in which they came."""
    unfailed = func.coalesce(_first_in_lane(JOBS, LANE_FAILED), JOBS.c.id) >= JOBS.c.id
    may = or_(~JOBS.c.lane.startswith(STRICT), unfailed)
    return or_(JOBS.c.lane.is_(None), and_(_first_in_lane(JOBS, LANE_OPEN) == JOBS.c.id, may))


def _first_in_lane(job: FromClause, which: str) -> ScalarSelect[Any]:
    """The first job in the lane of another one that is open, or that failed: one step in an index, however long the
    lane is and was. (Asked whether there is one before, PostgreSQL joins each of the lane with each.)"""
    other = JOBS.alias("other")
    found = select(func.min(other.c.id)).where(other.c.lane == job.c.lane, text(f"other.{which}"))
    return found.correlate(job).scalar_subquery()


def _may_leave() -> ColumnElement[bool]:
    """Nothing leaves the site while its outbox is held: it was restored, and what waits may have been sent already."""
    held = select(FACTS.c.name).where(FACTS.c.name == HELD).exists()
    return or_(JOBS.c.kind.not_in(OUTSIDE), ~held)


def kept_back(connection: Connection) -> int:
    """How many letters and webhooks wait."""
    mine = JOBS.c.kind.in_(OUTSIDE) & JOBS.c.state.in_(("ready", "delayed"))
    return int(connection.execute(select(func.count()).select_from(JOBS).where(mine)).scalar_one())


def discard(connection: Connection, now: dt.datetime) -> int:
    """Take back all letters and webhooks that wait. How many."""
    mine = JOBS.c.kind.in_(OUTSIDE) & JOBS.c.state.in_(("ready", "delayed"))
    return int(connection.execute(update(JOBS).where(mine).values(state="cancelled", finished_at=now)).rowcount)


def finish(connection: Connection, job: Job, now: dt.datetime) -> bool:
    """Mark as done; False if the lease was lost (then whatever was done in this transaction must not stand)."""
    return connection.execute(_finish(), {"job": job.id, "held": job.token, "at": now}).rowcount == 1


@cache
def _finish() -> Update:
    mine = (JOBS.c.id == bindparam("job"), JOBS.c.lease_token == bindparam("held"), JOBS.c.state == "running")
    return update(JOBS).where(*mine).values(
        state="done", finished_at=bindparam("at"), lease_token=None, lease_until=None, error=None)


def take_along(
    connection: Connection, app: str, kind: str, now: dt.datetime, fits: Callable[[Mapping[str, Any]], bool]
) -> list[Mapping[str, Any]]:
    """Mark as done what is ready of a kind, was never begun and `fits` (asked of the args), for whoever does it within
    this very transaction; the args of what was had, in its order. At most `TAKEN` jobs."""
    ready = and_(JOBS.c.state == "ready", JOBS.c.attempt == 0, JOBS.c.lane.is_(None))
    query = select(JOBS.c.id, JOBS.c.args).where(ready, JOBS.c.kind == kind, JOBS.c.app == app)
    found = connection.execute(query.order_by(JOBS.c.priority, JOBS.c.id).limit(LOOKED_AT)).all()
    wanted = [row.id for row in found if fits(row.args)][:TAKEN]
    if not wanted:
        return []
    taking = update(JOBS).where(JOBS.c.id.in_(wanted), ready).values(
        state="done", attempt=1, started_at=now, finished_at=now)
    had = connection.execute(taking.returning(JOBS.c.id, JOBS.c.args)).all()
    return [row.args for row in sorted(had, key=lambda row: row.id)]


def advance(connection: Connection, job: Job, progress: Mapping[str, Any]) -> bool:
    """Note how far it has got, in the transaction of what has been done; False if the lease was lost."""
    return connection.execute(update(JOBS).where(*_mine(job)).values(progress=dict(progress))).rowcount == 1


def fail(connection: Connection, job: Job, now: dt.datetime, error: str, retry_at: dt.datetime | None) -> bool:
    """Put off to `retry_at`, or give up (None). False if the lease was lost."""
    end = {"state": "failed", "finished_at": now} if retry_at is None else {"state": "delayed", "run_at": retry_at}
    values = {**end, "lease_token": None, "lease_until": None, "error": error[:LONGEST_ERROR]}
    return connection.execute(update(JOBS).where(*_mine(job)).values(**values)).rowcount == 1


def keep_waiting(connection: Connection, job: Job, reason: str, until: dt.datetime) -> bool:
    """Put off what waits for something else; the attempt does not count. False if the lease was lost."""
    values = {"state": "delayed", "run_at": until, "attempt": JOBS.c.attempt - 1, "lease_token": None,
              "lease_until": None, "error": f"{WAITS}{reason}"[:LONGEST_ERROR]}
    return connection.execute(update(JOBS).where(*_mine(job)).values(**values)).rowcount == 1


def waiting_long(connection: Connection) -> list[str]:
    """Why jobs wait for something else, the oldest first."""
    query = select(JOBS.c.error).where(JOBS.c.state == "delayed", JOBS.c.error.startswith(WAITS)).order_by(JOBS.c.id)
    return [str(reason).removeprefix(WAITS) for reason in connection.execute(query).scalars()]


def _mine(job: Job) -> tuple[Any, ...]:
    return JOBS.c.id == job.id, JOBS.c.lease_token == job.token, JOBS.c.state == "running"


def extend(connection: Connection, tokens: list[str], until: dt.datetime) -> None:
    """Keep the leases of work that goes on."""
    if tokens:
        mine = and_(JOBS.c.lease_token.in_(tokens), JOBS.c.state == "running")
        connection.execute(update(JOBS).where(mine).values(lease_until=until))


def release(connection: Connection, tokens: list[str]) -> None:
    """Give unfinished work back at once (the process ends); the attempt does not count."""
    if tokens:
        mine = and_(JOBS.c.lease_token.in_(tokens), JOBS.c.state == "running")
        connection.execute(update(JOBS).where(mine).values(
            state="ready", attempt=JOBS.c.attempt - 1, lease_token=None, lease_until=None, worker=None))


def spent(connection: Connection, now: dt.datetime) -> list[Job]:
    """Work whose lease has run out in its last attempt: `reap` gives it up."""
    query = select(JOBS.c.id, JOBS.c.kind, JOBS.c.app, JOBS.c.args, JOBS.c.attempt, JOBS.c.max_attempts).where(
        JOBS.c.state == "running", JOBS.c.lease_until < now, JOBS.c.attempt >= JOBS.c.max_attempts)
    return [Job(**row, token="") for row in connection.execute(query.with_for_update()).mappings()]


def reap(connection: Connection, now: dt.datetime) -> int:
    """Take back work whose lease has run out: again if it has attempts left, else failed. How many."""
    spent = JOBS.c.attempt >= JOBS.c.max_attempts
    query = update(JOBS).where(JOBS.c.state == "running", JOBS.c.lease_until < now).values(
        state=case((spent, "failed"), else_="ready"), error=LOST, lease_token=None, lease_until=None,
        finished_at=case((spent, now), else_=None),
    )
    return int(connection.execute(query).rowcount)


def promote(connection: Connection, now: dt.datetime) -> int:
    """Make jobs ready whose time has come. How many."""
    query = update(JOBS).where(JOBS.c.state == "delayed", JOBS.c.run_at <= now).values(state="ready")
    return int(connection.execute(query).rowcount)


def retry(connection: Connection, id: int, now: dt.datetime) -> bool:
    """Let a failed or cancelled job run again from the start."""
    given_up = JOBS.c.state.in_(("failed", "cancelled"))
    query = update(JOBS).where(JOBS.c.id == id, given_up).values(
        state="ready", attempt=0, run_at=now, error=None, finished_at=None)
    return connection.execute(query).rowcount == 1


def discard_failed(connection: Connection, id: int) -> bool:
    """Let go of a job that was given up, so that nothing waits for it any more."""
    mine = and_(JOBS.c.id == id, JOBS.c.state == "failed")
    return connection.execute(update(JOBS).where(mine).values(state="cancelled")).rowcount == 1


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    query = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def listing(
    connection: Connection, *states: str, limit: int = 100, kind: str = "", app: str = "", before: int | None = None
) -> list[Mapping[str, Any]]:
    """Jobs for people to look at, of these states (all without any), newest first; `before` goes on from the last one
    seen."""
    query = select(JOBS).order_by(JOBS.c.id.desc()).limit(limit)
    if states:
        query = query.where(JOBS.c.state.in_(states))
    for column, value in ((JOBS.c.kind, kind), (JOBS.c.app, app)):
        if value:
            query = query.where(column == value)
    if before is not None:
        query = query.where(JOBS.c.id < before)
    return [dict(row) for row in connection.execute(query).mappings()]


def ahead(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Job → the first one in its lane that it waits for; those that wait for none are left out."""
    lanes = JOBS.c.lane.is_not(None), JOBS.c.id.in_(list(ids))
    found = select(JOBS.c.id, JOBS.c.lane, _first_in_lane(JOBS, LANE_OPEN), _first_in_lane(JOBS, LANE_FAILED))
    first: dict[int, int] = {}
    for id, lane, open_, failed in connection.execute(found.where(*lanes)):
        before = [one for one in (open_, failed if lane.startswith(STRICT) else None) if one is not None and one < id]
        if before:
            first[int(id)] = int(min(before))
    return first


def kinds(connection: Connection) -> list[str]:
    """The kinds of which there are jobs."""
    return sorted(connection.execute(select(JOBS.c.kind).distinct()).scalars())


def of_kind(connection: Connection, kind: str) -> list[Mapping[str, Any]]:
    """All jobs of a kind, in their order."""
    query = select(JOBS).where(JOBS.c.kind == kind).order_by(JOBS.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def purge(connection: Connection, before: dt.datetime, limit: int = 1000) -> int:
    """Delete jobs that were done before; failed ones stay until somebody has seen to them. How many."""
    old = select(JOBS.c.id).where(JOBS.c.state.in_(("done", "cancelled")), JOBS.c.finished_at < before).limit(limit)
    return int(connection.execute(delete(JOBS).where(JOBS.c.id.in_(old.scalar_subquery()))).rowcount)


def clock(connection: Connection) -> dt.datetime | None:
    """The database server's time, which several machines share; None where the file is on this machine."""
    if not is_postgres(connection):
        return None
    found: dt.datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found


def state(connection: Connection, id: int) -> str | None:
    """How a job stands; None if there is none."""
    found = connection.execute(select(JOBS.c.state).where(JOBS.c.id == id)).scalar_one_or_none()
    return None if found is None else str(found)
