"""What follows from an app's rules: in which order posts are booked, and whose derived values hang on which
register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from engine.definitions.app import App
from engine.definitions.objects import Object, Post
from engine.expressions.nodes import Source
from engine.runtime.storage.live import Live


@dataclass(frozen=True, slots=True)
class Analysis:
    """`stages`: post rules (object name, rule) in groups; a group reads only what earlier groups write.
    `dependents`: register → objects and lines that must be looked at again when a row keyed by one of them moves.
    `posting`: object → registers to which it posts."""

    stages: tuple[tuple[tuple[str, Post], ...], ...]
    dependents: Mapping[str, frozenset[str]]
    posting: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=32)
def analyse(live: Live) -> Analysis:
    """The analysis of a published version (computed once)."""
    app = live.app
    posting = {o.name: tuple(dict.fromkeys(p.register for p in o.posts)) for o in app.objects.values() if o.posts}
    return Analysis(_stages(app), MappingProxyType(_dependents(app)), MappingProxyType(posting))


def _stages(app: App) -> tuple[tuple[tuple[str, Post], ...], ...]:
    rules = [(o.name, p) for o in app.objects.values() for p in o.posts]
    writers: dict[tuple[str, str], list[int]] = {}
    for index, (_, post) in enumerate(rules):
        for row in post.rows:
            for measure in row.add:
                writers.setdefault((post.register, measure), []).append(index)
    depth: dict[int, int] = {}

    def stage(index: int, path: tuple[int, ...] = ()) -> int:
        if index not in depth:
            assert index not in path, "the checker refuses rules that read each other in a circle"
            reads = [m for read in rules[index][1].reads for m in _measures_of(app, read)]
            below = [w for measure in reads for w in writers.get(measure, ())]
            depth[index] = 1 + max((stage(w, (*path, index)) for w in below), default=-1)
        return depth[index]

    groups: dict[int, list[tuple[str, Post]]] = {}
    for index, rule in enumerate(rules):
        groups.setdefault(stage(index), []).append(rule)
    return tuple(tuple(groups[n]) for n in sorted(groups))


def _measures_of(app: App, read: tuple[str, str]) -> list[tuple[str, str]]:
    """The measures behind a measure or formula of a register."""
    register = app.registers[read[0]]
    if read[1] in register.measures:
        return [read]
    formula = register.formulas[read[1]]
    return [
        m
        for path in formula.reads
        if path[0] != read[1] and path[0] not in register.keys
        for m in _measures_of(app, (read[0], path[0]))
    ]


def _dependents(app: App) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for obj in app.objects.values():
        if obj.name == "user":
            continue
        root = app.objects[obj.owner] if obj.owner else obj
        if not _keeps_anything(app, root):
            continue
        for field in obj.fields.values():
            if field.balance is not None and field.balance.own:
                found.setdefault(field.balance.register, set()).add(obj.name)
    return {register: frozenset(names) for register, names in found.items()}


def _keeps_anything(app: App, root: Object) -> bool:
    """Whether the object stores something that may hang on balances: derived states, stored formulas, posts that
    read."""
    parts = [root, *(app.objects[f"{root.name}.{name}"] for name in root.lines)]
    derived = any(state.within for state in root.states.values())
    formulas = any(f.formula is not None and f.stored for part in parts for f in part.fields.values())
    return derived or formulas or any(post.reads for post in root.posts)


def things_in(live: Live, source: Source) -> frozenset[str]:
    """The objects whose rows a source may touch, lines as the object that they belong to."""
    kept = live.things
    if id(source) not in kept:
        objects = live.app.objects
        named = (name for node in source.walk() for name in node.type.objects)
        names = (objects[name].owner or name if name in objects else name for name in named)
        kept[id(source)] = (source, frozenset(names))      # with the source, so that its id stays taken
    return kept[id(source)][1]
