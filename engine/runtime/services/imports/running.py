"""Runs an import: batches of records through the pipeline, small enough that nobody waits, errors by row and column."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import Forbidden
from engine.expressions.values import Ref
from engine.runtime.services.imports.drafts import Draft, Drafts
from engine.runtime.services.imports.looking import look
from engine.runtime.services.imports.mappings import plan_of
from engine.runtime.services.imports.plans import Plan
from engine.runtime.services.imports.reports import Report
from engine.runtime.services.imports.values import Links, RowError
from engine.runtime.services.imports.writing import Batch, write_batch
from engine.runtime.services.rights import access
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.texts import say

FIRST_BATCH = 50                               # records, before it is known how long they take
LEAST_IN_BATCH, MOST_IN_BATCH = 5, 500
STARVED = 4                                    # how much longer it may take where others want the processor
SECONDS = 0.05                                 # that a batch should take: so long others wait to write
MOST_LINKS = 100_000                           # found records that are remembered
Progress = Callable[[int], None]
Execute = Callable[[Callable[[Tx], Batch]], Batch]


class _Undo(Exception):
    """Takes back a trial run."""


def run(
    site: Site, app_name: str, mapping: Mapping[str, Any], base_folder: Path, actor: Actor, *,
    dry_run: bool = False, progress: Progress | None = None,
) -> Report:
    """Import files as the mapping says; they lie in `base_folder`. Running again changes nothing that is right already.

    Some records share a transaction of about 50 ms; one that fails leaves no trace and hinders no other. A `dry_run`
    leaves nothing behind. `progress` is told how many records have been seen.
    Raises `Invalid` for a mapping or a file that is wrong as a whole, `Unclear` where it must be asked, `Forbidden`
    without the right to import."""
    plan = prepare(site, app_name, mapping, base_folder, actor)
    told = progress or (lambda done: None)
    if dry_run:
        return rehearse(site, app_name, actor, plan, base_folder, told)
    return import_all(lambda work: site.run(app_name, actor, work), plan, Drafts(plan, base_folder), told)


def prepare(site: Site, app_name: str, mapping: Mapping[str, Any], folder: Path, actor: Actor) -> Plan:
    """The checked plan of a mapping, for an actor who may import; raises as `run` does."""
    with site.read(app_name, actor) as tx:
        plan = plan_of(mapping, tx.app, lambda spec, names: look(folder, spec, names))
        demand_import(tx, plan.object.name)
    return plan


def demand_import(tx: Tx, object: str) -> None:
    """Raise `Forbidden` unless the actor may import records of the object."""
    if not access.may(tx, object, "import"):
        label = tx.app.objects[object].label
        raise Forbidden(say("您没有导入“{object}”的权限", "You may not import {object}", object=label))


def rehearse(site: Site, app_name: str, actor: Actor, plan: Plan, folder: Path, progress: Progress) -> Report:
    """The whole import with every rule, and nothing of it stays: on a copy of a SQLite database, so that nobody has to
    wait meanwhile; on a server in one transaction that is taken back."""
    if site.database.file is None:
        return _try(site, app_name, actor, plan, folder, progress)
    with tempfile.TemporaryDirectory(prefix="formwork-") as scratch:
        copy = Path(scratch) / "copy.db"
        site.database.copy_to(copy)
        database = Database(f"sqlite:///{copy}", scratch=True)
        try:
            other = Site(database, now=site.now)
            with site.database.read() as connection:
                other.adopt(site.live(connection, app_name))
            return _try(other, app_name, actor, plan, folder, progress)
        finally:
            database.close()


def _try(site: Site, app_name: str, actor: Actor, plan: Plan, folder: Path, progress: Progress) -> Report:
    report = Report()

    def work(tx: Tx) -> None:
        nonlocal report
        report = import_all(lambda part: part(tx), plan, Drafts(plan, folder), progress)
        raise _Undo

    try:
        site.run(app_name, actor, work)
    except _Undo:
        return report
    raise AssertionError("a trial run is always taken back")


def import_all(execute: Execute, plan: Plan, drafts: Drafts, progress: Progress) -> Report:
    """All batches; `execute` gives each its transaction. Drafts that wait are tried again until none moves."""
    run = Running(execute, plan)
    taken = iter(drafts)
    while batch := list(islice(taken, run.size)):
        run.waiting += run.write(batch)
        run.done += len(batch)
        progress(run.done)
    run.finish_waiting()
    run.left_over(drafts)
    files = (plan.file, *(part.file for part in plan.lines if part.file is not None))
    report = run.report
    report.notes, report.files = plan.notes, files
    report.errors.sort(key=lambda error: (error.file != plan.file.file, error.file, error.row))
    return report


def clocks() -> tuple[float, float]:
    """Where the clock on the wall and that of this thread's own work stand."""
    return time.perf_counter(), time.thread_time()


def paced(size: int, count: int, begun: tuple[float, float]) -> int:
    """How many records the next batch should have, after `count` that were begun then.

    What counts is the work: on a machine with much else to do small batches would only make more of it."""
    wall, own = (now - then for now, then in zip(clocks(), begun, strict=True))
    seconds = max(own, wall / STARVED)
    fitting = int(count * SECONDS / max(seconds, 0.0001))
    return max(LEAST_IN_BATCH, min(MOST_IN_BATCH, fitting, size * 2))


class Running:
    """An import under way: what it has done, which drafts wait, how many records make a batch."""

    def __init__(self, execute: Execute, plan: Plan) -> None:
        self.perform = execute
        self.plan = plan
        self.report = Report()
        self.found: dict[tuple[str, str, str], Ref] = {}
        self.waiting: list[Draft] = []
        self.done = 0
        self.size = FIRST_BATCH

    def write(self, batch: list[Draft], *, last: bool = False) -> list[Draft]:
        """One batch in its transaction; those of it that wait."""
        begun = clocks()
        result = self.perform(lambda tx: write_batch(tx, self.plan, batch, Links(self.found), last=last))
        self.size = paced(self.size, len(batch), begun)
        if len(self.found) > MOST_LINKS:
            self.found.clear()
        self.found.update(result.links.fresh)
        self.report.add(result.report)
        return result.waiting

    def finish_waiting(self) -> None:
        """The drafts that wait, until none moves; what is then left is wrong."""
        waiting, self.waiting = self.waiting, []
        while waiting:
            waiting.reverse()                  # most often the next row is the one that was missing
            still = [draft for batch in self.batches(waiting) for draft in self.write(batch)]
            if len(still) == len(waiting):
                for batch in self.batches(still):
                    self.write(batch, last=True)
                break
            waiting = still

    def batches(self, drafts: list[Draft]) -> Iterator[list[Draft]]:
        """The drafts in batches of the size that fits."""
        start = 0
        while batch := drafts[start:start + self.size]:
            start += len(batch)
            yield batch

    def left_over(self, drafts: Drafts) -> None:
        """Rows of lines that belong to no record."""
        for row in drafts.left_over():
            assert row.fault is not None
            self.report.add(Report(failed=1, errors=[RowError(row.file, row.number, "", row.fault)]))
