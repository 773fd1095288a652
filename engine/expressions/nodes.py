"""Typed trees: what the checker makes of an expression and all interpreters read. Knows no tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.expressions.types import Type
from engine.expressions.values import Value

if TYPE_CHECKING:
    from engine.expressions.functions.base import Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A typed piece of an expression; `start` and `end` are offsets in its text."""

    type: Type
    start: int = 0
    end: int = 0
    run: Callable[[Any], Any] | None = field(default=None, init=False, compare=False, repr=False)  # kept by `evaluate`

    def parts(self) -> Iterator[Node]:
        """The nodes directly inside."""
        return iter(())

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for part in self.parts():
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant."""

    value: Value


@dataclass(frozen=True, slots=True)
class Root(Node):
    """Where a path begins.

    `row`: the row at hand (inside `where`, sort and row expressions the candidate, else the expression's row) ·
    `this`: the row of the expression, also from inside a source · `old` · `me` · `name`: an alias, a parameter,
    `trigger` ….
    """

    word: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Get(Node):
    """A member of one record: a field, formula, balance, link, lines, back-link, key, measure or system field."""

    owner: Node
    name: str

    def parts(self) -> Iterator[Node]:
        yield self.owner


@dataclass(frozen=True, slots=True)
class Each(Node):
    """A member of every row or linked record of `owner`, flattened: `lines.amount`, `orders.lines`."""

    owner: Node
    name: str

    def parts(self) -> Iterator[Node]:
        yield self.owner


@dataclass(frozen=True, slots=True)
class Stored(Node):
    """All stored rows of an object (or its lines), register or report; with `movements` the movements of a register."""

    name: str
    movements: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort, in the scope of the candidate. Blanks come last in both directions."""

    value: Node
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Source(Node):
    """Rows: `base`, restricted and sorted. Its type is `rows of …` (or a list of links).

    `base` is `Stored`, a `Get` of lines or of a back-link, an `Each`, a list of records, or another source. `moment`
    and `between` are evaluated in the outer scope; `where` and `sort` in the candidate's, which is `alias` too.
    """

    base: Node
    alias: str = ""
    moment: Node | None = None
    between: tuple[Node, Node] | None = None
    where: Node | None = None
    sort: tuple[SortKey, ...] = ()

    def parts(self) -> Iterator[Node]:
        yield self.base
        yield from filter(None, (self.moment, *(self.between or ()), self.where))
        for key in self.sort:
            yield key.value


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator: `+ - * / ^ & neg = != < <= > >= and or not in blank under isa`; operands in order.

    `isa` has the object's name as a literal second operand."""

    op: str
    args: tuple[Node, ...]

    def parts(self) -> Iterator[Node]:
        return iter(self.args)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the table with its arguments; names of the definition are text literals."""

    function: Function
    args: tuple[Node, ...]

    def parts(self) -> Iterator[Node]:
        return iter(self.args)


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """A function over rows: `value` is the row expression in the scope of the candidate (None: the rows themselves);
    `args` are further arguments in the outer scope (`join(source, value, ", ")`)."""

    function: Function
    source: Node
    value: Node | None = None
    args: tuple[Node, ...] = ()
    alias: str = ""

    def parts(self) -> Iterator[Node]:
        yield self.source
        if self.value is not None:
            yield self.value
        yield from self.args


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list written out: `[a, b]`."""

    items: tuple[Node, ...]

    def parts(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Decide(Node):
    """A declared decision with its inputs."""

    name: str
    args: tuple[Node, ...]

    def parts(self) -> Iterator[Node]:
        return iter(self.args)


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """The record whose key is a text: quoted text beside a record. `objects` are tried in order."""

    objects: tuple[str, ...]
    text: Node

    def parts(self) -> Iterator[Node]:
        yield self.text


def is_lines(node: Node) -> bool:
    """Whether a node is the lines field of one record (held in memory with it, uncommitted changes included)."""
    return (
        isinstance(node, Get)
        and node.type.name == "rows"
        and any(name.endswith("." + node.name) for name in node.type.objects)
    )


def is_stored(node: Node) -> bool:
    """Whether the rows of a source's base come from the database: stored rows, or a back-link."""
    return isinstance(node, Stored) or (isinstance(node, Get) and node.type.name == "rows" and not is_lines(node))
