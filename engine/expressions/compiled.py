"""The face of the language: expressions, templates and sources, checked once and then evaluated anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import Location, Problem
from engine.expressions import evaluate, reading, templates
from engine.expressions.browser import tree_of
from engine.expressions.nodes import Node, Operation, Stored
from engine.expressions.nodes import Source as SourceNode
from engine.expressions.operations import Run
from engine.expressions.operator_rules import element_type
from engine.expressions.scope import Columns, Figure, Frame, Names
from engine.expressions.templates import Template
from engine.expressions.types import ANY, BOOLEAN, Type
from engine.expressions.typing import check_expression, check_source
from engine.expressions.values import Value
from engine.expressions.walking import with_budget

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["Expression", "Source", "Template", "expression", "from_node", "source", "template"]

JSON = Any


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    `reads`: paths from the row at hand (`("qty",)`, `("lines", "qty")`, `("customer", "exposure")`,
    `("parent", "date")`); other things as `("@order",)` (rows of an object, register or report), `("@today",)`,
    `("@me", "department")`,
    `("@old", "qty")`, `("@trigger", "product")` (other names), `("@decision", name)`.

    `outward`: it stands inside a source (the `where` of a link, a column of a report): in SQL its `this` is the frame's
    row; else `this` is the candidate itself.
    """

    text: str
    at: Location
    node: Node
    reads: tuple[tuple[str, ...], ...]
    outward: bool
    _run: Run = field(compare=False, repr=False)

    @property
    def type(self) -> Type:
        """The static type of the value."""
        return self.node.type

    def value(self, frame: Frame) -> Value:
        """The value in Python, which is the meaning; an error is an `ErrorValue`."""
        return self._run(frame)  # type: ignore[no-any-return]

    def holds(self, frame: Frame) -> bool:
        """Whether a condition is true (blank and errors are not)."""
        return self._run(frame) is True

    def sql(self, columns: Columns, frame: Frame) -> ColumnElement[Any]:
        """The value as SQL over one candidate row's columns; raises `NotInSql` where it cannot agree with Python.

        An error is NULL there, in a condition false. What does not read the candidate is evaluated now and bound."""
        from engine.expressions.sql import blanked

        return blanked(self.figure(columns, frame))

    def figure(self, columns: Columns, frame: Frame) -> Figure:
        """Like `sql`, with the rows for which the value is an error."""
        from engine.expressions.sql import compile_value

        return compile_value(self.node, columns, frame, outward=self.outward)

    def browser(self) -> JSON | None:
        """The JSON tree that the browser evaluates (see README.md), None where the browser cannot."""
        return tree_of(self.node)


@dataclass(frozen=True, slots=True)
class Source:
    """A checked source: `node` is what the world runs; `value` what its path takes from each row, if it goes on.

    `candidate` is the type of one row; `names` its scope, for expressions that go with the source."""

    text: str
    at: Location
    node: SourceNode
    value: Node | None
    candidate: Type
    names: Names = field(compare=False, repr=False)
    reads: tuple[tuple[str, ...], ...] = ()

    @property
    def base(self) -> Node:
        return self.node.base

    @property
    def alias(self) -> str:
        return self.node.alias

    @property
    def where(self) -> Node | None:
        return self.node.where

    @property
    def object(self) -> str:
        """The name of the object, register or report whose stored rows it takes; blank for lines and other paths."""
        return self.node.base.name if isinstance(self.node.base, Stored) else ""

    def rows(self, frame: Frame) -> Value:
        """The rows (`Rows`, or a tuple of links), filtered and sorted; an `ErrorValue` if the base is one."""
        return self._run(frame)

    def _run(self, frame: Frame) -> Value:
        return with_budget(evaluate.closure_of(self.node))(frame)  # type: ignore[no-any-return]


def _looked_up(names: Names, at: Location) -> Names:
    """The names as they are looked up in the namespace of the place."""
    inside = getattr(names, "inside", None)
    return names if inside is None else inside(at.space)


def expression(text: str, at: Location, names: Names, *, expect: Type | None = None) -> Expression | list[Problem]:
    """Checks an expression whose first character stands at `at`; with `expect` its value must fit that type."""
    node = check_expression(text, at, _looked_up(names, at), expect)
    if isinstance(node, list):
        return node
    return from_node(node, text, at, outward=getattr(names, "row", None) is not None)


def from_node(node: Node, text: str, at: Location, *, outward: bool = False) -> Expression:
    """An expression from a typed node: a part of another one, such as a side of a comparison."""
    closure = evaluate.closure_of(node)
    run = with_budget(closure) if evaluate.loops(node) else closure
    return Expression(text, at, node, reading.reads(node), outward, run)


def template(
    text: str | Mapping[str, str], at: Location | Mapping[str, Location], names: Names
) -> Template | list[Problem]:
    """Checks a text with `{expression}` in it, or a map of languages to such texts."""
    first = at if isinstance(at, Location) else next(iter(at.values()), None)
    return templates.check_template(text, at, names if first is None else _looked_up(names, first))


def source(text: str, at: Location, names: Names) -> Source | list[Problem]:
    """Checks a source: `lines where stocked`, `sales_order as o where … sort date`."""
    parts = check_source(text, at, _looked_up(names, at))
    if isinstance(parts, list):
        return parts
    node = (
        parts.rows
        if isinstance(parts.rows, SourceNode)
        else SourceNode(parts.rows, type=parts.rows.type, end=len(text))
    )
    nodes = [node] if parts.value is None else [node, parts.value]
    return Source(text, at, node, parts.value, element_type(node.type) or ANY, parts.names, reading.reads(*nodes))


def both(first: Expression, second: Expression) -> Expression:
    """The condition that two conditions hold."""
    node = Operation("and", (first.node, second.node), type=BOOLEAN)
    return from_node(node, f"({first.text}) and ({second.text})", first.at, outward=first.outward)
