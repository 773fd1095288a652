"""The worker: claims jobs under leases, runs their handlers in threads, keeps leases, retries. Knows no kind of job."""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from engine.runtime.jobs.kinds import Handler, Hopeless, Waiting
from engine.runtime.jobs.schedules import Timetable
from engine.runtime.services import sealing
from engine.runtime.services.outbox import BELL
from engine.runtime.storage import job_errors, job_rows, metric_rows, site_rows
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.metrics import labelled

LOG = logging.getLogger(__name__)
T = TypeVar("T")
Clock = Callable[[], dt.datetime]
HOUR = dt.timedelta(hours=1)
BEAT_SECONDS = 15                              # how often a worker says that it is alive
SEALING_SECONDS = 5                            # that sealing may take of each: leases are extended by the same thread
PATIENCE = dt.timedelta(minutes=5)            # after which a job looks again whether an approval has ended
FORGOTTEN = dt.timedelta(days=1)               # after which one that was killed is no news


class Place(Protocol):
    """What a worker needs of the site."""

    @property
    def database(self) -> Database: ...

    @property
    def audit_days(self) -> int: ...

    def apps(self) -> list[Live]: ...

    def run(self, app: str, actor: Actor, function: Callable[[Tx], T]) -> T: ...


class LeaseLost(Exception):
    """Somebody else has the job now; nothing of this attempt may stand."""


