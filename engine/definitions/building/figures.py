"""Builds the key figures of objects. Shows nothing."""

from __future__ import annotations

from engine.definitions.building.fields import marks
from engine.definitions.building.formats import format_of
from engine.definitions.desks import Desk
from engine.definitions.figures import KeyFigure
from engine.definitions.nodes import Map
from engine.definitions.outlines import Thing, maps
from engine.expressions.nodes import Get, Root

SEVERAL = ("list", "rows", "range")


def figures(desk: Desk, thing: Thing) -> dict[str, KeyFigure]:
    """The figures of an object in their order; one that is no single value is left out."""
    found = {}
    for name, spec in maps(thing.spec.get("figures")):
        if (made := _figure(desk, thing, name, spec)) is not None:
            found[name] = made
    return found


def _figure(desk: Desk, thing: Thing, name: str, spec: Map) -> KeyFigure | None:
    names = desk.scope(thing.name)
    value = desk.expression(spec.get("value"), names)
    if value is None:
        return None
    if value.type.name in SEVERAL:
        hint = "take one value of it: `sum(lines, amount)`, `count(lines)`, `first(lines).day`"
        desk.report("E-FIG-001", f"the figure `{name}` is several values: {value.type}", value.at, hint)
        return None
    node = value.node
    own = isinstance(node, Get) and isinstance(node.owner, Root) and node.name in thing.fields
    field = node.name if own and isinstance(node, Get) else ""
    given = spec.get("name") is not None or not field
    label = desk.label(spec.get("name") if given else thing.fields[field].get("name"), name if given else field)
    return KeyFigure(
        name=name,
        label=label,
        value=value,
        format=format_of(desk, spec.get("format"), value.type),
        mark=marks(desk, spec.get("mark"), names),
        when=desk.condition(spec.get("when"), names),
        field=field,
    )
