"""Declared tests: runs the `tests:` of an app through the same pipeline as everybody, each on a database of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.builder import answers, expectations, showings, teststeps
from engine.builder.coverage import Coverage
from engine.builder.rehearsals import Failed, Stage, moment_of, words_of
from engine.builder.selecting import everything
from engine.builder.staging import Trial, text
from engine.definitions.app import App
from engine.definitions.language.tests import TESTSTEP
from engine.definitions.nodes import List, Map, Node
from engine.errors import Failure, Location
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site

SAMPLES = "samples"  # the name under which samples that cannot be planted are told


class Skipped(Exception):
    """A test that cannot run: a step of it is declared, not yet active."""

    def __init__(self, message: str, at: Location) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went. `problem` is blank where it did not fail; `expected` and `got` where something was compared;
    `skipped` says why it did not run; `at` is the place, `width` letters wide, `step` which step it was (1-based, 0
    none); `seconds` how long it took."""

    name: str
    problem: str = ""
    at: Location = Location("")
    step: int = 0
    expected: str = ""
    got: str = ""
    skipped: str = ""
    width: int = 1
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        """passed, failed or skipped."""
        return "failed" if self.problem else "skipped" if self.skipped else "passed"


def run(
    app: App,
    *,
    only: str = "",
    chosen: Callable[[str], bool] = everything,
    coverage: Coverage | None = None,
) -> Iterator[Result]:
    """Run the tests whose name contains `only` and which are `chosen`, one after the other; `coverage` notes what they
    reach."""
    if coverage is not None:
        coverage.watched(app)  # what there is to reach is known also where nothing runs
    wanted = {name: steps for name, steps in app.tests.items() if only.lower() in name.lower() and chosen(name)}
    if not wanted:
        return
    with tempfile.TemporaryDirectory(prefix="formwork-test-") as folder:
        try:
            stage = Stage(app, Path(folder)) if coverage is None else Stage(app, Path(folder), coverage.watched)
        except Failed as failed:
            yield Result(SAMPLES, str(failed), failed.at or app.samples.at)
            return
        try:
            for name, steps in wanted.items():
                begun = time.perf_counter()
                site, clock = stage.fresh()
                result = _run(Trial(stage, site, clock), site, name, steps)
                if coverage is not None:
                    coverage.close(site, app.name)
                yield replace(result, seconds=time.perf_counter() - begun)
        finally:
            stage.close()


def _run(trial: Trial, site: Site, name: str, steps: Node) -> Result:
    result = _played(trial, site, name, steps)
    jobs = trial.given_up() if result.problem else ""
    return replace(result, problem=f"{result.problem} (in the background {jobs})") if jobs else result


def _played(trial: Trial, site: Site, name: str, steps: Node) -> Result:
    at, number = Location(""), 0
    try:
        for step in steps if isinstance(steps, List) else ():
            assert isinstance(step, Map), "the checker requires it"
            at, number = step.at, number + 1
            take(trial, step)
        trial.work_off()
        wrong = verification.verify(site, trial.stage.app.name)
    except Skipped as skipped:
        return Result(name, at=skipped.at, step=number, skipped=str(skipped))
    except Failed as failed:
        return Result(name, str(failed), failed.at or at, number, failed.expected, failed.got, width=failed.width)
    except Failure as failure:
        return Result(name, f"refused: {words_of(failure)}", at, number)
    except Exception as defect:  # of the engine: the test has failed, the others still count
        return Result(name, f"the engine failed: {type(defect).__name__}: {defect}", at, number)
    if wrong:
        return Result(name, "verify: " + "; ".join(f"{d.what} {d.place}: {d.text}" for d in wrong[:3]), at)
    return Result(name)


def take(trial: Trial, step: Map) -> None:
    """Carry out one step; `refused` turns its failure into what is expected."""
    who = step.get("as")
    if who is not None:
        trial.actor = trial.person(who)
    moment = step.get("at")
    if moment is not None:
        trial.move_to(moment_of(trial.app, text(moment)))
    verb = next((name for name in TESTSTEP.variants if step.get(name) is not None), "")
    if verb in ("as", "at", ""):
        return
    if verb not in RUNNERS:
        raise Skipped(f"the step `{verb}` is declared, not yet active", step.at)
    refused = step.get("refused")
    try:
        RUNNERS[verb](trial, step)
    except Failure as failure:
        if refused is None:
            raise
        expectations.check_refusal(failure, refused)
    else:
        if refused is not None:
            wanted = "a refusal" if text(refused) == "true" else f"a refusal like {text(refused)}"
            raise Failed("it was not refused", refused.at, expected=wanted, got="it was done")


RUNNERS: Mapping[str, Callable[[Trial, Map], None]] = {
    **dict.fromkeys(teststeps.COMMANDS, teststeps.command),
    "webhook_in": teststeps.webhook_in,
    "fill": teststeps.fill,
    "wait": teststeps.wait,
    "at_once": teststeps.at_once,
    "close": teststeps.close,
    "reopen": teststeps.reopen,
    "absent": teststeps.absent,
    "expect": expectations.expect,
    "can": expectations.can,
    "cannot": expectations.cannot,
    "fires": expectations.fires,
    "prints": showings.prints,
    "asks": answers.asks,
    "shows": showings.shows,
    "hides": showings.hides,
    "sends": expectations.sends,
    "told": expectations.told,
    "not_told": expectations.told,
    "mailed": expectations.mailed,
    "not_mailed": expectations.mailed,
}
