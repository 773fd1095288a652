"""Typing of what functions choose between (`if`, `switch`): results are alike, so that their type is known; and of
what may stand in a function that looks at the other rows of a report."""

from __future__ import annotations

from collections.abc import Sequence

from engine.expressions.checker import Checker, shown
from engine.expressions.functions.base import Function, join_two
from engine.expressions.nodes import Call, Literal, Node
from engine.expressions.operators import UnitClash, mixed_unit
from engine.expressions.trees import Invocation
from engine.expressions.types import BLANK, Type

MANY = ("rows", "list")


def alike(checker: Checker, tree: Invocation, function: Function, args: Sequence[Node]) -> list[Node]:
    """The arguments, `''` among unlike results as the blank that it means; unlike results are reported."""
    found = list(args)
    places = _results(function, len(args))
    kinds = {found[place].type.name for place in places if not _is_empty(found[place])}
    for place in places:
        node = found[place]
        if _is_empty(node) and kinds - {"text", "choice", "any", "blank"}:
            found[place] = Literal(None, type=BLANK, start=node.start, end=node.end)
    kind: Type | None = None
    for place in places:
        one = found[place].type
        if kind is not None and not _goes_with(checker, tree, place, kind, one):
            break
        kind = one if kind is None else join_two(kind, one)
    return found


def _results(function: Function, count: int) -> list[int]:
    """The places of the arguments that a function may give."""
    match function.name:
        case "if" | "choose":
            return list(range(1, count))
        case "ifs":
            return list(range(1, count, 2))
        case "switch":
            return [*range(2, count, 2), *([count - 1] if count % 2 == 0 else [])]
        case "iferror" | "ifna" | "ifblank":
            return list(range(count))
    return []


def _is_empty(node: Node) -> bool:
    return isinstance(node, Literal) and node.value == ""


def _goes_with(checker: Checker, tree: Invocation, place: int, left: Type, right: Type) -> bool:
    if "any" in (left.name, right.name) or {left.name, right.name} <= set(MANY):
        return True
    part = tree.args[place]
    if left.name == right.name == "number":
        try:
            mixed_unit(left.unit, right.unit)
        except UnitClash:
            checker.wrong("E-TYP-002", part, left=shown(left), right=shown(right), op=tree.written)
            return False
        return True
    if join_two(left, right).name != "any":
        return True
    hint = "make both texts with `'' & …`" if "text" in (left.name, right.name) else "give values of one sort"
    checker.wrong("E-TYP-016", part, hint, function=tree.written, left=shown(left), right=shown(right))
    return False


def window_in(args: Sequence[Node]) -> str:
    """The name of a function among the arguments that looks at the other rows of the report; blank without one: these
    are worked out one after the other, so that none can stand in another."""
    nodes = (node for arg in args for node in arg.walk())
    return next((one.function.name for one in nodes if isinstance(one, Call) and one.function.window is not None), "")
