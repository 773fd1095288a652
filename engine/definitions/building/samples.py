"""Checks samples and seed rows: people, roles, departments, the values of records. Plants nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.definitions.desks import Desk, scalars, word
from engine.definitions.nodes import List, Map, Node, Scalar, to_plain
from engine.definitions.samples import moment
from engine.errors import Location
from engine.suggest import did_you_mean


def samples(desk: Desk, node: Node | None) -> Map:
    """The samples, written out in full; what is wrong in them is reported."""
    if not isinstance(node, Map):
        return Map((), Location(""))
    check_moment(desk, node.get("now"))
    departments = _departments(desk, node.get("departments"))
    seen: set[str] = set()
    for person in maps_in(node.get("people")):
        _person(desk, person, departments, seen)
    seeds(desk, node.get("rows"))
    return node


def people_of(node: Node | None) -> tuple[str, ...]:
    """The logins of the sample people."""
    people = node.get("people") if isinstance(node, Map) else None
    return tuple(login for person in maps_in(people) if (login := word(person.get("id"))))


def check_moment(desk: Desk, node: Node | None) -> None:
    """A day, or a day and a time."""
    if not isinstance(node, Scalar):
        return
    try:
        moment(node.text)
    except ValueError:
        desk.report(
            "E-TST-005", f"`{node.text}` is no day", node.at, "write `2026-05-04`, or `2026-05-04 14:30` with a time"
        )


def seeds(desk: Desk, node: Node | None) -> dict[str, tuple[Mapping[str, object], ...]]:
    """Object → rows as plain data. Fields, values and states are checked here, links when they are planted."""
    found: dict[str, tuple[Mapping[str, object], ...]] = {}
    for pair in node if isinstance(node, Map) else ():
        thing = desk.outline.things.get(pair.key.text)
        if thing is None or thing.kind != "object":
            known = [one.name for one in desk.outline.things.values() if one.kind == "object"]
            desk.report(
                "E-REF-002", f"there is no object `{pair.key.text}`", pair.key.at, did_you_mean(pair.key.text, known)
            )
            continue
        if not isinstance(pair.value, List) or not all(isinstance(item, Map) for item in pair.value):
            desk.report("E-VAL-002", f"`{thing.name}` takes a list of rows", pair.value.at, "write `[{code: A}]`")
            continue
        rows = list(maps_in(pair.value))
        for row in rows:
            state = row.get("state") if "state" not in thing.fields else None
            if state is not None:
                desk.one_of(state, thing.states, "state", "E-REF-008")
            stated = replace(row, pairs=tuple(one for one in row if state is None or one.key.text != "state"))
            dict(desk.values(stated, thing.name, desk.scope(thing.name)))
        found[thing.name] = tuple(plain for row in rows if isinstance(plain := to_plain(row), dict))
    return found


def _departments(desk: Desk, node: Node | None) -> tuple[str, ...]:
    names = tuple(word(one.get("name")) for one in maps_in(node))
    for one in maps_in(node):
        _department(desk, one.get("above"), names)
    return names


def _department(desk: Desk, node: Node | None, known: tuple[str, ...]) -> None:
    for item in scalars(node):
        if item.text not in known:
            hint = did_you_mean(item.text, known) or "list it under `departments`"
            desk.report("E-TST-007", f"there is no department `{item.text}`", item.at, hint)


def _person(desk: Desk, spec: Map, departments: tuple[str, ...], seen: set[str]) -> None:
    login = spec.get("id")
    if isinstance(login, Scalar) and login.text in seen:
        desk.report("E-TST-008", f"two people have the login `{login.text}`", login.at, "take another login")
    seen.add(word(login))
    for key in ("role", "roles"):
        for item in scalars(spec.get(key)):
            desk.one_of(item, desk.outline.roles, "role", "E-REF-004")
    _department(desk, spec.get("department"), departments)
    _department(desk, spec.get("heads"), departments)


def maps_in(node: Node | None) -> Iterator[Map]:
    """The maps of a list."""
    return (item for item in node if isinstance(item, Map)) if isinstance(node, List) else iter(())
