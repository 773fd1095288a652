"""Columns of a report that look at its other rows (`running`, `rank`): worked out when these are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from engine.definitions.questions import Report
from engine.expressions.compiled import Expression, from_node
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Call, Each, Get, Node, Root, Source, Stored
from engine.expressions.scope import Frame
from engine.expressions.values import Value
from engine.runtime.services.reporting.grouping import Cells, over_cells


@dataclass(frozen=True, slots=True)
class Windows:
    """What is left to do once the rows of `inner` are there: `columns` are worked out then, in their order.

    `values`: the hidden column that holds what a window function takes, blank where it follows from shown columns.
    `parts`: the hidden columns of what stands beside window functions and is worked out from the rows themselves."""

    inner: Report
    columns: Mapping[str, Expression]
    values: Mapping[Call, str]
    parts: Mapping[Node, str] = field(default_factory=dict)

    def sort(self, keys: Sequence[str]) -> tuple[str, ...]:
        """The keys of a sort that are known before."""
        return tuple(key for key in keys if key.lstrip("-") not in self.columns)


def windows_in(node: Node) -> list[Call]:
    """The window functions in an expression."""
    return [part for part in node.walk() if isinstance(part, Call) and part.function.window is not None]


def prepared(report: Report) -> Windows:
    """The report without its window columns, their values in hidden ones instead."""
    columns = {name: e for name, e in report.show.items() if windows_in(e.node)}
    if not columns:
        return Windows(report, {}, {})
    later = {name: e for name, e in report.show.items() if name in columns or _reads(e.node, tuple(columns))}
    shown = {name: e for name, e in report.show.items() if name not in later}
    values: dict[Call, str] = {}
    parts: dict[Node, str] = {}

    def hidden(node: Node, expression: Expression) -> str:
        name = f"?{len(values)}.{len(parts)}"
        shown[name] = from_node(node, f"{expression.text} {name}", expression.at, outward=expression.outward)
        return name

    for expression in later.values():
        for call in windows_in(expression.node):
            values[call] = "" if _over_columns(call.args[-1]) else hidden(call.args[-1], expression)
        for part in _beside(expression.node):
            parts[part] = hidden(part, expression)
    having = report.having
    if having is not None and _reads(having.node, tuple(later)):
        having = None
    return Windows(replace(report, show=shown, having=having, sort=(), limit=None), later, values, parts)


def _beside(node: Node) -> Iterator[Node]:
    """The largest parts of an expression that have no window function in them and read more than columns."""
    if not windows_in(node):
        if not _over_columns(node):
            yield node
    elif not (isinstance(node, Call) and node.function.window is not None):
        for inner in node.parts():
            yield from _beside(inner)


def _reads(node: Node, columns: Sequence[str]) -> bool:
    """Whether an expression names one of these columns."""
    return any(isinstance(part, Root) and part.word == "name" and part.name in columns for part in node.walk())


def _over_columns(node: Node) -> bool:
    """Whether an expression reads nothing but columns that are shown, and constants."""
    return not any(
        isinstance(part, (Get, Each, Source, Aggregate, Stored)) or (isinstance(part, Root) and part.word != "name")
        for part in node.walk()
    )


def filled(windows: Windows, rows: Sequence[Cells], frame: Frame) -> None:
    """Works the window columns out, over all rows in their order."""
    for name, expression in windows.columns.items():
        calls = windows_in(expression.node)
        results = [_results(call, windows.values[call], rows, frame) for call in calls]
        names = {call: f"@window.{place}" for place, call in enumerate(calls)}
        node = _replaced(expression.node, {**windows.parts, **names})
        for place, cells in enumerate(rows):
            known: dict[str, Value] = {names[call]: found[place] for call, found in zip(calls, results, strict=True)}
            at = over_cells(frame, cells)
            cells[name] = evaluate(node, replace(at, names={**at.names, **known}))


def _results(call: Call, column: str, rows: Sequence[Cells], frame: Frame) -> list[Any]:
    """One result per row."""
    assert call.function.window is not None
    value = call.args[-1]
    values = [cells[column] if column else evaluate(value, over_cells(frame, cells)) for cells in rows]
    more = [evaluate(arg, frame) for arg in call.args[:-1]]
    return call.function.window(values, *more)


def _replaced(node: Any, names: Mapping[Any, str]) -> Any:
    """The same tree with names in the place of window functions and of what stands in hidden columns."""
    if isinstance(node, Node) and node in names:
        return Root("name", names[node], type=node.type, start=node.start, end=node.end)
    if isinstance(node, tuple):
        return tuple(_replaced(part, names) for part in node)
    if not isinstance(node, Node):
        return node
    return type(node)(**{f.name: _replaced(getattr(node, f.name), names) for f in fields(node) if f.init})
