"""Typing of sources: what gives rows, and the scope of their candidates. Knows no functions."""

from __future__ import annotations

from dataclasses import dataclass

from engine.expressions.checker import Checker, shown
from engine.expressions.functions.base import Function
from engine.expressions.name_rules import from_symbol, name, unknown_hint
from engine.expressions.nodes import Aggregate, Each, Get, Literal, Node, Root, SortKey, Source
from engine.expressions.operator_rules import condition, element_type
from engine.expressions.scope import Names
from engine.expressions.trees import Name, SortTree, SourceTree, Tree
from engine.expressions.types import ANY, Type, list_of

UNSORTABLE = ("rows", "list", "record", "json", "range")


@dataclass(frozen=True, slots=True)
class Parts:
    """A source and, where its path goes on past the rows (`stock.on_hand where …`), the value taken from each row."""

    rows: Node
    value: Node | None
    names: Names  # the scope of the candidate
    alias: str = ""


def source(checker: Checker, tree: Tree, names: Names) -> Parts | None:
    """A source with its candidate's scope; None after a problem."""
    return with_base(checker, tree, head(checker, tree.base if isinstance(tree, SourceTree) else tree, names), names)


def with_base(checker: Checker, tree: Tree, base: Node, names: Names) -> Parts | None:
    """A source whose base has its type already."""
    clauses = tree if isinstance(tree, SourceTree) else None
    if base.type == ANY and isinstance(base, Literal):
        return None
    base, value = peel(base)
    row = element_type(base.type)
    if row is None:
        hint = f"write `all {checker.written(tree)}` for the rows" if names.source(checker.written(tree)) else ""
        checker.wrong("E-TYP-005", tree, hint, found=shown(base.type))
        return None
    candidate = row if row.name == "record" else ANY
    alias = clauses.alias if clauses else ""
    if clauses and alias and names.head(alias) is not None:
        checker.wrong("E-NAM-010", clauses, "take another name", name=alias)
    inner = names.within(candidate, {alias: candidate} if alias else {})
    return Parts(_with_clauses(checker, clauses, base, inner, names), value, inner, alias)


def head(checker: Checker, tree: Tree, names: Names) -> Node:
    """The base of a source: a bare name is the row's field if there is one, else the object, register or report."""
    if isinstance(tree, Name):
        symbol = names.head(tree.name)
        stored = names.source(tree.name)
        if (
            symbol is not None
            and stored is not None
            and symbol.kind == "field"
            and symbol.type.name not in ("rows", "list")
        ):
            hint = f"write `this.{tree.name}` for the field or `all {tree.name}` for the object"
            return checker.wrong("E-NAM-005", tree, hint, name=tree.name)
        if symbol is None and stored is None:
            return checker.wrong("E-NAM-001", tree, unknown_hint(tree.name, names), name=tree.name)
        return from_symbol(tree, symbol) if symbol is not None else name(checker, tree, names)
    return checker.node(tree, names)


def peel(node: Node) -> tuple[Node, Node | None]:
    """Splits `stock.on_hand` into the rows and the value over one row; a path that ends in rows stays whole."""
    steps: list[Each] = []
    base = node
    while isinstance(base, Each) and base.type.name != "rows":
        steps.append(base)
        base = base.owner
    value: Node | None = None
    for step in reversed(steps):
        owner = value or Root("row", type=element_type(base.type) or ANY, start=step.start, end=step.end)
        value = Get(owner, step.name, type=_single(step.type), start=step.start, end=step.end)
    if value is not None and _through_lists(steps):
        return node, None
    return base, value


def _single(kind: Type) -> Type:
    return kind.of or ANY


def _through_lists(steps: list[Each]) -> bool:
    """Whether a step past the first goes through a list of links (then only the flattened list has a meaning)."""
    return any((step.type.of or ANY).name in ("list", "rows") for step in steps)


def _with_clauses(checker: Checker, tree: SourceTree | None, base: Node, inner: Names, outer: Names) -> Node:
    if tree is None:
        return base
    moment = _moment(checker, tree.moment, outer) if tree.moment else None
    between = (
        (_moment(checker, tree.between[0], outer), _moment(checker, tree.between[1], outer)) if tree.between else None
    )
    where = condition(checker, tree.where, inner) if tree.where else None
    sort = tuple(_key(checker, key, inner) for key in tree.sort)
    kind = base.type if base.type.name in ("rows", "list") else list_of(ANY)
    return Source(base, tree.alias, moment, between, where, sort, type=kind, start=tree.start, end=tree.end)


def _moment(checker: Checker, tree: Tree, names: Names) -> Node:
    node = checker.node(tree, names)
    if node.type.name not in ("date", "datetime", "any", "blank"):
        return checker.wrong("E-TYP-012", tree, "write `date(2026, 3, 31)`", found=shown(node.type))
    return node


def _key(checker: Checker, tree: SortTree, names: Names) -> SortKey:
    node = checker.node(tree.key, names)
    if node.type.name in UNSORTABLE:
        checker.wrong("E-TYP-011", tree.key, "name one of its fields", found=shown(node.type))
    return SortKey(node, tree.descending)


def source_value(checker: Checker, tree: SourceTree, names: Names, listing: Function) -> Node:
    """A source in brackets as a value: its rows, or the list of the values at the end of its path."""
    parts = source(checker, tree, names)
    if parts is None:
        return Literal(None, type=ANY, start=tree.start, end=tree.end)
    if parts.value is None:
        return parts.rows
    kind = list_of(parts.value.type)
    return Aggregate(listing, parts.rows, parts.value, (), parts.alias, type=kind, start=tree.start, end=tree.end)
