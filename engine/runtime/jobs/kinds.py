"""Kinds of job handlers: in one transaction (exactly once), or outside (at least once, with a stable key)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from engine.errors import Failure
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx


class Hopeless(Exception):
    """Trying again would not help; the job is given up and shows the reason."""


class Waiting(Exception):
    """Something that ends by itself stands in the way (a running approval): the job waits for it, however long it
    takes, and no attempt counts."""


class Desk(Protocol):
    """The worker, as handlers see it: two ways to finish a job."""

    def in_transaction(self, job: Job, act: Callable[[Tx], None]) -> None:
        """Effects and completion in one transaction of the job's app."""

    def finished(self, job: Job) -> None:
        """The effect has happened, outside the database."""


    def piece(self, job: Job, actor: Actor, act: Callable[[Tx], Mapping[str, Any] | None]) -> bool:
        """One piece of a long job in one transaction of its app: what `act` gives is how far it has got, None = done.

        The lease is held by the same transaction. True while there is more to do."""


class Handler(Protocol):
    """What runs a job and marks it as done."""

    def run(self, desk: Desk, job: Job) -> None: ...

    def given_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        """There will be no other attempt: noted in the transaction that gives the job up."""


@dataclass(frozen=True, slots=True)
class InTransaction:
    """The effects are rows of this database. No network and no waiting inside: it may hold the only writer."""

    act: Callable[[Tx, Any], None]             # (tx, args)
    hopeless: tuple[type[Failure], ...] = ()   # refusals that another try would meet again
    patient: tuple[type[Failure], ...] = ()    # … and those that pass with time
    end: Callable[[Connection, Job, dt.datetime, str], None] | None = None     # given up or taken back

    def run(self, desk: Desk, job: Job) -> None:
        try:
            desk.in_transaction(job, lambda tx: self.act(tx, job.args))
        except self.hopeless as refusal:
            raise Hopeless(str(refusal)) from refusal
        except self.patient as refusal:
            raise Waiting(str(refusal)) from refusal

    def given_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        """Whoever waits for that is told; the job itself says it, too."""
        if self.end is not None:
            self.end(connection, job, now, reason)


class Pieces(Protocol):
    """A long job at work."""

    @property
    def actor(self) -> Actor:
        """Who acts, with the rights of this moment."""

    def next(self, tx: Tx) -> Mapping[str, Any] | None:
        """Do the next piece and note where the job stands; how far it has got, None when nothing is left."""


@dataclass(frozen=True, slots=True)
class Chunked:
    """Many transactions: each commits its effects and where the job stands together, so that a restart goes on."""

    open: Callable[[str, Any], AbstractContextManager[Pieces | None]]      # (app, args); None: nothing to do
    end: Callable[[Connection, Any, dt.datetime, str], None]               # given up: (connection, args, now, reason)

    def run(self, desk: Desk, job: Job) -> None:
        with self.open(job.app, job.args) as pieces:
            if pieces is None:
                desk.finished(job)
                return
            while desk.piece(job, pieces.actor, pieces.next):
                pass

    def given_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        """Whoever waits for it is told."""
        self.end(connection, job.args, now, reason)


@dataclass(frozen=True, slots=True)
class External:
    """The effect is outside: it may happen twice if the worker dies, with the same key both times."""

    act: Callable[[Any, str], None]            # (args, key)

    def run(self, desk: Desk, job: Job) -> None:
        self.act(job.args, f"job-{job.id}")
        desk.finished(job)

    def given_up(self, connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
        """The job itself says it."""
