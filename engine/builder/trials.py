"""Declared tests: runs the `tests:` of an app through the same pipeline as everybody, each on a database of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.builder import expectations, teststeps
from engine.builder.rehearsals import Stage, moment_of
from engine.builder.staging import Failed, Trial, text_of
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


def _run(trial: Trial, site: Site, name: str, steps: Node) -> Result:
    at = Location("")
    try:
        for step in _steps(steps):
            at = step.at
            take(trial, _map(step))
    except Failed as failed:
        return Result(name, str(failed), failed.at or at)
    except Failure as failure:
        reasons = "; ".join(f"{e.field}: {e.message.to('en')}" for e in failure.errors)
        return Result(name, f"refused: {failure.message.to('zh')} / {failure.message.to('en')} {reasons}".rstrip(), at)
    wrong = verification.verify(site, trial.stage.app.name)
    if wrong:
        return Result(name, "verify: " + "; ".join(f"{d.what} {d.place}: {d.text}" for d in wrong[:3]), at)
    return Result(name)


def _steps(node: Node) -> List:
    if not isinstance(node, List) or not node.items:
        raise Failed("a test is a list of steps", node.at)
    return node


def _map(step: Node) -> Map:
    if not isinstance(step, Map):
        raise Failed("a step is a map", step.at)
    return step


def take(trial: Trial, step: Map) -> None:
    """Carry out one step; `refused` turns its failure into what is expected."""
    who = step.get("as")
    if who is not None:
        trial.actor = trial.person(who)
    moment = step.get("at")
    if moment is not None:
        trial.move_to(moment_of(trial.app, text_of(moment)))
    verb = next((name for name in RUNNERS if step.get(name) is not None), "")
    if not verb:
        if who is None and moment is None:
            raise Failed(f"no verb: one of {', '.join(RUNNERS)}", step.at)
        return
    refused = step.get("refused")
    try:
        RUNNERS[verb](trial, step)
    except Failure as failure:
        if refused is None:
            raise
        expectations.check_refusal(failure, refused)
    else:
        if refused is not None:
            raise Failed(f"expected a refusal like {text_of(refused)}, but it was done", refused.at)


RUNNERS: Mapping[str, Callable[[Trial, Map], None]] = {
    "create": teststeps.create,
    "update": teststeps.update,
    "delete": teststeps.delete,
    "act": teststeps.act,
    "approve": teststeps.decide,
    "reject": teststeps.decide,
    "return": teststeps.decide,
    "expect": expectations.expect,
    "wait": teststeps.wait,
    "at_once": teststeps.at_once,
    "can": expectations.can,
    "cannot": expectations.cannot,
    "fires": expectations.fires,
    "told": expectations.told,
    "not_told": expectations.told,
}
