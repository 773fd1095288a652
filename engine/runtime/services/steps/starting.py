"""Steps that set other things going: `start`, `run`, `signal`; and those with which nothing is done here."""

from __future__ import annotations

from engine.kinds.actions.run import RunAutomation
from engine.kinds.actions.signal import Signal
from engine.kinds.actions.start import Start
from engine.kinds.actions.wait import Wait
from engine.runtime.services.approvals import flow_calls
from engine.runtime.services.automation import following
from engine.runtime.services.steps.runs import Run, runs
from engine.runtime.services.steps.slots import targets


@runs(Start)
def _start(step: Start, state: Run) -> None:
    for record in targets(step.of, state):
        state.start(record, step.flow)


@runs(RunAutomation)
def _run_automation(step: RunAutomation, state: Run) -> None:
    """Entered at the end of the command, when the record has its number."""
    tx, record = state.session.tx, state.record
    state.session.at_end.append(lambda: following.ask(tx, step.automation, record))


@runs(Signal)
def _signal(step: Signal, state: Run) -> None:
    for record in targets(step.of, state):
        flow_calls.send(record.root, step.name, keep=step.early == "keep")


@runs(Wait)
def _wait(step: Wait, state: Run) -> None:
    """The business of `pausing`: the steps that come after it are a job of their own."""

