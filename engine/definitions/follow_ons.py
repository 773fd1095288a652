"""Tells the root of what is wrong from what follows from it: a mistake in a part may have taken away what seems to be
missing there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from engine.definitions.nodes import List, Map, Node, Scalar
from engine.errors import Location, Problem

MISSING = ("E-FLW-010", "E-FLW-011", "E-ACT-003")  # no approver, no ending, no state to wait in
LOST = (*MISSING, "E-KEY-002", "E-CAL-003")  # built from what was left of a map: a key of it did not fit
Place: TypeAlias = tuple[int, int]             # line, column


def roots(
    judged: Iterable[Problem], found: Iterable[Problem], tree: Map, codes: tuple[str, ...] = MISSING
) -> Iterator[Problem]:
    """The `judged` problems without what seems to be missing in parts in which an error was `found` already."""
    wrong: dict[str, list[Place]] = {}
    for problem in found:
        if problem.severity == "error":
            wrong.setdefault(problem.at.file, []).append((problem.at.line, problem.at.column))
    parts: dict[Location, Place] | None = None
    for problem in judged:
        if wrong and problem.code in codes:
            if parts is None:
                parts = {}
                _measure(tree, parts)
            begin, end = (problem.at.line, problem.at.column), parts.get(problem.at)
            if end is not None and any(begin <= place <= end for place in wrong.get(problem.at.file, ())):
                continue
        yield problem


def _measure(node: Node, parts: dict[Location, Place]) -> Place:
    """Where the node ends; notes the end of every map and of every entry by the place where it begins."""
    if isinstance(node, Scalar):
        lines = node.text.count("\n")
        return (node.at.line + lines, node.at.column + len(node.text) + 2)
    end = (node.at.line, node.at.column)
    if isinstance(node, List):
        return max((end, *(_measure(item, parts) for item in node)))
    for pair in node:
        inner = _measure(pair.value, parts)
        end = max(end, inner)
        parts[pair.key.at] = inner
    parts[node.at] = end                       # after its first entry, which may begin at the same place
    return end
