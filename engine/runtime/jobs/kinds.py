"""Kinds of job handlers: in one transaction (exactly once), or outside (at least once, with a stable key)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx


class Hopeless(Exception):
    """Trying again would not help; the job is given up and shows the reason."""


class Desk(Protocol):
    """The worker, as handlers see it: two ways to finish a job."""

    def in_transaction(self, job: Job, act: Callable[[Tx], None]) -> None:
        """Effects and completion in one transaction of the job's app."""

    def finished(self, job: Job) -> None:
        """The effect has happened, outside the database."""


class Handler(Protocol):
    """What runs a job and marks it as done."""

    def run(self, desk: Desk, job: Job) -> None: ...


@dataclass(frozen=True, slots=True)
class InTransaction:
    """The effects are rows of this database. No network and no waiting inside: it may hold the only writer."""

    act: Callable[[Tx, Any], None]             # (tx, args)

    def run(self, desk: Desk, job: Job) -> None:
        desk.in_transaction(job, lambda tx: self.act(tx, job.args))


@dataclass(frozen=True, slots=True)
class External:
    """The effect is outside: it may happen twice if the worker dies, with the same key both times."""

    act: Callable[[Any, str], None]            # (args, key)

    def run(self, desk: Desk, job: Job) -> None:
        self.act(job.args, f"job-{job.id}")
        desk.finished(job)
