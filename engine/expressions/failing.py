"""Whether an expression can be an error at all, told from its tree. What is not known to be safe can be one.

Numbers too large, dates beyond the calendar and texts too long are left aside: whoever writes a value refuses these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from engine.expressions.nodes import Aggregate, Call, Each, Get, Items, Literal, Node, Operation, Root, Source, Stored

Members: TypeAlias = "Callable[[str, str], bool]"   # thing and name → whether this member can be an error


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a node stands: the things of which `this` and the row at hand are, and what is known about members."""

    members: Members
    this: tuple[str, ...]
    row: tuple[str, ...]

    def things(self, node: Node) -> tuple[str, ...]:
        """The things of which the value of a node is, or its items are."""
        kind = node.type if node.type.of is None else node.type.of
        if kind.objects or not isinstance(node, Root):
            return kind.objects
        return self.row if node.word == "row" else self.this if node.word in ("this", "old") else ()


PLAIN = ("number", "boolean", "date", "datetime", "time", "text", "choice", "record", "blank")
COMPARED = frozenset(("=", "!=", "<", "<=", ">", ">="))
# Whose result is an error only where an argument is one.
SPREADING = frozenset((
    "if", "ifblank", "isblank", "isnumber", "istext", "xor", "round", "roundup", "rounddown", "trunc", "int",
    "abs", "sign", "len", "upper", "lower", "trim", "concat", "contains", "starts", "ends", "exact", "year",
    "quarter", "month", "day", "days", "week_start", "month_start", "month_end", "quarter_start", "quarter_end",
    "year_start", "bucket", "overlaps",
))
ADDING = frozenset(("sum", "count", "count_unique", "min", "max", "exists", "any", "all", "first", "last", "join"))


def can_fail(node: Node, members: Members, thing: str) -> bool:
    """Whether the value of an expression of a row of `thing` may be an error; `members` says so of fields, formulas
    and balances."""
    return _fails(node, Scope(members, (thing,), (thing,)))


def _fails(node: Node, scope: Scope) -> bool:
    judge = JUDGES.get(type(node))
    return True if judge is None else judge(node, scope)


def _inside(node: Node, scope: Scope) -> bool:
    return any(_fails(part, scope) for part in node.parts())


def _member(node: Get | Each, scope: Scope) -> bool:
    things = scope.things(node.owner)
    if not things and node.owner.type.name != "range":
        return True                            # nobody knows what this is a member of
    return _fails(node.owner, scope) or any(scope.members(thing, node.name) for thing in things)


def _source(node: Source, scope: Scope) -> bool:
    outer = [node.base, *filter(None, (node.moment, *(node.between or ())))]
    inner = replace(scope, row=scope.things(node.base))
    parts = [*filter(None, (node.where,)), *(key.value for key in node.sort)]
    return any(_fails(part, scope) for part in outer) or any(_fails(part, inner) for part in parts)


def _operation(node: Operation, scope: Scope) -> bool:
    kinds = [arg.type.name for arg in node.args]
    if _inside(node, scope) or node.op == "^":
        return True
    if node.op == "/":
        return not _is_number(node.args[1]) or kinds[0] != "number"
    if node.op in ("+", "-", "*"):
        return not (_added(kinds) or (node.op in ("+", "-") and kinds[0] == "date" and _is_fixed(node.args[1])))
    return node.op in COMPARED and any(kind not in PLAIN for kind in kinds)


def _added(kinds: Sequence[str]) -> bool:
    return all(kind in ("number", "blank") for kind in kinds) or tuple(kinds) == ("date", "date")


def _is_fixed(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is not None


def _is_number(node: Node) -> bool:
    """A number written out that is not zero."""
    if isinstance(node, Operation) and node.op == "neg":
        return _is_number(node.args[0])
    return isinstance(node, Literal) and isinstance(node.value, Decimal) and node.value != 0


def _call(node: Call, scope: Scope) -> bool:
    name = node.function.name
    if name == "iserror":
        return False
    if name == "iferror":
        return _fails(node.args[1], scope)
    if name == "switch":
        return len(node.args) % 2 == 1 or _inside(node, scope)
    return name not in SPREADING or _inside(node, scope)


def _aggregate(node: Aggregate, scope: Scope) -> bool:
    kinds = [] if node.value is None else [node.value.type.name]
    if node.function.name not in ADDING or any(kind not in PLAIN for kind in kinds):
        return True
    inner = replace(scope, row=scope.things(node.source))
    value = node.value is not None and _fails(node.value, inner)
    return value or any(_fails(part, scope) for part in (node.source, *node.args))


JUDGES: dict[type[Node], Callable[..., bool]] = {
    Literal: lambda node, scope: False,
    Root: lambda node, scope: False,
    Stored: lambda node, scope: False,
    Get: _member,
    Each: _member,
    Items: _inside,
    Source: _source,
    Operation: _operation,
    Call: _call,
    Aggregate: _aggregate,
}
