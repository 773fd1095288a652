"""Grouping, adding up and ordering of a report's rows in Python, with the language's own functions. Reads no tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

from engine.definitions.objects import Object
from engine.definitions.questions import Report
from engine.expressions.arithmetic import Spread
from engine.expressions.comparing import ordering_key
from engine.expressions.compiled import Expression
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Decide, Get, Node, Root, is_stored
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.runtime.storage.live import Tx
from engine.texts import Text

Cells: TypeAlias = "dict[str, Value]"
HELD = "?held"                                 # beside the cells: whether the group passes `having`
GROUP = "rows"                                 # what the rows of a group are called in expressions


def totals_in(node: Node) -> list[Aggregate]:
    """The aggregates over the group's rows in an expression."""
    return [part for part in node.walk() if isinstance(part, Aggregate) and _over_group(part)]


def _over_group(node: Aggregate) -> bool:
    return isinstance(node.source, Root) and node.source.word == "name" and node.source.name == GROUP


def gather(
    rows: Sequence[tuple[Value, ...]], keys: int, totals: Sequence[Aggregate], frame: Frame
) -> Iterator[tuple[tuple[Value, ...], dict[Aggregate, Value]]]:
    """Group rows of keys and values (of the totals that have one, in order) and add them up."""
    groups: dict[tuple[Value, ...], list[tuple[Value, ...]]] = {}
    for row in rows:
        groups.setdefault(row[:keys], []).append(row[keys:])
    if not keys and not groups:
        groups[()] = []
    for key, values in groups.items():
        yield key, _totals(totals, values, frame)


def _totals(totals: Sequence[Aggregate], rows: Sequence[tuple[Value, ...]], frame: Frame) -> dict[Aggregate, Value]:
    found: dict[Aggregate, Value] = {}
    place = 0
    for total in totals:
        if total.value is None:
            found[total] = _added(total, [True] * len(rows), frame)
            continue
        column = [row[place] for row in rows]
        place += 1
        kept = column if total.function.blanks else [v for v in column if v is not None]
        found[total] = _added(total, kept, frame)
    return found


def _added(total: Aggregate, values: Sequence[Value], frame: Frame) -> Value:
    body = total.function.python
    return body(frame, iter(values)) if total.function.frame else body(iter(values))  # type: ignore[no-any-return]


def value_over(node: Node, results: Mapping[Aggregate, Value], frame: Frame) -> Value:
    """The value of an expression in which the totals are known."""
    if not results:
        return evaluate(node, frame)
    names = {total: f"{GROUP}.{number}" for number, total in enumerate(results)}
    known = {names[total]: value for total, value in results.items()}
    return evaluate(_replaced(node, names), replace(frame, names={**frame.names, **known}))


def _replaced(node: Any, names: Mapping[Aggregate, str]) -> Any:
    """The same tree with names in the place of totals."""
    if isinstance(node, Aggregate) and node in names:
        return Root("name", names[node], type=node.type, start=node.start, end=node.end)
    if isinstance(node, tuple):
        return tuple(_replaced(part, names) for part in node)
    if not isinstance(node, Node):
        return node
    changes = {f.name: _replaced(getattr(node, f.name), names) for f in fields(node) if f.init}
    return type(node)(**changes)


# ---- where SQL can't


def looks_elsewhere(report: Report) -> bool:
    """Whether its expressions read stored rows besides its own source."""
    expressions = [*report.by.values(), *report.show.values(), *filter(None, (report.having,))]
    nodes = [*(e.node for e in expressions), *filter(None, (report.source.where,))]
    return any(is_stored(part) for node in nodes for part in node.walk())


def in_python(report: Report, frame: Frame) -> list[Cells]:
    """The cells of a report, everything evaluated here over the rows that the frame's world gives.

    Raises `Spread` where the source's condition is an error for a row."""
    value = report.source.rows(frame)
    if isinstance(value, ErrorValue):
        raise Spread(value)
    rows = [row for row in getattr(value, "items", ()) if isinstance(row, Row)]
    if not report.by and not any(totals_in(e.node) for e in report.show.values()):
        return [_row_cells(report, frame.at(row, report.source.alias)) for row in rows]
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        key = tuple(as_link(e.value(frame.at(row, report.source.alias))) for e in report.by.values())
        groups.setdefault(key, []).append(row)
    if not report.by and not groups:
        groups[()] = []
    return [_cells(report, frame, key, members) for key, members in groups.items()]


