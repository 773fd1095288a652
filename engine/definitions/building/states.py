"""Builds the states of objects, real and derived. Moves nothing."""

from __future__ import annotations

from engine.definitions.desks import Desk, flag, scalars, word
from engine.definitions.nodes import Map
from engine.definitions.objects import State
from engine.definitions.outlines import Thing, key_at, maps
from engine.errors import Location
from engine.expressions.compiled import Expression


def states(desk: Desk, thing: Thing) -> dict[str, State]:
    """The states in the order in which they were declared."""
    node = thing.spec.get("states")
    return {name: _state(desk, thing, name, spec, key_at(node, name)) for name, spec in maps(node)}


def _state(desk: Desk, thing: Thing, name: str, spec: Map, at: Location) -> State:
    within = desk.some_of(spec.get("within"), thing.states, "state", "E-REF-008")
    when = desk.condition(spec.get("when"), desk.scope(thing.name))
    if spec.get("within") is not None and spec.get("when") is None:
        desk.report("E-STA-001", f"the derived state `{name}` has no condition", spec.at, "add `when:`")
    if spec.get("when") is not None and spec.get("within") is None:
        desk.report("E-STA-002", f"the state `{name}` has a condition but lies in no state", spec.at, "add `within:`")
    edit = spec.get("edit")
    return State(
        name=name,
        label=desk.label(spec.get("name"), name),
        color=word(spec.get("color")),
        final=flag(spec.get("final")),
        edit=None if edit is None else desk.paths(edit, thing.name),
        within=within,
        when=when,
        was=word(spec.get("was")),
        location=at,
    )


def effective_while(desk: Desk, thing: Thing) -> Expression | None:
    """The condition under which posts count at all."""
    node = thing.spec.get("effective")
    return desk.condition(node.get("while"), desk.scope(thing.name)) if isinstance(node, Map) else None


def effective(desk: Desk, thing: Thing) -> tuple[str, ...]:
    """The states in which posts count: those given, else all real ones."""
    node = thing.spec.get("effective")
    given = node.get("states") if isinstance(node, Map) else None
    if given is None:
        return thing.states
    for item in scalars(given):
        if item.text in thing.derived:
            hint = "name the states that it lies in"
            desk.report("E-STA-003", f"`{item.text}` is a derived state: posts never depend on one", item.at, hint)
            return ()
    return desk.some_of(given, thing.states, "state", "E-REF-008")
