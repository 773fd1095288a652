"""Builds the triggers of automations that other systems start: what they must tell, and where it stands in what they
send. Receives nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.definitions.automations import Trigger
from engine.definitions.building.fields import inputs
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node
from engine.definitions.outlines import maps, told_rows
from engine.kinds.fields.base import Field
from engine.kinds.fields.lines import Lines
from engine.suggest import did_you_mean


def webhook(desk: Desk, automation: str, spec: Map, node: Node | None) -> Trigger:
    """What another system calls by name, with inputs of its own; where they stand in what it sends."""
    specs = dict(maps(spec.get("inputs")))
    told = inputs(desk, spec.get("inputs"), Scope(desk.outline), lambda one: told_rows(automation, one))
    for key, one in specs.items():
        if one.get("pull") is not None:
            at = one.key_at("pull")
            desk.report("E-AUT-005", f"the rows of `{key}` come with the webhook, not from elsewhere", at)
    rows = {
        key: _that_come(desk, inputs(desk, specs[key].get("fields"), Scope(desk.outline)), specs[key].get("fields"))
        for key, one in told.items() if isinstance(one, Lines)
    }
    single = {key: one for key, one in told.items() if key not in rows}
    kept = _that_come(desk, single, spec.get("inputs"))
    told = {key: one for key, one in told.items() if key in rows or key in kept}
    known = (*specs, *(f"{key}.{name}" for key, fields in rows.items() for name in fields))
    paths = dict(_places(desk, spec.get("read"), known))
    return Trigger("webhook", name=word(node), inputs=told, rows=rows, paths=paths)


def _that_come(desk: Desk, fields: dict[str, Field], node: Node | None) -> dict[str, Field]:
    """The inputs without those that no JSON can tell, which are reported."""
    specs = dict(maps(node))
    wrong = [key for key, one in fields.items() if one.computed or not one.holds or not one.told]
    for key in wrong:
        hint = "an input is a value that stands in JSON: a text, a number, a day, a choice, a link by its key, or lines"
        desk.report("E-AUT-005", f"the input `{key}` cannot come with a webhook", specs[key].at, hint)
    return {key: one for key, one in fields.items() if key not in wrong}


def _places(desk: Desk, node: Node | None, known: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where inputs, and fields of their rows, stand in what is sent."""
    for pair in node if isinstance(node, Map) else ():
        if pair.key.text not in known:
            hint = did_you_mean(pair.key.text, tuple(known)) or "declare it under `inputs`"
            desk.report("E-AUT-005", f"there is no input `{pair.key.text}`", pair.key.at, hint)
        steps = tuple(word(pair.value).split("."))
        if not all(steps):
            hint = "write `data.total`: keys of objects and numbers of items, parted by points"
            desk.report("E-AUT-005", f"`{word(pair.value)}` is no place in a body", pair.value.at, hint)
        yield pair.key.text, steps
