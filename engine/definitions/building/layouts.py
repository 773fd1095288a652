"""Builds the layouts of forms and pages. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from engine.definitions.desks import Desk, scalars, word
from engine.definitions.layouts import (
    Aside,
    Button,
    Entry,
    Layout,
    Passage,
    Related,
    Section,
    Suggest,
    Tab,
    Tabs,
    parts_of,
)
from engine.definitions.nodes import List, Map, Node
from engine.definitions.outlines import Thing
from engine.expressions.types import record_of
from engine.texts import Text

Columns: TypeAlias = "dict[str, list[str]]"


def layout(desk: Desk, thing: Thing, node: Node | None, columns: Columns | None = None) -> Layout:
    """The entries of a layout in their order; what is wrong in one is reported and left out. A form may name single
    columns of lines (`lines.qty`): they are entered in `columns`, and the lines stand where the first is named."""
    items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
    return tuple(entry for item in items for entry in _entry(desk, thing, item, columns))


def _entry(desk: Desk, thing: Thing, item: Map, columns: Columns | None) -> Iterator[Entry]:
    """The entry of one item; none after a problem."""
    names = desk.scope(thing.name)
    if item.get("section") is not None:
        title = desk.text(item.get("section")) or Text({})
        show = desk.condition(item.get("show"), names)
        yield Section(title, layout(desk, thing, item.get("fields"), columns), show)
    elif isinstance(tabs := item.get("tabs"), List):
        made = (_tab(desk, thing, one, n, columns) for n, one in enumerate(tabs, 1) if isinstance(one, Map))
        yield Tabs(tuple(made))
    elif item.get("aside") is not None:
        yield Aside(_fields(desk, thing, item.get("aside")))
    elif item.get("related") is not None:
        yield from _related(desk, thing, item)
    elif item.get("suggest") is not None:
        yield from _suggest(desk, thing, item)
    elif item.get("text") is not None:
        found = desk.template(item.get("text"), names)
        yield from [] if found is None else [Passage(found)]
    elif item.get("action") is not None:
        action = desk.named(item.get("action"), "action", thing.name)
        yield from [Button(action)] if action else []
    elif item.get("fields") is not None:
        listed = _fields(desk, thing, item.get("fields"), columns)
        yield from [listed[0]] if len(listed) == 1 else [listed] if listed else []


def _fields(desk: Desk, thing: Thing, node: Node | None, columns: Columns | None = None) -> tuple[str, ...]:
    """Fields of the record itself: a page shows what a link leads to as a field of its own (`copy`, `formula`)."""
    known = set(desk.paths(node, thing.name))
    found: list[str] = []
    for item in scalars(node):
        head, _, column = item.text.partition(".")
        lines = desk.outline.things.get(f"{thing.name}.{head}")
        if columns is not None and lines is not None and lines.owner_field == head and column in lines.fields:
            found += [] if head in columns else [head]
            columns.setdefault(head, []).append(column)
        elif item.text in known and item.text not in thing.fields:
            hint = f"add a field `{item.text.rpartition('.')[2]}: {{formula: {item.text}}}` and name it here"
            desk.report("E-LAY-001", f"a page shows fields of {thing.name} itself, not `{item.text}`", item.at, hint)
        elif item.text in known:
            found.append(item.text)
    return tuple(found)


def _tab(desk: Desk, thing: Thing, spec: Map, place: int, columns: Columns | None) -> Tab:
    title = desk.label(spec.get("name"), f"tab_{place}")
    return Tab(title, layout(desk, thing, spec.get("fields"), columns))


def _related(desk: Desk, thing: Thing, item: Map) -> Iterator[Related]:
    node = item.get("related")
    rows = desk.source(node, desk.scope(thing.name))
    if rows is None or node is None:
        return
    target = rows.candidate.objects[0] if rows.candidate.objects else ""
    other = desk.outline.things.get(target)
    if other is None or other.kind not in ("object", "lines"):
        desk.report("E-LAY-002", f"`{word(node)}` are no records", node.at, "name a way back, lines, or an object")
        return
    yield Related(rows, desk.paths(item.get("columns"), target))


def _suggest(desk: Desk, thing: Thing, item: Map) -> Iterator[Suggest]:
    name = desk.named(item.get("suggest"), "object")
    if name:
        yield Suggest(name, desk.condition(item.get("where"), desk.scope(thing.name).within(record_of(name), {})))


def laid_fields(laid: Layout) -> list[str]:
    """The fields that a layout names, once each, in the order of the page."""
    found: dict[str, None] = {}
    for entry in parts_of(laid):
        match entry:
            case str():
                found[entry] = None
            case tuple():
                found |= dict.fromkeys(entry)
            case Aside():
                found |= dict.fromkeys(entry.fields)
            case Section() | Tabs():
                pass
    return list(found)
