"""What follows from an app's rules: in which order posts are booked, and whose derived values hang on which
register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from engine.definitions.app import App
from engine.definitions.objects import Object, Post
from engine.definitions.registers import Register, Valued
from engine.expressions.nodes import Source
from engine.runtime.storage.live import Live

ROWS_PER_RULE = 64  # a rule's number and its row's make one integer


@dataclass(frozen=True, slots=True)
class Analysis:
    """`stages`: post rules (object name, rule) in groups; a group reads only what earlier groups write.
    `dependents`: register → objects and lines that must be looked at again when a row keyed by one of them moves.
    `posting`: object → registers to which it posts. `values`: stage → the measures that are valued after it."""

    stages: tuple[tuple[tuple[str, Post], ...], ...]
    dependents: Mapping[str, frozenset[str]]
    posting: Mapping[str, tuple[str, ...]]
    values: Mapping[int, Sequence[tuple[Register, Valued]]]


@lru_cache(maxsize=32)
def analyse(live: Live) -> Analysis:
    """The analysis of a published version (computed once)."""
    app = live.app
    posting = {o.name: tuple(dict.fromkeys(p.register for p in o.posts)) for o in app.objects.values() if o.posts}
    stages = _stages(app)
    values = MappingProxyType(_values(app, stages))
    return Analysis(stages, MappingProxyType(_dependents(app)), MappingProxyType(posting), values)


def _stages(app: App) -> tuple[tuple[tuple[str, Post], ...], ...]:
    rules = [(o.name, p) for o in app.objects.values() for p in o.posts]
    writers: dict[tuple[str, str], list[int]] = {}
    for index, (_, post) in enumerate(rules):
        for row in post.rows:
            for measure in row.add:
                writers.setdefault((post.register, measure), []).append(index)
    for register in app.registers.values():
        for valued in register.valued.values():
            counted = [one for name in valued.counted for one in writers.get((register.name, name), [])]
            writers.setdefault((register.name, valued.measure), []).extend(counted)
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


def _values(app: App, stages: Sequence[Sequence[tuple[str, Post]]]) -> dict[int, list[tuple[Register, Valued]]]:
    """Stage → the measures that are valued after it: once everything is booked that they count or are given."""
    found: dict[int, list[tuple[Register, Valued]]] = {}
    for register in app.registers.values():
        for valued in register.valued.values():
            last = max(
                (
                    number
                    for number, stage in enumerate(stages)
                    for _, post in stage
                    if post.register == register.name
                    for row in post.rows
                    if {*valued.counted, valued.measure} & row.add.keys()
                ),
                default=0,
            )
            found.setdefault(last, []).append((register, valued))
    return found


@lru_cache(maxsize=256)
def given_rules(live: Live, register: str, measure: str) -> frozenset[tuple[str, int]]:
    """The rules (object, number of the row) that say the value of a valued measure themselves."""
    return frozenset(
        (obj.name, post.no * ROWS_PER_RULE + index)
        for obj in live.app.objects.values()
        for post in obj.posts
        if post.register == register
        for index, row in enumerate(post.rows)
        if measure in row.add
    )


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
