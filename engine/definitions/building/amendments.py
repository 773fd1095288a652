"""Builds the action by which a record that counts is changed: what it asks for waits for a flow. Takes none."""

from __future__ import annotations

from engine.definitions.building.states import effective
from engine.definitions.building.steps import Walk
from engine.definitions.desks import Desk, scalars
from engine.definitions.nodes import Map
from engine.definitions.objects import AMEND, Action
from engine.definitions.outlines import Thing
from engine.texts import say

LABEL = say(zh="申请变更", en="Ask for a change")
KEPT = ("file", "files", "image", "signature")  # what these hold belongs to a form that is saved


def amendment(desk: Desk, thing: Thing) -> dict[str, Action]:
    """The action of an object with `amend`, by its name; nothing of others."""
    spec = thing.spec.get("amend")
    if not isinstance(spec, Map):
        return {}
    own = thing.spec.get("actions")
    if isinstance(own, Map) and own.pair(AMEND) is not None:
        desk.report("E-ACT-006", f"`{AMEND}` is the action that `amend` gives {thing.name}", own.key_at(AMEND),
                    "give the action another name, or leave `amend` out")
    names = desk.scope(thing.name)
    fields = desk.paths(spec.get("fields"), thing.name)
    _check_fields(desk, thing, spec)
    flow = desk.named(spec.get("flow"), "flow")
    of = desk.flow_objects.get(flow, thing.name)
    if of != thing.name:
        desk.report("E-FLW-014", f"the flow {flow} is one of {of}, not of {thing.name}", spec.key_at("flow"))
    label = LABEL if spec.get("name") is None else desk.label(spec.get("name"), AMEND)
    action = Action(
        name=AMEND,
        label=label,
        icon="pencil",
        from_states=tuple(state for state in effective(desk, thing) if state != next(iter(thing.states), "")),
        by=desk.who(spec.get("by"), names),
        when=desk.condition(spec.get("when"), names),
        ask_fields=fields,
        do=Walk(desk, thing.name, names).steps(spec.get("do")),
        start=flow,
        amends=True,
        location=thing.spec.key_at("amend"),
    )
    return {AMEND: action}


def _check_fields(desk: Desk, thing: Thing, spec: Map) -> None:
    """Only what is stored and somebody may type can wait."""
    for item in scalars(spec.get("fields")):
        place = desk.outline.path(thing.name, item.text.split("."))
        if place is None:
            continue
        field = desk.outline.field(*place)
        if desk.outline.computed(*place):
            desk.report("E-VAL-003", f"`{item.text}` is computed: nobody can amend it", item.at)
        elif field is not None and field.kind in KEPT:
            desk.report("E-ACT-007", f"`{item.text}` holds files: they cannot wait", item.at, "leave it out")
