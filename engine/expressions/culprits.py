"""The rows for which a condition over rows does not hold: to say where it fails. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.arithmetic import Spread
from engine.expressions.evaluate import closure_of, rows_of
from engine.expressions.nodes import Aggregate, Node, Operation
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Row
from engine.expressions.walking import candidates


def culprits(condition: Node, frame: Frame) -> Iterator[Row]:
    """The rows that make `all(…)`, `not any(…)`, or several of these joined by `and`, false; none for another
    condition, and none where it cannot be told."""
    if isinstance(condition, Operation) and condition.op == "and":
        for part in condition.args:
            yield from culprits(part, frame)
    elif isinstance(condition, Operation) and condition.op == "not":
        yield from _rows(condition.args[0], "any", True, frame)
    else:
        yield from _rows(condition, "all", False, frame)


def _rows(node: Node, function: str, wrong: bool, frame: Frame) -> Iterator[Row]:
    """The rows for which what an aggregate asks of them is, or is not, true."""
    if not isinstance(node, Aggregate) or node.function.name != function or node.value is None:
        return
    asked = closure_of(node.value)
    try:
        items = rows_of(node.source)(frame)
        for item, at in () if isinstance(items, ErrorValue) else candidates(items, node.alias, frame):
            if isinstance(item, Row) and (asked(at) is True) is wrong:
                yield item
    except Spread:                             # which rows there are cannot be told
        return
