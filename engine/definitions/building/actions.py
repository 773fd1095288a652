"""Builds the actions of objects. Takes none."""

from __future__ import annotations

from engine.definitions.building.fields import inputs
from engine.definitions.building.rules import checks
from engine.definitions.building.steps import Walk
from engine.definitions.desks import Desk, flag, plain_field, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar, made
from engine.definitions.objects import Action
from engine.definitions.outlines import Thing, key_at, maps
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.types import DATE
from engine.kinds.fields.base import Field
from engine.texts import Text, say

COMING = ("each", "pull", "auto")  # what makes an action another one than is built


def actions(desk: Desk, thing: Thing) -> dict[str, Action]:
    """The actions of one object."""
    node = thing.spec.get("actions")
    return {
        name: _action(desk, thing, name, spec, key_at(node, name))
        for name, spec in maps(node)
        if not any(spec.pair(key) for key in COMING)
    }


def _action(desk: Desk, thing: Thing, name: str, spec: Map, at: Location) -> Action:
    base = desk.scope(thing.name)
    asked = inputs(desk, spec.get("ask"), base)
    names = base.also(**{key: field.type for key, field in asked.items()})
    _not_fields(desk, thing, asked, spec)
    label = desk.label(spec.get("name"), name)
    ask_fields = () if isinstance(spec.get("ask"), Map) else desk.paths(spec.get("ask"), thing.name)
    walk = Walk(desk, thing.name, names)
    return Action(
        name=name,
        label=label,
        icon=word(spec.get("icon")),
        from_states=desk.some_of(spec.get("from"), (*thing.states, *thing.derived), "state", "E-REF-008"),
        to=_to(desk, thing, spec.get("to")),
        by=desk.who(spec.get("by"), base),
        when=desk.condition(spec.get("when"), base),
        checks=checks(desk, spec.get("checks"), names, thing.name),
        ask=tuple(asked.values()),
        ask_fields=ask_fields,
        require=desk.paths(spec.get("require"), thing.name),
        confirm=_confirm(desk, spec.get("confirm"), label),
        set=dict(desk.values(spec.get("set"), thing.name, names)),
        do=walk.steps(spec.get("do")),
        start=_flow(desk, spec.get("start")),
        end=_end(desk, spec.get("end"), names),
        bulk=flag(spec.get("bulk")),
        location=at,
    )


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
    if isinstance(node, Map):
        desk.report("N-INACTIVE", "`action.to` by condition is declared, not yet active", node.at, severity="note")
        return ""
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


def _flow(desk: Desk, node: Node | None) -> str:
    return desk.named(node, "flow")


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