class Worker:
    """Runs the jobs of one queue. `start` makes threads (after a fork only), `stop` ends them; `drain` needs none.

    `clock` gives aware moments; without it the database server's time counts, on SQLite this machine's."""

    def __init__(
        self, site: Place, handlers: Mapping[str, Handler], *, queue: str = "default", threads: int = 4,
        lease: float = 30, poll: float = 1, clock: Clock | None = None,
    ) -> None:
        self.site = site
        self.handlers = handlers
        self.queue = queue
        self.threads = threads
        self.lease = dt.timedelta(seconds=lease)
        self.poll = poll
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.timetable = Timetable(site)
        self.severity = logging.WARNING        # of a line about a job that failed
        self._clock = clock
        self._tokens: set[str] = set()
        self._guard = threading.Lock()
        self._slots = threading.Semaphore(threads)
        self._stopping = threading.Event()
        self._running: list[threading.Thread] = []
        self._pool: ThreadPoolExecutor | None = None

    # ---- life

    def start(self) -> None:
        """Begin to work in threads of this process."""
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="job")
        for name, loop in (("worker", self._serve), ("keeper", self._keep)):
            thread = threading.Thread(target=loop, name=name, daemon=True)
            thread.start()
            self._running.append(thread)

    def stop(self, seconds: float = 25) -> None:
        """Claim nothing more, let running jobs end, give back what does not."""
        self._stopping.set()
        BELL.ring()
        for thread in self._running:
            thread.join(seconds)
        ends = time.monotonic() + seconds
        while self._mine() and time.monotonic() < ends:
            time.sleep(0.05)
        if self._pool is not None:
            self._pool.shutdown(wait=not self._mine(), cancel_futures=True)
        with self.site.database.write() as connection:
            job_rows.release(connection, self._mine())
            site_rows.forget_worker(connection, self.name)

    @property
    def busy(self) -> bool:
        """Whether some job is being run here."""
        return bool(self._mine())

    def now(self) -> dt.datetime:
        if self._clock is not None:
            return self._clock()
        with self.site.database.read() as connection:
            return job_rows.clock(connection) or dt.datetime.now(dt.UTC)

    # ---- loops

    def _serve(self) -> None:
        heard = 0
        while not self._stopping.is_set():
            free = self._take_slots()
            jobs = self._guarded(partial(self.claim, free)) if free else []
            for _ in range(free - len(jobs or [])):
                self._slots.release()
            for job in jobs or []:
                assert self._pool is not None
                self._pool.submit(self._work, job)
            if not jobs:
                heard = BELL.wait(heard, self.poll)

    def _take_slots(self) -> int:
        """As many threads as are free now; waits for the first."""
        if not self._slots.acquire(timeout=self.poll):
            return 0
        free = 1
        while self._slots.acquire(blocking=False):
            free += 1
        return free

    def _work(self, job: Job) -> None:
        try:
            self._guarded(lambda: self.perform(job))
        finally:
            self._slots.release()
            BELL.ring()

    def _keep(self) -> None:
        pause = max(1.0, self.lease.total_seconds() / 3)
        beat_at = 0.0
        while not self._stopping.wait(min(pause, 1.0)):
            if time.monotonic() >= beat_at:
                self._guarded(self._beat)
                beat_at = time.monotonic() + BEAT_SECONDS
            self._guarded(self.keep)

    def _beat(self) -> None:
        """Say that this worker is alive, for `formwork doctor`; nothing else depends on it. Hand over its figures."""
        now = self.now()
        metric_rows.hand_over(self.site.database)
        with self.site.database.write() as connection:
            site_rows.see_worker(connection, self.name, self.queue, self.threads, now)
            site_rows.forget_dead_workers(connection, now - FORGOTTEN)
        sealing.keep(self.site.database, now, self.site.audit_days, seconds=SEALING_SECONDS)

    def _guarded(self, act: Callable[[], T]) -> T | None:
        """A worker outlives whatever goes wrong in one round."""
        try:
            return act()
        except Exception:
            LOG.exception("a round of the worker failed")
            self._stopping.wait(self.poll)
            return None

    # ---- one round of each

    def keep(self) -> None:
        """Extend the leases of what runs here, take back what others let lapse, wake what is due, fire schedules."""
        now = self.now()
        mine = self._mine()
        entered = self.timetable.keep(now)
        with self.site.database.read() as connection:
            busy = bool(mine) or job_rows.waiting(connection, now, self.queue)
        if not busy and not entered:
            return
        with self.site.database.write() as connection:
            job_rows.extend(connection, mine, now + self.lease)
            for job in job_rows.spent(connection, now):
                self._give_up(connection, job, now, job_rows.LOST)
            moved = job_rows.reap(connection, now) + job_rows.promote(connection, now)
        if moved or entered:
            BELL.ring()

    def claim(self, limit: int) -> list[Job]:
        """Up to `limit` jobs that are this worker's until their lease ends; each has its own token."""
        now = self.now()
        with self.site.database.read() as connection:
            if not job_rows.waiting(connection, now, self.queue):
                return []
        found: list[Job] = []
        with self.site.database.write() as connection:
            for _ in range(limit):
                token = uuid.uuid4().hex
                jobs = job_rows.claim(
                    connection, now, now + self.lease, queue=self.queue, limit=1, token=token, worker=self.name
                )
                if not jobs:
                    break
                found.extend(jobs)
        with self._guard:
            self._tokens.update(job.token for job in found)
        return found

    def perform(self, job: Job) -> None:
        """Run one job to its end: done, put off, or given up."""
        try:
            handler = self.handlers.get(job.kind)
            if handler is None:
                raise Hopeless(f"no handler for jobs of kind {job.kind!r}")
            handler.run(self, job)
            self._count(job, "done")
        except LeaseLost:
            self._count(job, "lost")
            LOG.warning("job %s (%s) was taken over by another worker", job.id, job.kind)
        except Waiting as error:
            LOG.info("job %s (%s) waits: %s", job.id, job.kind, error)
            self._put_off(job, error)
        except Exception as error:
            LOG.log(self.severity, "job %s (%s) failed in attempt %s: %s", job.id, job.kind, job.attempt, error)
            self._put_off(job, error)
        finally:
            with self._guard:
                self._tokens.discard(job.token)

    def in_transaction(self, job: Job, act: Callable[[Tx], None]) -> None:
        """Effects and completion in one transaction of the app: exactly once."""
        def both(tx: Tx) -> None:
            act(tx)
            self._finish_in(tx, job)

        self.site.run(job.app, SERVICE, both)

    def piece(self, job: Job, actor: Actor, act: Callable[[Tx], Mapping[str, Any] | None]) -> bool:
        """One piece of a long job: its effects, its progress and the lease stand or fall together."""
        def both(tx: Tx) -> bool:
            progress = act(tx)
            if progress is None:
                self._finish_in(tx, job)
            elif not job_rows.advance(tx.connection, job, progress):
                raise LeaseLost
            return progress is not None

        return self.site.run(job.app, actor, both)

    def _finish_in(self, tx: Tx, job: Job) -> None:
        if not job_rows.finish(tx.connection, job, tx.now):
            raise LeaseLost

    def finished(self, job: Job) -> None:
        """Mark a job as done whose effects are outside the database."""
        with self.site.database.write() as connection:
            if not job_rows.finish(connection, job, self.now()):
                raise LeaseLost

    def _count(self, job: Job, result: str) -> None:
        self.site.database.counted.add("formwork_jobs_run_total", labelled(kind=job.kind, result=result))

    def _put_off(self, job: Job, error: Exception) -> None:
        now = self.now()
        if isinstance(error, Waiting):
            self._count(job, "waiting")
            with self.site.database.write() as connection:
                job_rows.keep_waiting(connection, job, str(error), now + PATIENCE)
            return
        last = isinstance(error, Hopeless) or job.attempt >= job.max_attempts
        self._count(job, "failed" if last else "retried")
        retry_at = None if last else now + pause_after(job.attempt)
        with self.site.database.write() as connection:
            mine = job_rows.fail(connection, job, now, job_errors.kept(error), retry_at)
            if mine and last:
                self._give_up(connection, job, now, str(error))

    def _give_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        handler = self.handlers.get(job.kind)
        if handler is not None:
            handler.given_up(connection, job, now, reason)

    def _mine(self) -> list[str]:
        with self._guard:
            return sorted(self._tokens)


def pause_after(attempt: int) -> dt.timedelta:
    """How long to wait after a failed attempt: doubling from two seconds, at most an hour, spread by a fifth."""
    seconds = min(HOUR.total_seconds(), 2.0 ** min(attempt, 12))
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def drain(
    site: Place, handlers: Mapping[str, Handler], now: dt.datetime, queue: str = "default", *, log: bool = True
) -> int:
    """Run everything that is due at `now`, and what follows from it, in this thread; how many jobs were run. Without
    `log` failures are told by the jobs themselves only."""
    worker = Worker(site, handlers, queue=queue, clock=lambda: now)
    worker.severity = logging.WARNING if log else logging.DEBUG
    count, kept = 0, False
    while True:
        jobs = worker.claim(1)
        if jobs:
            worker.perform(jobs[0])
            count, kept = count + 1, False
        elif kept:
            return count
        else:                                  # what is due by the clock is looked up once the queue is empty
            worker.keep()
            kept = True
