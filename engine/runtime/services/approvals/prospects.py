"""What would come of a flow if everybody agreed: the flow's own core and the same rules for people, nothing kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow
from engine.errors import Failure
from engine.kinds.actions.base import Step
from engine.runtime.services.approvals import deciding
from engine.runtime.services.approvals.deciding import Event, Note
from engine.runtime.services.approvals.resolving import RecordScope
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.flow_states import HUMAN, Instance, State, Task
from engine.texts import Text

MOST = 60                                      # answers that are thought out
FIRST = 10**12                                 # numbers of what is only thought of begin here
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is to be expected: the state at the end, what was noted on the way; `stopped` says why it ends early."""

    state: State
    notes: tuple[Note, ...] = ()
    stopped: Text | None = None


class Thought(RecordScope):
    """A scope that takes no step and misses no field: what people will fill in is not known yet."""

    def perform(self, step: Step) -> None:
        """What the step would do to the record is not foreseen."""

    def signalled(self, name: str) -> bool:
        return True                            # whatever is waited for will come

    def missing(self, fields: Sequence[str]) -> Sequence[str]:
        return ()


def ahead(session: Session, record: Record, flow: Flow, state: State) -> Prospect:
    """From where an approval stands to its end, with everybody saying yes as soon as they are asked."""
    kept = set(session.raised_names)
    try:
        return _agreed(Thought(session, record, flow), flow, state, ())
    finally:
        session.raised_names = kept


def from_start(
    session: Session, record: Record, flow: Flow, *, initiator: int | None, raised: frozenset[str]
) -> Prospect:
    """The same for a record whose approval would begin now."""
    assert record.id is not None, "a record is there before its flow"
    instance = Instance(0, session.tx.app.name, flow.name, 0, record.object, record.id, initiator, raised=raised)
    scope, session.raised_names = Thought(session, record, flow), set(raised)
    try:
        began = deciding.decide(flow, State(instance), deciding.Started(initiator), scope)
    except Failure as failure:
        return Prospect(State(instance), (), failure.message)
    state, notes = _numbered(began.state, began.notes, FIRST)
    return _agreed(scope, flow, state, notes)


def _agreed(scope: Thought, flow: Flow, state: State, notes: tuple[Note, ...]) -> Prospect:
    scope.session.raised_names |= state.instance.raised
    for turn in range(1, MOST + 1):
        event = _yes(flow, state) if state.instance.status in ("running", "returned") else None
        if event is None:
            return Prospect(state, notes)
        try:
            decision = deciding.decide(flow, state, event, scope)
        except Failure as failure:             # a condition that cannot be told, nobody to ask …
            return Prospect(state, notes, failure.message)
        state, fresh = _numbered(decision.state, decision.notes, FIRST + turn * 10_000)
        notes = (*notes, *fresh)
    return Prospect(state, notes)


def _yes(flow: Flow, state: State) -> Event | None:
    """The next thing that is waited for, answered; None where nothing is."""
    for task in state.tasks.values():
        visit = state.visits.get(task.visit)
        if task.status == "pending" and visit is not None and visit.status == "open":
            return _answer(flow, task, visit.kind, visit.at)
    for visit in state.visits.values():
        if visit.status == "open" and visit.kind == "wait":
            return deciding.TimerFired("wait", visit.id)
        if visit.status == "open" and visit.kind == "subflow":
            return deciding.ChildEnded(visit.id, ("approved",) * len(visit.arms))
    return None


def _answer(flow: Flow, task: Task, kind: str, at: str) -> Event | None:
    if task.owner != task.assignee:
        return deciding.Answered(task.id, task.assignee, "+")
    if kind == "revise":
        return deciding.Resubmitted(task.id, task.assignee)
    step = blocks.step_at(flow, at) if kind in HUMAN else None
    if not isinstance(step, Approve):
        return None
    return deciding.TaskDecided(task.id, task.assignee, "done" if step.work else "approve", "+", signature="+")


def _numbered(state: State, notes: Sequence[Note], first: int) -> tuple[State, tuple[Note, ...]]:
    """The state with numbers for its new rows, so that a next decision may number its own from the beginning."""

    def named(part: T) -> T:
        changes: dict[str, Any] = {
            field.name: first - value
            for field in fields(part)  # type: ignore[arg-type]  # parts of a state are dataclasses
            if isinstance(value := getattr(part, field.name), int) and value < 0
        }
        return replace(part, **changes) if changes else part  # type: ignore[type-var]

    def all_named(parts: Mapping[int, T]) -> dict[int, T]:
        return {(first - id if id < 0 else id): named(part) for id, part in parts.items()}

    fresh = State(state.instance, all_named(state.tokens), all_named(state.visits), all_named(state.tasks))
    return fresh, tuple(named(note) for note in notes)
