"""Looking after jobs: what there is, another try, taking one back. Decides nothing about who may."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import NotFound, Refused
from engine.runtime.jobs.handlers import handlers
from engine.runtime.services import outbox
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows, site_rows
from engine.texts import say

LOG = logging.getLogger(__name__)
PAGE = 50
LOST = job_rows.LOST
SILENT = dt.timedelta(minutes=1)               # after which a worker that has not been heard of is taken for dead
STOPPED = say(zh="已由管理员取消", en="Cancelled by an administrator")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs to look at; blank means all. `before` is the number of the last one seen."""

    states: Sequence[str] = ()
    kind: str = ""
    app: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """One page of jobs, newest first, and how the work stands. `held`: letters kept back, None where the outbox is
    open; `workers` are those that live; `ahead`: job → the one that it waits for."""

    jobs: Sequence[Mapping[str, Any]]
    ahead: Mapping[int, int]
    more: bool
    counts: Mapping[str, int]
    kinds: Sequence[str]
    workers: Sequence[str]
    held: int | None


def overview(site: Site, wanted: Wanted) -> Overview:
    """What there is, on one snapshot."""
    with site.database.read() as connection:
        found = job_rows.listing(
            connection, *wanted.states, limit=PAGE + 1, kind=wanted.kind, app=wanted.app, before=wanted.before
        )
        now = job_rows.clock(connection) or dt.datetime.now(dt.UTC)
        alive = [str(one["name"]) for one in site_rows.workers(connection) if one["seen_at"] > now - SILENT]
        return Overview(
            found[:PAGE], job_rows.ahead(connection, [one["id"] for one in found if one["state"] in job_rows.WAITING]),
            len(found) > PAGE, job_rows.counts(connection), job_rows.kinds(connection), alive,
            outbox.held(connection),
        )


def retry(site: Site, id: int, by: str) -> None:
    """Let a job that was given up or taken back run again from the start; `by` is who wants it, for the log."""
    with site.database.write() as connection:
        now = job_rows.clock(connection) or dt.datetime.now(dt.UTC)
        if not job_rows.retry(connection, id, now):
            raise _not_now(job_rows.state(connection, id))
    outbox.BELL.ring()
    LOG.info("job %s is tried again for %s", id, by)


def stop(site: Site, id: int, by: str) -> None:
    """Take back a job that waits or runs, and tell whoever waits for it; let go of one that has failed, so that what
    waits behind it goes on."""
    with site.database.write() as connection:
        now = job_rows.clock(connection) or dt.datetime.now(dt.UTC)
        if job_rows.discard_failed(connection, id):
            outbox.BELL.ring()
            LOG.info("job %s, which has failed, was discarded by %s", id, by)
            return
        job = job_rows.stop(connection, id, now)
        if job is None:
            raise _not_now(job_rows.state(connection, id))
        handler = handlers(site).get(job.kind)
        if handler is not None:
            handler.given_up(connection, job, now, STOPPED.to("en"))
    LOG.info("job %s (%s) was cancelled by %s", id, job.kind, by)


def _not_now(state: str | None) -> NotFound | Refused:
    if state is None:
        return NotFound(say(zh="没有这个任务", en="There is no such job"))
    return Refused(
        say(zh="任务的状态已改变，请刷新", en="The job stands otherwise by now: look again"), code="state"
    )
