"""Judges seed and sample rows against each other and their objects: what is missing, twice, or leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.definitions.desks import Desk, flag
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import Thing, link_targets
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.suggest import did_you_mean

GIVEN = ("default", "formula", "copy", "balance")


def judge(desk: Desk, nodes: Iterable[Node | None], people: Iterable[str]) -> None:
    """All rows that are planted together; `people` are the logins that are planted beside them."""
    tables = [node for node in nodes if isinstance(node, Map)]
    rows = {name: [row for table in tables for row in _maps(table.get(name))] for name in _names(desk, tables)}
    keys = {name: _keys(desk, desk.outline.things[name], found) for name, found in rows.items()}
    logins = dict.fromkeys(people)
    for name in ("user", *(target for thing in rows for target in _targets(desk, thing))):
        keys.setdefault(name, (logins or None) if name == "user" else _none_yet(desk, name))
    for name, found in rows.items():
        thing = desk.outline.things[name]
        for row in found:
            _missing(desk, thing, row)
            _links(desk, thing, row, keys)
        _twice(desk, thing, found)


def _names(desk: Desk, tables: Iterable[Map]) -> Iterator[str]:
    """The objects that have rows; what is none is reported elsewhere."""
    named = (name for table in tables for name in table.names())
    return (name for name in named if name in desk.outline.things and desk.outline.things[name].kind == "object")


def _maps(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []


def _targets(desk: Desk, name: str) -> Iterator[str]:
    """The objects to which the rows of one, or their lines, may link."""
    for thing in desk.outline.things.values():
        if name in (thing.name, thing.owner):
            yield from (target for spec in thing.fields.values() for target in link_targets(spec))


def _none_yet(desk: Desk, name: str) -> Mapping[str, None] | None:
    """The keys of an object of which nothing is planted: none, or unknown where the engine gives them."""
    thing = desk.outline.things.get(name)
    return None if thing is None or thing.kind != "object" else _keys(desk, thing, ())


def _keys(desk: Desk, thing: Thing, rows: Iterable[Map]) -> Mapping[str, None] | None:
    """The keys of the rows as texts; None where a row does not say its key (a number that the engine gives)."""
    node = thing.spec.get("key")
    names = [one.text for one in node if isinstance(one, Scalar)] if isinstance(node, List) else []
    field = desk.outline.field(thing.name, names[0]) if len(names) == 1 else None
    if field is None or field.kind == "autonumber":
        return None
    found: dict[str, None] = {}
    for row in rows:
        given = row.get(names[0])
        if given is None and not _filled(thing.fields[names[0]]):
            continue
        if not isinstance(given, Scalar) or given.text.startswith("="):
            return None
        found[given.text.strip()] = None
    return found


def _missing(desk: Desk, thing: Thing, row: Map) -> None:
    for name, spec in thing.fields.items():
        field = desk.outline.field(thing.name, name)
        if not flag(spec.get("required")) or row.get(name) is not None or _filled(spec):
            continue
        if field is not None and field.holds and field.kind not in ("autonumber", "lines"):
            desk.report("E-SED-001", f"this row of {thing.name} does not give `{name}`", row.at, f"add `{name}:`")


def _filled(spec: Map) -> bool:
    """Whether a field gets its value from its definition."""
    return any(spec.get(key) is not None for key in GIVEN)


def _twice(desk: Desk, thing: Thing, rows: Iterable[Map]) -> None:
    for name, spec in thing.fields.items():
        if not flag(spec.get("unique")):
            continue
        seen: set[Any] = set()
        for row in rows:
            given = row.get(name)
            value = _read(desk.outline.field(thing.name, name), given)
            if value is not None and value in seen:
                assert given is not None
                desk.report("E-SED-002", f"two rows of {thing.name} have this `{name}`", given.at, "change one of them")
            seen.add(value)


def _read(field: Field | None, node: Node | None) -> Any:
    if field is None or not isinstance(node, Scalar) or node.text.startswith("="):
        return None
    try:
        return field.parse(node.text)
    except Unfit:
        return None


def _links(desk: Desk, thing: Thing, row: Map, keys: Mapping[str, Mapping[str, None] | None]) -> None:
    for pair in row:
        field = desk.outline.field(thing.name, pair.key.text)
        if field is not None and field.kind == "lines":
            inner = desk.outline.things.get(f"{thing.name}.{field.name}")
            for line in _maps(pair.value) if inner is not None else ():
                assert inner is not None
                _links(desk, inner, line, keys)
        elif isinstance(field, Link) and isinstance(pair.value, (Scalar, List)):
            known = [keys.get(target) for target in field.to]
            for item in pair.value if isinstance(pair.value, List) else (pair.value,):
                _leads(desk, field, item, known)


def _leads(desk: Desk, field: Link, node: Node, known: list[Mapping[str, None] | None]) -> None:
    """A link's text is the key of a row; where some target's rows are not known, nothing is said."""
    if not isinstance(node, Scalar) or node.blank or node.text.startswith("=") or any(one is None for one in known):
        return
    names = [name for one in known if one is not None for name in one]
    if node.text.strip() not in names:
        message = f"`{field.name}`: no {' or '.join(field.to)} `{node.text}` is planted"
        desk.report("E-SED-003", message, node.at, did_you_mean(node.text, names))
