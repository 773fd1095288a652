"""A run of steps: what it has in hand, and the runners of all kinds of steps, which register themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from engine.expressions.scope import Frame
from engine.expressions.values import Row
from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Notify
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session

Runner: TypeAlias = "Callable[[Any, Run], None]"
SomeStep = TypeVar("SomeStep", bound=Step)
RUNNERS: dict[type[Step], Runner] = {}


@dataclass(slots=True)
class Run:
    """The steps of one action or automation in progress. `record` acts (None: an automation may have none); `names` are
    what earlier steps called their results; `row` is what `this` is inside of an `each` (a record, a line, a row of a
    register or report).

    `act` takes an action of another record in the same transaction, `tell` sends a notice; both come from above.
    `start` starts a flow at the end of the command.
    `touch` is asked before fields (none named: all) of a record that was there are changed; it may refuse."""

    session: Session
    record: Record | None
    act: Callable[[Record, str, Mapping[str, Any]], None]
    tell: Callable[[Record | None, Notify, Frame], None]
    names: dict[str, object] = field(default_factory=dict)
    created: list[Record] = field(default_factory=list)
    row: Row | None = None
    group: tuple[Record, ...] = ()             # records that share this run, the acting one first
    touch: Callable[[Record, Collection[str]], None] = lambda record, names: None
    start: Callable[[Record, str], None] = lambda record, flow: None

    def frame(self) -> Frame:
        row = self.record if self.row is None else self.row
        return Frame(self.session, names=self.names) if row is None else self.session.frame(row, **self.names)

    def touched(self, record: Record, names: Collection[str]) -> None:
        """Ask whether a record that was there may change; of a line, whether its record's lines may."""
        if not record.root.is_new:
            self.touch(record.root, names if record.parent is None else (record.definition.owner_field,))

    @property
    def own(self) -> Record:
        """The record that acts, where the checker has seen to it that there is one."""
        assert self.record is not None, "the checker refuses steps that need a record where there is none"
        return self.record


def runs(kind: type[SomeStep]) -> Callable[[Callable[[SomeStep, Run], None]], Callable[[SomeStep, Run], None]]:
    """Register the function as what runs the steps of a kind."""
    def register(runner: Callable[[SomeStep, Run], None]) -> Callable[[SomeStep, Run], None]:
        assert kind not in RUNNERS, f"two runners of {kind.__name__}"
        RUNNERS[kind] = runner
        return runner

    return register


def run(steps: Iterable[Step], state: Run) -> None:
    """Run the steps in order."""
    for step in steps:
        if due(step, state.frame()):
            RUNNERS[type(step)](step, state)


def due(step: Step, frame: Frame) -> bool:
    """Whether a step is to be taken: its `when` holds and its `unless` does not."""
    return (step.when is None or holds(step.when, frame)) and (step.unless is None or not holds(step.unless, frame))
