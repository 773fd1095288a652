"""Puts post rules in booking order, says what they read, gives each its hash. Books nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.decisions import Decision
from engine.definitions.objects import Object, Post
from engine.definitions.reading import Reader
from engine.definitions.registers import Register
from engine.errors import Problem
from engine.expressions.compiled import Expression

Measure = tuple[str, str]  # register, measure


@dataclass(slots=True)
class Graph:
    """The rules of an app and which of them read what others write."""

    objects: Mapping[str, Object]
    registers: Mapping[str, Register]
    reader: Reader
    rules: list[tuple[str, Post]]
    known: dict[Measure, frozenset[Measure]] = field(default_factory=dict)

    def writers(self) -> dict[Measure, list[int]]:
        """Measure → the rules that add to it."""
        found: dict[Measure, list[int]] = {}
        for index, (_, post) in enumerate(self.rules):
            for row in post.rows:
                for measure in row.add:
                    found.setdefault((post.register, measure), []).append(index)
        for register in self.registers.values():
            for valued in register.valued.values():        # a value follows what is counted
                counted = [one for name in valued.counted for one in found.get((register.name, name), [])]
                found.setdefault((register.name, valued.measure), []).extend(counted)
        return found

    def below(self) -> list[list[int]]:
        """For each rule those that write what it reads."""
        writers = self.writers()
        return [
            sorted({one for read in post.reads for measure in self.measures(read) for one in writers.get(measure, ())})
            for _, post in self.rules
        ]

    def measures(self, read: Measure) -> frozenset[Measure]:
        """The measures behind a measure or formula of a register."""
        if read not in self.known:
            self.known[read] = frozenset()  # a circle of formulas adds nothing; it is reported elsewhere
            self.known[read] = frozenset(self._behind(read))
        return self.known[read]

    def _behind(self, read: Measure) -> Iterator[Measure]:
        register = self.registers.get(read[0])
        if register is None or read[1] in register.measures:
            yield read
            return
        formula = register.formulas.get(read[1])
        for path in formula.reads if formula is not None else ():
            if path[0] in register.measures or path[0] in register.formulas:
                yield from self.measures((read[0], path[0]))


def ordered(
    objects: Mapping[str, Object], registers: Mapping[str, Register], decisions: Mapping[str, Decision]
) -> tuple[dict[str, Object], list[Problem]]:
    """The objects with their rules in topological order, and the circles found."""
    reader = Reader(objects, decisions)
    read = {
        name: replace(obj, posts=tuple(_read(reader, obj, post) for post in obj.posts)) for name, obj in objects.items()
    }
    graph = Graph(read, registers, reader, [(obj.name, post) for obj in read.values() for post in obj.posts])
    depths, circles = _depths(graph)
    depth = {id(post): depths[index] for index, (_, post) in enumerate(graph.rules)}
    sorted_objects = {
        name: replace(obj, posts=tuple(sorted(obj.posts, key=lambda post: depth[id(post)])))
        for name, obj in read.items()
    }
    return sorted_objects, circles


def _depths(graph: Graph) -> tuple[list[int], list[Problem]]:
    """How many rules must be booked before each; a circle is reported once and cut."""
    below = graph.below()
    depths: dict[int, int] = {}
    problems: list[Problem] = []

    def depth(index: int, path: tuple[int, ...]) -> int:
        if index in path:
            problems.append(_circle(graph, path[path.index(index) :]))
            return 0
        if index not in depths:
            depths[index] = 1 + max((depth(one, (*path, index)) for one in below[index]), default=-1)
        return depths[index]

    return [depth(index, ()) for index in range(len(graph.rules))], problems


def _circle(graph: Graph, indexes: tuple[int, ...]) -> Problem:
    """The rules that read each other in a circle, as `sales_order → stock`."""
    names = [f"{name} → {post.register} ({_added(post)})" for name, post in (graph.rules[index] for index in indexes)]
    message = f"these rules read each other in a circle: {', then '.join([*names, names[0]])}"
    hint = "a rule may read only measures that do not depend on what it posts"
    return Problem("E-PST-010", message, graph.rules[min(indexes)][1].location, hint)


def _added(post: Post) -> str:
    return ", ".join(dict.fromkeys(measure for row in post.rows for measure in row.add))


def _read(reader: Reader, obj: Object, post: Post) -> Post:
    """The rule with the own balances that it reads, and its hash."""
    found: dict[Measure, None] = {}
    seen: set[tuple[str, str]] = set()
    for thing, expression in amounts(obj, post):
        for path in expression.reads:
            for balance in balances(reader, thing, path, seen):
                found[balance] = None
    return replace(post, reads=tuple(found), hash=_hash(reader, obj, post))


def amounts(obj: Object, post: Post) -> Iterator[tuple[str, Expression]]:
    """What a rule adds, each with the thing (the record, or its lines) that it is read from."""
    for row in post.rows:
        for expression in row.add.values():
            yield (f"{obj.name}.{row.each}" if row.each else obj.name), expression


def places(obj: Object, post: Post) -> Iterator[tuple[str, Expression]]:
    """What says where and when a rule posts: keys, days, conditions."""
    if obj.effective_while is not None:
        yield obj.name, obj.effective_while
    for row in post.rows:
        thing = f"{obj.name}.{row.each}" if row.each else obj.name
        for expression in filter(
            None, (*row.keys.values(), row.where, row.numbers, post.dated, post.until, post.when)
        ):
            yield thing, expression


def balances(reader: Reader, thing: str, path: tuple[str, ...], seen: set[tuple[str, str]]) -> Iterator[Measure]:
    """The balances that a path reads, also through formulas; `seen` holds the fields that were followed already."""
    for step in reader.steps(thing, path):
        field = step.field
        if field is None or (step.thing, step.name) in seen:
            continue
        seen.add((step.thing, step.name))
        if field.balance is not None:
            yield field.balance.register, field.balance.measure
        elif field.formula is not None:
            for inner in field.formula.reads:
                yield from balances(reader, step.thing, inner, seen)


def _hash(reader: Reader, obj: Object, post: Post) -> str:
    """Changes with the meaning of the rule: its expressions and the formulas behind them, its states."""
    seen: set[tuple[str, str]] = set()
    parts = [post.register, *(post.states or obj.effective), *obj.effective]
    parts += [f"{word} {day}" for word, day in (("since", post.since), ("before", post.before)) if day is not None]
    for row in post.rows:
        parts += [row.each, row.number, *row.keys, *row.add] if row.number else [row.each, *row.keys, *row.add]
    for thing, expression in (*amounts(obj, post), *places(obj, post)):
        parts += _texts(reader, thing, expression, seen)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _texts(reader: Reader, thing: str, expression: Expression, seen: set[tuple[str, str]]) -> Iterable[str]:
    """The texts of an expression and of the formulas behind it, each formula once."""
    yield " ".join(expression.text.split())
    for path in expression.reads:
        for step in reader.steps(thing, path):
            place = (step.thing, step.name)
            if step.field is not None and step.field.formula is not None and place not in seen:
                seen.add(place)
                yield from _texts(reader, step.thing, step.field.formula, seen)
