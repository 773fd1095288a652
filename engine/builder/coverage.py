"""What the tests of an app reach: both outcomes of its conditions, its actions, steps and rows. Runs no test.

The compiled app is copied with its conditions wrapped, so that an app that nobody watches pays nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

from engine.definitions.access import Grant, Hidden, Permission
from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.definitions.decisions import Case, Decision
from engine.definitions.flows import Approve, Arm, Branch, Copy, Do, End, Flow, Notify, Parallel, Subflow, Wait
from engine.definitions.objects import Action, Check, Keep, Lock, Object, Post, PostRow, State, Unique
from engine.definitions.questions import Alert
from engine.definitions.registers import Guard, Register
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Literal
from engine.expressions.scope import Frame
from engine.expressions.values import Value
from engine.kinds.actions.base import Step
from engine.runtime.services.site import Site
from engine.runtime.storage import flow_rows
from engine.runtime.storage.actors import SERVICE

BOTH, HELD, MAY = ("true", "false"), ("held", "failed"), ("allowed", "denied")
FIRED, TAKEN, REACHED, CHOSEN = ("fired", "silent"), ("taken",), ("reached",), ("chosen",)

# Which conditions are watched: attribute of a part of the definition → (kind, outcome where it holds, and where not).
WATCHED: Mapping[tuple[type, str], tuple[str, tuple[str, str]]] = {
    (Check, "that"): ("checks", HELD),
    (Check, "when"): ("branches", BOTH),
    (Guard, "when"): ("branches", BOTH),
    (Guard, "unless"): ("branches", BOTH),
    (Permission, "when"): ("access", MAY),
    (Hidden, "when"): ("access", MAY),
    (Hidden, "unless"): ("access", MAY),
    (Action, "when"): ("branches", BOTH),
    (Action, "ways"): ("branches", BOTH),
    (Approve, "when"): ("branches", BOTH),
    (Approve, "unless"): ("branches", BOTH),
    (Arm, "when"): ("branches", BOTH),
    (End, "when"): ("branches", BOTH),
    (End, "unless"): ("branches", BOTH),
    (Wait, "when"): ("branches", BOTH),
    (Subflow, "when"): ("branches", BOTH),
    (Subflow, "unless"): ("branches", BOTH),
    (Wait, "unless"): ("branches", BOTH),
    (Copy, "when"): ("branches", BOTH),
    (Copy, "unless"): ("branches", BOTH),
    (Notify, "when"): ("branches", BOTH),
    (Notify, "unless"): ("branches", BOTH),
    (Step, "when"): ("branches", BOTH),
    (Step, "unless"): ("branches", BOTH),
    (Step, "test"): ("branches", BOTH),
    (Post, "when"): ("branches", BOTH),
    (Keep, "unless"): ("branches", BOTH),
    (PostRow, "where"): ("branches", BOTH),
    (Unique, "when"): ("branches", BOTH),
    (Unique, "each_when"): ("branches", BOTH),
    (Object, "effective_while"): ("branches", BOTH),
    (Lock, "when"): ("branches", BOTH),
    (State, "when"): ("states", BOTH),
    (Alert, "when"): ("alerts", FIRED),
    (Automation, "when"): ("branches", BOTH),
}
KINDS = ("branches", "guards", "checks", "access", "actions", "steps", "decisions", "alerts", "states")
OPEN = (
    Object, State, Check, Action, Post, PostRow, Unique, Lock, Register, Guard, Flow, Approve, Copy, Branch, Arm, Do,
    End, Wait, Subflow, Parallel, Notify, Alert, Grant, Permission, Hidden, Decision, Case, Step,
    Automation,
)


@dataclass(slots=True)
class Place:
    """One place of a definition: what may come of it (`wanted`), and what did (`seen`)."""

    kind: str
    text: str
    at: Location
    wanted: tuple[str, ...]
    seen: set[str] = field(default_factory=set)

    @property
    def missing(self) -> tuple[str, ...]:
        """The outcomes that no test brought about."""
        return tuple(one for one in self.wanted if one not in self.seen)


class Noted(dict[str, Any]):
    """A map of the definition that notes when it is used."""

    def __init__(self, values: Mapping[str, Any], place: Place) -> None:
        super().__init__(values)
        self.place = place

    def items(self) -> Any:
        self.place.seen.update(self.place.wanted)
        return super().items()


class Coverage:
    """What is reached in one app. `watched` gives the app to run, `close` looks at a test's site at its end."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, Location, str], Place] = {}

    def watched(self, app: App) -> App:
        """The app with its conditions, actions and decisions watched."""
        for flow in app.flows.values():
            for step in _approvals(flow.steps):
                self._place("steps", f"{flow.name}.{step.name}", step.location, REACHED)
        parts = ("objects", "registers", "flows", "alerts", "grants", "decisions", "automations")
        return replace(app, **{name: self._copied(getattr(app, name), App, name) for name in parts})

    def close(self, site: Site, app: str) -> None:
        """Note the steps of flows that the test reached."""
        with site.read(app, SERVICE) as tx:
            reached = flow_rows.steps_reached(tx)
        for place in self.places.values():
            if place.kind == "steps" and tuple(place.text.rsplit(".", 1)) in reached:
                place.seen.add("reached")

    def _place(self, kind: str, text: str, at: Location, wanted: tuple[str, ...]) -> Place:
        known = Place(kind, text, at, wanted)
        return self.places.setdefault((kind, at, text), known)

    def _copied(self, value: Any, owner: type, name: str) -> Any:
        """The value with everything watched in it replaced; itself where nothing is."""
        if isinstance(value, Expression):
            return self._expression(value, owner, name)
        if isinstance(value, Mapping):
            return {key: self._copied(inner, owner, name) for key, inner in value.items()}
        if isinstance(value, tuple):
            return tuple(self._copied(inner, owner, name) for inner in value)
        return self._part(value) if isinstance(value, OPEN) else value

    def _part(self, part: Any) -> Any:
        """A part of the definition with its own parts copied."""
        assert is_dataclass(part) and not isinstance(part, type)
        if isinstance(part, Automation) and not part.active:
            return part                        # no test can bring it about
        kind = Step if isinstance(part, Step) else type(part)
        changes = {one.name: self._copied(getattr(part, one.name), kind, one.name) for one in fields(part) if one.init}
        if isinstance(part, Guard):
            changes["slacks"] = self._slacks(part)
        if isinstance(part, Action):
            changes["set"] = Noted(part.set, self._place("actions", part.name, part.location, TAKEN))
        if isinstance(part, Decision):
            changes["cases"] = tuple(self._case(part, row, case) for row, case in enumerate(part.cases, 1))
            if part.otherwise:
                place = self._place("decisions", f"{part.name}, otherwise", part.location, CHOSEN)
                changes["otherwise"] = Noted(part.otherwise, place)
        return replace(part, **changes)

    def _case(self, decision: Decision, row: int, case: Case) -> Case:
        at = getattr(case, "location", decision.location)
        place = self._place("decisions", f"{decision.name}, row {row}", at, CHOSEN)
        return replace(case, gives=Noted(case.gives, place))

    def _expression(self, expression: Expression, owner: type, name: str) -> Expression:
        found = WATCHED.get((owner, name))
        if found is None or isinstance(expression.node, Literal) or not expression.at.file:
            return expression
        kind, outcomes = found
        return _noting(expression, self._place(kind, expression.text, expression.at, outcomes))

    def _slacks(self, guard: Guard) -> tuple[Expression, ...]:
        """A guard holds by its slacks: below zero it fails."""
        place = self._place("guards", guard.that.text, guard.that.at, HELD)
        return tuple(_noting(slack, place) for slack in guard.slacks)

    # ---- the report

    def counts(self) -> dict[str, tuple[int, int]]:
        """Kind → outcomes reached, and all there are."""
        found = {}
        for kind in KINDS:
            places = [place for place in self.places.values() if place.kind == kind]
            everything = sum(len(place.wanted) for place in places)
            found[kind] = (everything - sum(len(place.missing) for place in places), everything)
        return found

    def percent(self) -> float:
        """The share of outcomes reached, in percent; 100 where there is nothing to reach."""
        reached, everything = (sum(column) for column in zip(*self.counts().values(), strict=True))
        return 100 * reached / everything if everything else 100.0

    def unreached(self) -> list[Place]:
        """Places with outcomes that no test brought about, in the order of the files."""
        missing = (place for place in self.places.values() if place.missing)
        return sorted(missing, key=lambda place: (place.at.file, place.at.line, place.at.column, place.kind))


def _approvals(steps: tuple[Any, ...]) -> Iterator[Approve]:
    for step in steps:
        if isinstance(step, Approve):
            yield step
        for arm in getattr(step, "arms", ()):
            yield from _approvals(arm.steps)


def _noting(expression: Expression, place: Place) -> Expression:
    """The expression that notes what comes of it; a number below zero counts as no."""
    run = expression._run
    holds, otherwise = place.wanted

    def noting(frame: Frame) -> Value:
        found = run(frame)
        place.seen.add(holds if found is True or (isinstance(found, Decimal) and found >= 0) else otherwise)
        return found  # type: ignore[no-any-return]

    return replace(expression, _run=noting)
