"""What is run in processes that are killed or stopped: workers over a small site, one that enters jobs, a timetable."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from engine.runtime.jobs.kinds import Desk, Handler, InTransaction
from engine.runtime.jobs.schedules import Timetable
from engine.runtime.jobs.worker import Worker
from engine.runtime.services import outbox
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx
from tests.jobs.sites import EFFECTS, SmallSite

LEASE = 1.5                                    # seconds
PATIENCE = 120
PROCESSES = multiprocessing.get_context("forkserver")


def effect(tx: Tx, args: Mapping[str, Any]) -> None:
    time.sleep(0.004)
    tx.connection.execute(insert(EFFECTS).values(what=args["what"]))
    time.sleep(0.004)


@dataclass(frozen=True)
class Dawdling(InTransaction):
    """In its first attempt it waits, with the job claimed, until it is told to go on."""

    folder: Path = Path()

    def run(self, desk: Desk, job: Job) -> None:
        if job.attempt > 1:
            super().run(desk, job)
            return
        (self.folder / "claimed").touch()
        until((self.folder / "go").exists)
        try:
            super().run(desk, job)
        finally:
            (self.folder / "tried").touch()


def until(holds: Callable[[], object]) -> None:
    """Wait for something that is to come."""
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, "it does not come"
        time.sleep(0.02)


def work(url: str, folder: Path) -> None:
    """A worker, until it is told to stop."""
    site = SmallSite(url, fresh=False)
    handlers: dict[str, Handler] = {"effect": InTransaction(effect), "slow": Dawdling(effect, folder=folder)}
    worker = Worker(site, handlers, threads=2, lease=LEASE, poll=0.05)
    worker.start()
    (folder / f"ready-{os.getpid()}").touch()
    until((folder / "stop").exists)
    worker.stop()


def enter(url: str, folder: Path) -> None:
    """A row and its job, together, again and again."""
    site, number = SmallSite(url, fresh=False), 0

    def both(tx: Tx) -> None:
        what = f"{os.getpid()} {number}"
        tx.connection.execute(insert(EFFECTS).values(what=what))
        outbox.enqueue(tx, "effect", {"what": what})

    while not (folder / "stop").exists():
        site.write(both)
        number += 1


def tell_time(url: str, folder: Path) -> None:
    """A timetable by a clock that somebody else turns."""
    site = SmallSite(url, fresh=False)
    timetable = Timetable(site)
    timetable._known["shop"] = site.live.version                       # its schedules are in the table
    while not (folder / "stop").exists():
        now = (folder / "clock").read_text()
        timetable.keep(dt.datetime.fromisoformat(now))
        (folder / f"seen-{os.getpid()}").write_text(now)
        time.sleep(0.01)


@contextmanager
def running(body: Callable[[str, Path], None], url: str, folder: Path, count: int) -> Iterator[list[ForkServerProcess]]:
    """So many processes of this body, ended with the block."""
    PROCESSES.set_forkserver_preload(["tests.faults.labourers"])
    started = [PROCESSES.Process(target=body, args=(url, folder)) for _ in range(count)]
    for process in started:
        process.start()
    try:
        yield started
    finally:
        (folder / "stop").touch()
        for process in started:
            process.join(10)
            if process.exitcode is None:
                kill(process)
        (folder / "stop").unlink()


def kill(process: ForkServerProcess) -> None:
    """No chance to tidy up."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
