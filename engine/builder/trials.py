"""Declared tests: runs the `tests:` of an app through the same pipeline as everybody, each on a database of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.builder.rehearsals import Stage
from engine.builder.teststeps import Failed, Trial
from engine.definitions.app import App
from engine.definitions.nodes import List, Map, Node
from engine.errors import Failure, Location
from engine.runtime.services import verification
from engine.runtime.services.site import Site


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went; `problem` is blank where it passed, `at` the step that did not."""

    name: str
    problem: str = ""
    at: Location = Location("")


def run(app: App, *, only: str = "") -> Iterator[Result]:
    """Run the tests whose name contains `only`, one after the other."""
    chosen = [(name, steps) for name, steps in app.tests.items() if only.lower() in name.lower()]
    if not chosen:
        return
    with tempfile.TemporaryDirectory(prefix="formwork-test-") as folder:
        stage = Stage(app, Path(folder))
        for number, (name, steps) in enumerate(chosen):
            site, clock = stage.copy(number)
            try:
                yield _run(Trial(stage, site, clock), site, name, steps)
            finally:
                stage.discard(site, number)


def _run(trial: Trial, site: Site, name: str, steps: object) -> Result:
    at = Location("")
    try:
        for step in steps if isinstance(steps, List) else ():
            at = step.at
            trial.take(_map(step))
    except Failed as failed:
        return Result(name, str(failed), failed.at or at)
    except Failure as failure:
        reasons = "; ".join(f"{e.field}: {e.message.to('en')}" for e in failure.errors)
        return Result(name, f"refused: {failure.message.to('zh')} / {failure.message.to('en')} {reasons}".rstrip(), at)
    wrong = verification.verify(site, trial.stage.app.name)
    if wrong:
        return Result(name, "verify: " + "; ".join(f"{d.what} {d.place}: {d.text}" for d in wrong[:3]), at)
    return Result(name)


def _map(step: Node) -> Map:
    if not isinstance(step, Map):
        raise Failed("a step is a map", step.at)
    return step
