"""Sums of parts with constant factors, so that comparisons of the same parts meet. Knows no comparison."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from engine.expressions.functions.base import Function
from engine.expressions.nodes import Aggregate, Each, Literal, Node, Operation, Root, SortKey, Source


class Sum(NamedTuple):
    """`factor * part` for each part, and a constant; the parts are in an order, and none has the factor 0."""

    parts: tuple[tuple[Any, Decimal], ...]
    rest: Decimal


def part_of(node: Node, *, outside: bool = True) -> Any:
    """What makes two nodes the same part: their shape and names. `outside` of sources `this` is the row at hand."""
    return _shape(node, outside=outside)


def _shape(value: Any, *, outside: bool) -> Any:
    if isinstance(value, Root):
        return ("row", "") if outside and value.word == "this" else (value.word, value.name)
    if isinstance(value, (Node, SortKey)):
        outside = outside and not isinstance(value, (Source, Aggregate, Each))
        names = [name for name in type(value).__slots__ if name not in ("type", "start", "end", "run")]
        return (type(value).__name__, *(_shape(getattr(value, name), outside=outside) for name in names))
    if isinstance(value, tuple):
        return tuple(_shape(one, outside=outside) for one in value)
    return value.name if isinstance(value, Function) else repr(value)


def sum_of(
    left: Node, right: Node, expand: Callable[[Node], Node], part: Callable[[Node], Any] = part_of
) -> Sum | None:
    """Left less right; None where constants in it are no plain numbers."""
    found: dict[Any, Decimal] = {}
    try:
        rest = _add(left, Decimal(1), found, expand, part) + _add(right, Decimal(-1), found, expand, part)
    except ValueError:
        return None
    kept = sorted(((part, factor) for part, factor in found.items() if factor), key=lambda one: repr(one[0]))
    return Sum(tuple(kept), rest)


def _add(
    node: Node,
    factor: Decimal,
    found: dict[Any, Decimal],
    expand: Callable[[Node], Node],
    part: Callable[[Node], Any],
) -> Decimal:
    """Adds the parts of a node to `found`; gives its constant."""
    node = expand(node)
    if isinstance(node, Literal):
        if not isinstance(node.value, Decimal):
            raise ValueError("no number")
        return node.value * factor
    if isinstance(node, Operation) and node.op in ("+", "-", "neg"):
        last = -factor if node.op != "+" else factor
        signs = (last,) if node.op == "neg" else (factor, last)
        constants = [_add(arg, sign, found, expand, part) for arg, sign in zip(node.args, signs, strict=True)]
        return sum(constants, Decimal(0))
    if isinstance(node, Operation) and node.op == "*":
        for one, other in (node.args, node.args[::-1]):
            if isinstance(one, Literal) and isinstance(one.value, Decimal):
                return _add(other, factor * one.value, found, expand, part)
    own = part(node)
    found[own] = found.get(own, Decimal(0)) + factor
    return Decimal(0)
