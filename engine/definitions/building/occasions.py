"""Builds forms for an occasion: those that are not open to everybody. Draws nothing."""

from __future__ import annotations

from engine.definitions.building.layouts import laid_fields, layout
from engine.definitions.building.steps import Walk
from engine.definitions.desks import Desk, flag, scalars
from engine.definitions.nodes import List, Map, Node
from engine.definitions.occasions import Occasion
from engine.definitions.outlines import Thing, maps
from engine.suggest import did_you_mean

FOR_EVERYBODY = ("by", "acts")                 # of forms for people with an account only


def occasions(desk: Desk, thing: Thing) -> dict[str, Occasion]:
    """All forms of an object but those that are `public`."""
    found = maps(thing.spec.get("forms"))
    return {name: _form(desk, thing, name, spec) for name, spec in found if not is_public(spec.get("public"))}


def is_public(node: Node | None) -> bool:
    """Whether `public` says yes."""
    return isinstance(node, Map) or flag(node)


def entries(node: Node | None) -> List | None:
    """The entries of a form's `fields`; one may stand alone."""
    return node if isinstance(node, List) or node is None else List((node,), node.at)


def _form(desk: Desk, thing: Thing, name: str, spec: Map) -> Occasion:
    names = desk.scope(thing.name)
    columns: dict[str, list[str]] = {}
    laid = layout(desk, thing, entries(spec.get("fields")), columns)
    walk = Walk(desk, thing.name, names)
    before = walk.steps(spec.get("before"))
    return Occasion(
        object=thing.name,
        name=name,
        label=desk.label(spec.get("name"), name),
        fields=tuple(laid_fields(laid)),
        layout=laid,
        columns={head: tuple(names) for head, names in columns.items()},
        by=desk.who(spec.get("by"), names),
        before=before,
        set=dict(desk.values(spec.get("set"), thing.name, walk.names)),
        acts=_acts(desk, thing, spec),
        thanks=desk.template(spec.get("thanks"), names),
        location=spec.at,
    )


def _acts(desk: Desk, thing: Thing, spec: Map) -> tuple[str, ...] | None:
    """The actions that may follow at once: they lead on from the first state and ask for nothing."""
    node = spec.get("acts")
    if node is None:
        return None
    first = thing.states[0] if thing.states else ""
    found = []
    for item in scalars(node):
        action = thing.acts.get(item.text)
        if action is None:
            hint = did_you_mean(item.text, tuple(thing.acts))
            desk.report("E-REF-009", f"{thing.name} has no action `{item.text}`", item.at, hint)
            continue
        origins = [one.text for one in scalars(action.get("from"))]
        asks = next((key for key in ("ask", "confirm") if action.pair(key) is not None), "")
        if origins and first not in origins:
            message = f"`{item.text}` does not lead on from `{first}`, in which a new record is"
            desk.report("E-FRM-002", message, item.at, "name an action of the first state, or leave it out")
        elif asks:
            message = f"`{item.text}` wants more than the form gives (`{asks}`): it cannot follow at once"
            desk.report("E-FRM-002", message, item.at, "leave it out; it is offered on the record's page")
        else:
            found.append(item.text)
    return tuple(found)
