"""Builds the actions of objects. Takes none."""

from __future__ import annotations

from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.fields import inputs
from engine.definitions.building.rules import checks
from engine.definitions.building.steps import Walk
from engine.definitions.desks import Desk, flag, plain_field, word
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar, made
from engine.definitions.objects import Action, Who
from engine.definitions.outlines import Thing, key_at, maps
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.types import DATE
from engine.kinds.fields.base import Field
from engine.texts import Text, say

COMING = ("each", "pull")  # what makes an action another one than is built: it is checked, and nobody may take it


def actions(desk: Desk, thing: Thing) -> dict[str, Action]:
    """The actions of one object."""
    node = thing.spec.get("actions")
    return {name: _action(desk, thing, name, spec, key_at(node, name)) for name, spec in maps(node)}


def _action(desk: Desk, thing: Thing, name: str, spec: Map, at: Location) -> Action:
    thing_of_steps, base = _stand(desk, thing, spec)
    asked = inputs(desk, spec.get("ask"), base)
    names = base.also(**{key: field.type for key, field in asked.items()})
    _not_fields(desk, thing, asked, spec)
    label = desk.label(spec.get("name"), name)
    ask_fields = () if isinstance(spec.get("ask"), Map) else desk.paths(spec.get("ask"), thing.name)
    walk = Walk(desk, thing_of_steps, names)
    by = desk.who(spec.get("by"), base)
    coming = any(spec.pair(key) for key in COMING)
    return Action(
        name=name,
        label=label,
        icon=word(spec.get("icon")),
        from_states=desk.some_of(spec.get("from"), (*thing.states, *thing.derived), "state", "E-REF-008"),
        to=_to(desk, thing, spec.get("to")),
        ways=_ways(desk, thing, spec.get("to"), names),
        by=Who(words=("nobody",), text="nobody") if coming else by,
        when=desk.condition(spec.get("when"), base),
        checks=checks(desk, spec.get("checks"), names, thing.name),
        ask=tuple(asked.values()),
        ask_fields=ask_fields,
        require=desk.paths(spec.get("require"), thing.name),
        confirm=_confirm(desk, spec.get("confirm"), label),
        set=dict(desk.values(spec.get("set"), thing_of_steps, names, per_line=True)),
        do=walk.steps(spec.get("do")),
        start=desk.named(spec.get("start"), "flow"),
        end=_end(desk, spec.get("end"), names),
        bulk=flag(spec.get("bulk")),
        declared=Reader(desk, Place(base, thing.name)).later(spec, SHAPES["action"]),
        location=at,
    )


def _stand(desk: Desk, thing: Thing, spec: Map) -> tuple[str, Scope]:
    """What an action is about: the record, or with `each` one of its lines."""
    path = word(spec.get("each"))
    lines = desk.outline.things.get(f"{thing.name}.{path}")
    if not path or lines is None:
        if path and desk.paths(spec.get("each"), thing.name):
            desk.report("E-ACT-004", f"`{path}` are no lines of {thing.name}", spec.key_at("each"), "name its lines")
        return thing.name, desk.scope(thing.name)
    return lines.name, desk.scope(lines.name)


def _ways(desk: Desk, thing: Thing, node: Node | None, names: Scope) -> tuple[tuple[str, Expression | None], ...]:
    """`{approved: total < 100, pending: else}`: the first that holds; `else` stands last."""
    found: list[tuple[str, Expression | None]] = []
    for place, pair in enumerate(node if isinstance(node, Map) else (), 1):
        state = _to(desk, thing, pair.key)
        otherwise = word(pair.value) == "else"
        when = None if otherwise else desk.condition(pair.value, names)
        if otherwise and isinstance(node, Map) and place < len(node.pairs):
            desk.report("E-ACT-005", "`else` hides the states below it", pair.value.at, "put it last")
        if state and (otherwise or when is not None):
            found.append((state, when))
    return tuple(found)


def _not_fields(desk: Desk, thing: Thing, asked: dict[str, Field], spec: Map) -> None:
    """What an action asks for itself may not hide a field."""
    for name in asked:
        if name in thing.fields:
            node = spec.get("ask")
            at = node.key_at(name) if isinstance(node, Map) else spec.at
            desk.report(
                "E-ACT-001", f"`{name}` is a field of {thing.name}", at, f"ask for the field itself: `ask: [{name}]`"
            )


def _to(desk: Desk, thing: Thing, node: Node | None) -> str:
    if isinstance(node, Scalar) and node.text in thing.derived:
        desk.report(
            "E-ACT-002", f"`{node.text}` is a derived state: it is reached by itself", node.at, "name a real state"
        )
        return ""
    return desk.one_of(node, thing.states, "state", "E-REF-008")


def _confirm(desk: Desk, node: Node | None, label: Text) -> Text | None:
    if isinstance(node, Scalar) and node.text in ("true", "false"):
        asked = say(zh="确定要{action}吗？", en="{action}: are you sure?", action=label)
        return asked if node.text == "true" else None
    return desk.text(node)


def _end(desk: Desk, node: Node | None, names: Scope) -> Expression | None:
    """The day from which postings are taken back; a literal becomes the expression that gives it."""
    if not isinstance(node, Scalar):
        return None
    if not node.text.startswith("="):
        day = desk.value(node, plain_field("date", "end"), names)
        if day is None:
            return None
        year, month, number = node.text.split("-")
        return desk.expression(made(f"date({year}, {int(month)}, {int(number)})", node.at), names, DATE)
    found = desk.value(node, plain_field("date", "end"), names)
    return found if isinstance(found, Expression) else None
