"""Typed nodes as SQL over one candidate row: the same answers as Python, or `NotInSql`. Executes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, not_, null, type_coerce

from engine.expressions import terms
from engine.expressions.beyond import Candidate
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Call, Get, Items, Literal, Node, Operation, Root, Source
from engine.expressions.recording import RECORDING, plain
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql_dates import dated
from engine.expressions.sql_functions import call
from engine.expressions.sql_ranges import overlap, within
from engine.expressions.sql_rows import aggregate, among_links, first_of, member_of, under
from engine.expressions.terms import NotInSql, Term
from engine.expressions.types import BOOLEAN, TEXT
from engine.expressions.values import Rows

COMPARING = frozenset(("and", "or", "not", "blank", "=", "!=", "<", "<=", ">", ">=", "under"))
SUMS = frozenset(("+", "-", "*", "/", "neg"))
END = "__end"                                  # suffix of the column that holds a range's end
__all__ = ["NotInSql", "blanked", "compile_node", "compile_part", "compile_value"]


@dataclass(frozen=True, slots=True)
class Compiler:
    """One compilation: columns of the candidate, of aliases around it, of `this` where that is a row in SQL too.

    What reads none of these is evaluated in Python with the frame, and bound."""

    columns: Columns
    frame: Frame
    aliases: Mapping[str, Columns] = field(default_factory=dict)
    this: Columns | None = None
    exact: bool = False                        # inside of what looks at more of a constant than its shape

    def term(self, node: Node) -> Term:
        """A node as a column or constant; raises `NotInSql`."""
        if not self.touches(node, True):
            self._refuse_strangers(node)
            return self._constant(node)
        builder = BUILDERS.get(type(node))
        if builder is None:
            raise NotInSql(f"{type(node).__name__} reads the candidate row")
        return builder(self if self.exact or _compares(node) else replace(self, exact=True), node)

    def _constant(self, node: Node) -> Term:
        """What does not read the candidate, evaluated now; noted where the compilation is recorded."""
        value = evaluate(node, self.frame)
        recording = RECORDING.get()
        if recording is None or isinstance(node, Literal):
            return terms.constant(value, node.type)
        place = recording.note(node, plain(value), self.frame, exact=self.exact)
        return replace(terms.constant(value, node.type), place=place)

    def _refuse_strangers(self, node: Node) -> None:
        """A name that neither the frame nor a source inside knows may be an alias of the candidate: not a constant."""
        within = {part.alias for part in node.walk() if isinstance(part, (Source, Aggregate))}
        for part in node.walk():
            if (
                isinstance(part, Root)
                and part.word == "name"
                and part.name not in self.frame.names
                and part.name not in within
            ):
                raise NotInSql(f"nobody knows {part.name} here")

    def touches(self, node: Node, row: bool) -> bool:
        """Whether a node reads the candidate (only if `row`: inside a nested source bare names are that source's)."""
        return Candidate(frozenset(self.aliases), self.this is not None).touches(node, row)

    def record(self, node: Node) -> Columns:
        """The columns of the record that a path leads to."""
        found: Columns | None = None
        if isinstance(node, Root):
            found = (
                self.columns
                if node.word == "row"
                else self.this
                if node.word == "this"
                else self.aliases.get(node.name)
            )
        elif isinstance(node, Get):
            owner = self.record(node.owner)
            found = owner.parent() if node.name == "parent" else owner.follow(node.name)
        if found is None:
            raise NotInSql("a path that SQL cannot follow")
        return found

    def inside(self, columns: Columns, alias: str) -> Compiler:
        """The compilation inside a nested source."""
        return replace(self, columns=columns, aliases={**self.aliases, alias: columns} if alias else self.aliases)

    @property
    def zone(self) -> str:
        return self.frame.world.timezone


def _compares(node: Node) -> bool:
    """Whether a node looks at no more of a constant inside than its shape, and binds it."""
    if isinstance(node, Operation):
        return node.op in COMPARING or (node.op in SUMS and all(a.type.name in ("number", "blank") for a in node.args))
    return isinstance(node, (Root, Get)) and not any(isinstance(part, Aggregate) for part in node.parts())


def compile_node(node: Node, columns: Columns, frame: Frame, alias: str = "") -> ColumnElement[Any]:
    """Like `compile_part`; raises `NotInSql` too where some row could give an error, which Python would report."""
    found = compile_part(node, columns, frame, alias)
    if found.error is not None:
        raise NotInSql("an error could arise")
    return found.column


def compile_part(node: Node, columns: Columns, frame: Frame, alias: str = "") -> Figure:
    """A part of a source (`where`, a row expression) as SQL: `this` is the frame's row, `alias` the source's.

    Raises `NotInSql` where it cannot run there."""
    return _figure(Compiler(columns, frame, {alias: columns} if alias else {}).term(node))


def compile_value(node: Node, columns: Columns, frame: Frame, *, outward: bool) -> Figure:
    """A whole expression as SQL over its own row.

    `outward`: `this` is the frame's row and the candidate another one (the `where` of a link); else both are one."""
    return _figure(Compiler(columns, frame, this=None if outward else columns).term(node))


def _figure(term: Term) -> Figure:
    return Figure(finished(term), term.error, term.type.name == "boolean")


def blanked(figure: Figure) -> ColumnElement[Any]:
    """The column of a value; an error is NULL, in a condition false."""
    if figure.error is None:
        return figure.column
    if figure.condition:
        return and_(figure.column, not_(figure.error))
    return type_coerce(case((figure.error, null()), else_=figure.column), figure.column.type)


def finished(term: Term) -> ColumnElement[Any]:
    return terms.truth(term) if term.type.name == "boolean" else terms.bound(term)


def _root(compiler: Compiler, node: Root) -> Term:
    column = compiler.record(node).column("id")
    if column is None or len(node.type.objects) != 1:
        raise NotInSql("a row without an id")
    return Term(node.type, column, object=node.type.objects[0])


def _get(compiler: Compiler, node: Get) -> Term:
    if isinstance(node.owner, Aggregate):
        return first_of(compiler, node, node.owner)
    if node.type.name in ("rows", "list", "json", "range"):
        raise NotInSql("many values")
    if node.owner.type.name == "range" and isinstance(node.owner, Get):
        whole = node.owner
        name = whole.name + (END if node.name == "end" else "")
        return member_of(compiler.record(whole.owner), replace(node, owner=whole.owner, name=name))
    return member_of(compiler.record(node.owner), node)


def _operation(compiler: Compiler, node: Operation) -> Term:
    op = node.op
    if op in ("and", "or"):
        found = [compiler.term(arg) for arg in node.args]
        return terms.conjunction(found) if op == "and" else terms.disjunction(found)
    if op == "under":
        return under(compiler, node)
    if op == "in":
        return _membership(compiler, node)
    if op == "isa":
        return _kind_of(compiler, node)
    if op == "^":
        raise NotInSql(op)
    found = [compiler.term(arg) for arg in node.args]
    if op == "&":
        return _joined(found)
    if len(found) == 1:
        unary: dict[str, Callable[[Term], Term]] = {
            "not": terms.negation,
            "blank": terms.blank,
            "neg": lambda term: terms.negative(term, node.type),
        }
        return unary[op](found[0])
    left, right = found
    if op in ("=", "!="):
        same = terms.equal(left, right, compiler.zone)
        return same if op == "=" else terms.negation(same)
    if op in terms.ORDER:
        return terms.ordered(op, left, right, compiler.zone)
    numbers = all(term.type.name in ("number", "blank") for term in found)
    return terms.arithmetic(op, left, right, node.type) if numbers else dated(op, left, right, node.type)


def _kind_of(compiler: Compiler, node: Operation) -> Term:
    """Whether a link leads to a record of an object."""
    link, name = node.args
    if not isinstance(link, Get) or not isinstance(name, Literal):
        raise NotInSql("which object a record is of")
    found = compiler.record(link.owner).isa(link.name, str(name.value))
    if found is None:
        raise NotInSql("which object a link leads to")
    return Term(BOOLEAN, found, certain=True)


def _joined(parts: list[Term]) -> Term:
    if any(part.type.name not in ("text", "choice", "blank") for part in parts):
        raise NotInSql("values other than text")
    columns = [terms.text_or_empty(part) for part in parts]
    joined = columns[0]
    for column in columns[1:]:
        joined = joined.concat(column)
    return Term(TEXT, joined, error=terms.either(*(part.error for part in parts)))


def _membership(compiler: Compiler, node: Operation) -> Term:
    left, listed = compiler.term(node.args[0]), node.args[1]
    if listed.type.name == "range":
        return within(compiler, left, listed)
    if isinstance(listed, Get) and listed.type.of is not None and len(listed.type.of.objects) == 1:
        return among_links(compiler, left, listed)
    if isinstance(listed, Items):
        items = [compiler.term(item) for item in listed.items]
    else:
        given = compiler.term(listed)
        if not given.constant or given.error is not None:
            raise NotInSql("a list that SQL does not know")
        values = given.value.items if isinstance(given.value, Rows) else given.value or ()
        element = listed.type.of if listed.type.of is not None else replace(listed.type, name="record")
        items = [terms.constant(value, element) for value in values]
    if not items:
        return Term(BOOLEAN, None, False, left.error, certain=True)
    sure = replace(left, error=None)
    tests = [terms.equal(sure, replace(item, error=None), compiler.zone) for item in items]
    return replace(terms.disjunction(tests), error=terms.either(left.error, *(item.error for item in items)))


BUILDERS: dict[type[Node], Callable[[Compiler, Any], Term]] = {
    Root: _root,
    Get: _get,
    Operation: _operation,
    Call: lambda compiler, node: (overlap if node.function.name == "overlaps" else call)(compiler, node),
    Aggregate: aggregate,
}
