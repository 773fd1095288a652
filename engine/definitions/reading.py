"""Follows what expressions read through the compiled objects: own fields, lines, links, balances. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.definitions.decisions import Decision
from engine.definitions.objects import Object
from engine.kinds.fields.base import Field, Literal

FIXED = frozenset({"id", "creator", "created_at", "position", "parent", "ended_on"})
STATE = "state"


@dataclass(frozen=True, slots=True)
class Step:
    """One member on the way of a path. `far`: reached through a link or a way back, so of another record.

    `field` None: a system field (`name` tells which), or a thing that is no field at all (`@today`)."""

    thing: str
    name: str
    field: Field | None
    far: bool = False


def _is_table(decision: Decision) -> bool:
    """Whether every answer stands in the definition."""
    answers = (*(case.gives for case in decision.cases), decision.otherwise)
    return bool(decision.cases) and all(isinstance(one, Literal) for answer in answers for one in answer.values())


class Reader:
    """The compiled objects, and what is known about their formulas."""

    def __init__(self, objects: Mapping[str, Object], decisions: Mapping[str, Decision]) -> None:
        self.objects = objects
        self.decisions = decisions
        self._kept: dict[tuple[str, str], bool] = {}

    def steps(self, thing: str, path: tuple[str, ...]) -> Iterator[Step]:
        """The members that a path reads, from the row at hand outward."""
        if path[0].startswith("@"):
            if path[0] != "@this":
                yield Step("", path[1] if path[0] == "@decision" else path[0], None)
            return
        far = False
        for name in path:
            obj = self.objects.get(thing)
            field = obj.fields.get(name) if obj is not None else None
            yield Step(thing, name, field, far)
            if obj is None:
                return
            if field is not None and field.type.name == "range":  # its ends are parts of the same value
                return
            if name == "parent" and obj.owner:
                thing = obj.owner
            elif name in obj.backs and field is None:
                thing, far = obj.backs[name][0], True
            elif field is not None and field.type.objects:
                thing, far = field.type.objects[0], far or field.type.name != "rows"

    def kept(self, thing: str, name: str) -> bool:
        """Whether the field has a column: everything but balances, and formulas that reach beyond the document."""
        place = (thing, name)
        if place not in self._kept:
            self._kept[place] = False  # a circle is no stored formula
            field = self.objects[thing].fields[name]
            self._kept[place] = self._is_kept(thing, field)
        return self._kept[place]

    def _is_kept(self, thing: str, field: Field) -> bool:
        if field.balance is not None or field.kind == "lines" or not field.holds:
            return False
        if field.formula is None:
            return True
        return all(self.near(step) for path in field.formula.reads for step in self.steps(thing, path))

    def near(self, step: Step) -> bool:
        """Whether a step stays within the document: stored fields, formulas over them, copies, own balances."""
        if not step.thing:
            return self.constant(step.name)
        if step.far:
            return False
        if step.field is None:
            return step.name in FIXED or step.name == STATE
        if step.field.balance is not None:
            return step.field.balance.own or step.field.balance.booked_by_this
        return step.field.kind == "lines" or self.kept(step.thing, step.field.name)

    def constant(self, name: str) -> bool:
        """Whether a decision depends on nothing but its inputs."""
        decision = self.decisions.get(name)
        if decision is None or decision.formula is None:
            return decision is not None and _is_table(decision)
        return all(path[0].removeprefix("@") in decision.inputs and len(path) == 1 for path in decision.formula.reads)
