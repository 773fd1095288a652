"""Ranges in SQL: what two have in common, what lies within one. Executes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.expressions import terms
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Call, Get, Node
from engine.expressions.recording import spoil
from engine.expressions.terms import NotInSql, Term
from engine.expressions.types import ANY, Type
from engine.expressions.values import ErrorValue, Range

if TYPE_CHECKING:
    from engine.expressions.sql import Compiler

BLANK = Type("blank")


def overlap(compiler: Compiler, node: Call) -> Term:
    """`overlaps(stay, range(a, b))`; false where one is blank."""
    (start, end), (other_start, other_end) = (ends(compiler, arg) for arg in node.args)
    filled = [terms.negation(terms.conjunction([terms.blank(a), terms.blank(b)]))
              for a, b in ((start, end), (other_start, other_end))]
    meet = [_before(compiler, start, other_end), _before(compiler, other_start, end)]
    return terms.conjunction([*filled, *meet])


def within(compiler: Compiler, value: Term, node: Node) -> Term:
    """`day in stay`; false where one is blank."""
    start, end = ends(compiler, node)
    open_ended = terms.conjunction([terms.blank(start), terms.blank(end)])
    some = [terms.negation(terms.blank(value)), terms.negation(open_ended)]
    after = terms.disjunction([terms.blank(start), terms.ordered("<=", start, value, compiler.zone)])
    return terms.conjunction([*some, after, _before(compiler, value, end)])


def _before(compiler: Compiler, first: Term, last: Term) -> Term:
    """One end before another, an open one always; moments do not reach what begins when they end."""
    names = {first.type.name, last.type.name} - {"blank"}
    if len(names) > 1:
        raise NotInSql("a day beside a moment")
    moments = "datetime" in names
    order = terms.ordered("<" if moments else "<=", first, last, compiler.zone)
    return terms.disjunction([terms.blank(first), terms.blank(last), order])


def ends(compiler: Compiler, node: Node) -> tuple[Term, Term]:
    """The start and the end of a range as terms."""
    of = node.type.of or ANY
    if not compiler.touches(node, True):
        spoil()
        value = evaluate(node, compiler.frame)
        if isinstance(value, ErrorValue):
            raise NotInSql("a range that is an error")
        held = value if isinstance(value, Range) else Range(None, None)
        return _constant(held.start, of), _constant(held.end, of)
    if isinstance(node, Get):
        start, end = (Get(node, name, type=of, start=node.start, end=node.end) for name in ("start", "end"))
        return compiler.term(start), compiler.term(end)
    raise NotInSql("a range that is calculated")


def _constant(value: object, of: Type) -> Term:
    return terms.constant(value, of if value is not None else BLANK)
