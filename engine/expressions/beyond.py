"""What of an expression over a candidate row no database can run, told without SQL. Knows no tables and no fields.

It names only what is certain: `sql` has the last word, since some things show when it sees the columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.expressions.nodes import Aggregate, Call, Get, Items, Literal, Node, Operation, Root, Source, Stored

KEPT = frozenset(("parent", "creator", "changed_by"))   # links of which no column says what they lead to
TEXTS = frozenset(("text", "choice", "blank"))
MANY = frozenset(("rows", "list", "json", "range"))
OVER_VALUES = frozenset(("sum", "min", "max"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What names the row that the database looks at: bare names, these aliases, and `this` where it is the same row."""

    aliases: frozenset[str] = frozenset()
    this: bool = False

    def touches(self, node: Node, row: bool = True) -> bool:
        """Whether a node reads the candidate (only if `row`: inside a nested source bare names are that source's)."""
        if isinstance(node, Root):
            return (node.word == "row" and row) or node.name in self.aliases or (node.word == "this" and self.this)
        outer, inner = scopes(node)
        return any(self.touches(part, row) for part in outer) or any(self.touches(part, False) for part in inner)

    def inside(self, alias: str) -> Candidate:
        """The candidate of a nested source."""
        return replace(self, aliases=self.aliases | {alias}) if alias else self


def scopes(node: Node) -> tuple[list[Node], list[Node]]:
    """The nodes directly inside: those in the scope around, and those in the scope of a source's own candidates."""
    if isinstance(node, Source):
        outer = [node.base, *filter(None, (node.moment, *(node.between or ())))]
        return outer, [*filter(None, (node.where,)), *(key.value for key in node.sort)]
    if isinstance(node, Aggregate):
        return [node.source, *node.args], [*filter(None, (node.value,))]
    return list(node.parts()), []


def own_fields(node: Node) -> Iterator[Get]:
    """The fields of the row at hand itself that a node reads, outside of nested sources."""
    if isinstance(node, Get) and isinstance(node.owner, Root) and node.owner.word in ("row", "this"):
        yield node
    for part in scopes(node)[0]:
        yield from own_fields(part)


def beyond(node: Node, candidate: Candidate) -> Iterator[Node]:
    """The parts that no database runs, outermost first. What does not read the candidate is worked out before."""
    if not candidate.touches(node):
        return
    if isinstance(node, Operation):
        yield from _operation(node, candidate)
    elif isinstance(node, Call):
        yield from _call(node, candidate)
    elif isinstance(node, Aggregate):
        yield from _aggregate(node, candidate)
    elif isinstance(node, Get):
        yield from _get(node, candidate)
    elif not isinstance(node, Root):
        yield node


def _get(node: Get, candidate: Candidate) -> Iterator[Node]:
    if isinstance(node.owner, Aggregate):
        yield from beyond(node.owner, candidate)
    elif node.type.name in MANY or node.type.name == "duration":
        yield node
    else:
        yield from _path(node.owner)


def _path(node: Node) -> Iterator[Node]:
    """What is no path from a row over links."""
    while isinstance(node, Get):
        node = node.owner
    if not isinstance(node, Root):
        yield node


def _operation(node: Operation, candidate: Candidate) -> Iterator[Node]:
    types = {arg.type.name for arg in node.args}
    if node.op == "isa":
        link = node.args[0]
        yield from _get(link, candidate) if isinstance(link, Get) and link.name not in KEPT else (node,)
    elif node.op == "^" or (node.op in ("+", "-") and "datetime" in types):
        yield node
    elif node.op == "under":
        known = not candidate.touches(node.args[0])
        yield from beyond(node.args[0], candidate)
        yield from beyond(node.args[1], candidate) if known else filter(candidate.touches, node.args[1:2])
    elif node.op == "in":
        yield from beyond(node.args[0], candidate)
        yield from _listed(node.args[1], candidate)
    else:
        if node.op == "&":
            yield from (arg for arg in node.args if arg.type.name not in TEXTS)
        for arg in node.args:
            yield from beyond(arg, candidate)


def _listed(node: Node, candidate: Candidate) -> Iterator[Node]:
    """The right side of `in`: a list written out, a range, several links, or what is known before."""
    if isinstance(node, Items):
        for item in node.items:
            yield from beyond(item, candidate)
    elif candidate.touches(node) and not isinstance(node, Get):
        yield node


def _call(node: Call, candidate: Candidate) -> Iterator[Node]:
    if node.function.name == "overlaps":
        yield from (arg for arg in node.args if candidate.touches(arg) and not isinstance(arg, Get))
    elif not node.function.sql:
        yield node
    else:
        for arg in node.args:
            yield from beyond(arg, candidate)


def _aggregate(node: Aggregate, candidate: Candidate) -> Iterator[Node]:
    if isinstance(node.source, Items):
        if node.function.name not in OVER_VALUES or node.type.name != "number":
            yield node
        for item in node.source.items:
            yield from beyond(item, candidate)
        return
    source = node.source if isinstance(node.source, Source) else None
    base = node.source if source is None else source.base
    if not node.function.sql or node.args or not isinstance(base, (Stored, Get)):
        yield node
        return
    inner = candidate.inside(node.alias or (source.alias if source is not None else ""))
    for part in (None if source is None else source.where, node.value):
        if part is not None and not isinstance(part, Literal):
            yield from beyond(part, inner)
