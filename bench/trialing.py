"""`python -m bench.trialing [FILE]`: what declared tests cost, beside the same commands through the bare pipeline.

Prints simple tests a second (create a record, look at two values, verify), in CPU time and on the clock, the ratio to
the pipeline on a durable database in the same run, and what the tests of a definition cost each."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.builder import trials
from engine.definitions.app import App
from engine.definitions.compile import app_from, load
from engine.definitions.filters import Reader, everything, value
from engine.expressions.scope import Frame
from engine.runtime.services import commands, inputs
from engine.runtime.services.registers import verification
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx

ROUNDS, TESTS = 5, 100
STEPS = """\
    - {create: request, called: r, with: {name: A, days: 3, price: 5}}
    - {expect: [r.total = 15, count(request) = 1]}
"""
APP = """\
app: bench
objects:
  request:
    fields: {name: text, days: {type: integer, min: 1}, price: money, total: {formula: days * price, type: money}}
    states: {draft: {}, sent: {}}
    effective: sent
    posts: [{to: spent, keys: {request: this}, add: {amount: total}}]
registers: {spent: {keys: {request: {type: link, to: request}}, measures: {amount: money}, guards: [amount >= 0]}}
tests:
""" + "".join(f"  test {number}:\n{STEPS}" for number in range(TESTS))
VALUES = {"name": "A", "days": 3, "price": 5}


def declared(app: App) -> None:
    """All tests of the app; they must hold."""
    wrong = [result for result in trials.run(app) if result.problem]
    if wrong:
        raise SystemExit(f"{wrong[0].name}: {wrong[0].problem}")


def pipeline(app: App, folder: Path) -> None:
    """The same work for the same number of records, on one site."""
    site = Site(Database(f"sqlite:///{folder / 'bench.db'}"))
    site.publish(app.texts)
    for _ in range(TESTS):
        id = site.run(app.name, SERVICE, _create)
        for text in ("total", "count(request)"):
            with site.read(app.name, SERVICE) as tx:
                session = Session(tx)
                expression = value(Reader(tx.app, everything(tx.app)), "request", text)
                expression.value(Frame(session, this=session.record(id)))
    verification.verify(site, app.name)
    site.database.close()


def _create(tx: Tx) -> object:
    return commands.create(tx, "request", inputs.read(tx, "request", VALUES)).ref


def spent(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of CPU and on the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - clock


def main(file: Path) -> None:
    """Measure in turns and print the medians."""
    app = app_from(APP)
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(spent(lambda: declared(app)))
        with tempfile.TemporaryDirectory() as folder:
            bare.append(spent(lambda folder=folder: pipeline(app, Path(folder))))  # type: ignore[misc]
    cpu, clock = (statistics.median(column) for column in zip(*ours, strict=True))
    bare_cpu, bare_clock = (statistics.median(column) for column in zip(*bare, strict=True))
    print(f"simple tests        {TESTS / cpu:6.0f} a second of CPU, {TESTS / clock:6.0f} on the clock")
    print(f"the bare pipeline   {TESTS / bare_cpu:6.0f} a second of CPU, {TESTS / bare_clock:6.0f} on the clock")
    print(f"a test costs {cpu / bare_cpu:.1f} times the CPU of its commands, {clock / bare_clock:.1f} times their time")
    big = load(file).app
    if big is not None and big.tests:
        cpu, clock = spent(lambda: declared(big))
        print(f"{big.name:<20}{len(big.tests) / cpu:6.0f} a second of CPU, {len(big.tests) / clock:6.0f} on the clock")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "apps/sales_erp.yaml"))
