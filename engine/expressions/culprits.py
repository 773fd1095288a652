"""The rows for which a condition over rows does not hold: to say where it fails. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.arithmetic import Spread
from engine.expressions.evaluate import closure_of, evaluate, rows_of
from engine.expressions.nodes import Aggregate, Node, Operation
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Row
from engine.expressions.walking import candidates

BLAMED = {True: ("all",), False: ("any", "exists")}      # what speaks of single rows, by what it should give


def culprits(condition: Node, frame: Frame) -> Iterator[Row]:
    """The rows that make a condition false that should hold: those of `all(…)`, `not any(…)`, `not exists(…)` in it,
    also joined by `and`, `or` and `not`; none for another condition, and none where it cannot be told."""
    for part, wanted in _tellers(condition, True, frame):
        yield from _rows(part, wanted, frame)


def tellers(condition: Node) -> Iterator[Aggregate]:
    """The parts of a condition that could tell rows."""
    return (part for part, _ in _tellers(condition, True, None))


def _tellers(node: Node, wanted: bool, frame: Frame | None) -> Iterator[tuple[Aggregate, bool]]:
    """The parts that speak of single rows, with what they should be; in a frame those only that are not so."""
    if frame is not None and evaluate(node, frame) is wanted:
        return
    if isinstance(node, Operation) and node.op == "not":
        yield from _tellers(node.args[0], not wanted, frame)
    elif isinstance(node, Operation) and node.op in ("and", "or"):
        for one in node.args:
            yield from _tellers(one, wanted, frame)
    elif isinstance(node, Aggregate) and node.function.name in BLAMED[wanted]:
        yield node, wanted


def _rows(node: Aggregate, wanted: bool, frame: Frame) -> Iterator[Row]:
    """The rows for which what an aggregate asks of them is not as it should be; all of them if it asks nothing."""
    asked = None if node.value is None else closure_of(node.value)
    try:
        items = rows_of(node.source)(frame)
        for item, at in () if isinstance(items, ErrorValue) else candidates(items, node.alias, frame):
            if isinstance(item, Row) and (asked is None or (asked(at) is True) is not wanted):
                yield item
    except Spread:                             # which rows there are cannot be told
        return