def _row_cells(report: Report, frame: Frame) -> Cells:
    cells: Cells = {}
    for name, e in report.show.items():
        cells[name] = as_link(e.value(replace(frame, names={**frame.names, **cells})))
    return cells


def _cells(report: Report, frame: Frame, key: tuple[Value, ...], members: list[Row]) -> Cells:
    cells: Cells = dict(zip(report.by, key, strict=True))
    same = {e.text: name for name, e in report.by.items()}
    inner = replace(frame, names={**frame.names, GROUP: Rows(tuple(members))})
    for name, e in report.show.items():
        cells[name] = cells[same[e.text]] if e.text in same else as_link(e.value(over_cells(inner, cells)))
    if report.having is not None:
        cells[HELD] = report.having.value(over_cells(inner, cells))
    return cells


class CellRow(Row):
    """The cells of a report's row as expressions see them: `having` reads what is shown. Implements `Row`."""

    __slots__ = ("cells",)

    def __init__(self, cells: Mapping[str, Value]) -> None:
        self.cells = cells

    @property
    def object(self) -> str:
        return ""

    @property
    def id(self) -> int | None:
        return None

    def get(self, name: str) -> Value:
        return self.cells.get(name)


def over_cells(frame: Frame, cells: Mapping[str, Value]) -> Frame:
    """The frame in which bare names are a row's cells."""
    return replace(frame, row=CellRow(dict(cells)), names={**frame.names, **cells})


def as_link(value: Value) -> Value:
    """A record as its link, so that groups and cells hold plain values."""
    return Ref(value.object, value.id) if isinstance(value, Row) and value.id is not None else value


# ---- order and labels


def ordered(rows: Sequence[Cells], sort: Sequence[str]) -> list[Cells]:
    """By the named columns, `-` in front for descending; blanks come last in both directions; links by their titles."""
    found = list(rows)
    for key in reversed(sort):
        name, down = key.lstrip("-"), key.startswith("-")
        filled = [cells for cells in found if not _empty(cells.get(name))]
        blank = [cells for cells in found if _empty(cells.get(name))]
        filled.sort(key=lambda cells: _comparable(cells[name]), reverse=down)  # noqa: B023 - used at once
        found = filled + blank
    return found


def _empty(value: Value) -> bool:
    return value is None or isinstance(value, ErrorValue)


def _comparable(value: Value) -> Any:
    return (value.title, value.id) if isinstance(value, Ref) else ordering_key(value)


def option_labels(tx: Tx, thing: str, expression: Expression) -> Mapping[str, Text]:
    """The labels of the codes in a column: of a choice field, of the object's states, or of what a decision gives."""
    node = expression.node
    if isinstance(node, Decide):
        given = tx.app.decisions[node.name].gives
        return {code: option.label for code, option in getattr(given, "options", {}).items()}
    if expression.type.name != "choice" or not isinstance(node, Get):
        return {}
    owners = [name for name in node.owner.type.objects if name in tx.app.objects] or [thing]
    obj = tx.app.objects.get(owners[0])
    return {} if obj is None else labels_of(obj, node.name)


def decided_colors(tx: Tx, expression: Expression) -> Mapping[str, str]:
    """The colors of the codes in a column that a decision gives."""
    node = expression.node
    given = tx.app.decisions[node.name].gives if isinstance(node, Decide) else None
    return {code: option.color for code, option in getattr(given, "options", {}).items() if option.color}


def labels_of(obj: Object, name: str) -> Mapping[str, Text]:
    """The labels of the codes that a member may hold: options of a choice, or states."""
    if name in ("state", "status"):
        return {state.name: state.label for state in obj.states.values()}
    return {code: option.label for code, option in getattr(obj.fields.get(name), "options", {}).items()}


def colors_of(obj: Object, name: str) -> Mapping[str, str]:
    """The colors of these codes, as far as they are declared."""
    if name in ("state", "status"):
        return {state.name: state.color for state in obj.states.values() if state.color}
    options = getattr(obj.fields.get(name), "options", {})
    return {code: option.color for code, option in options.items() if option.color}


