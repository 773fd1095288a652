"""What a figure of a report is made of: the rows of its source that fall into a group. Knows reports, no request."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.definitions.questions import Report
from engine.errors import FieldError, Refused, Unreadable
from engine.expressions.compiled import Expression, from_node
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Get, Node, Operation, Root, Source
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, record_of
from engine.expressions.values import Ref, Value
from engine.runtime.services.reporting import grouping, reports
from engine.runtime.services.reporting.reports import Table
from engine.runtime.services.scoping import session_for
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

MOST = 500                                     # rows that are shown; the answer says whether there are more
GROUP = "?at."                                 # how the conditions call the values of the group
RECORD = "record"                              # the column of the record, or of the record to which a line belongs
COLUMNS = 12
DAYS = ("date", "datetime")
Group = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows behind a figure: `table`, whose first column of records is called `record`, and which of its columns
    are `added` up by the report. `register`: what the rows are of, where they are balances or turnovers, else blank;
    `days`: the first and last day that these count, None where there is no limit."""

    report: Report
    group: Group
    table: Table
    added: frozenset[str]
    register: str = ""
    days: tuple[dt.date | None, dt.date | None] = (None, None)


def offered(tx: Tx, report: Report) -> bool:
    """Whether figures of a report can be taken apart: they are totals over stored rows."""
    thing = report_queries.thing_of(report.source.node)
    stored = thing in tx.app.registers or thing in tx.app.objects
    return stored and bool(report.by or any(grouping.totals_in(e.node) for e in report.show.values()))


def run(
    tx: Tx, report: Report, group: Group, params: Mapping[str, Any] | None = None, *, typed: bool = False,
    names: Mapping[str, Value] | None = None,
) -> Behind:
    """The rows of a report that fall into a group (of a part of its columns `by`: all with these values), as its
    reader. Shown are the record or the keys, and the fields that the report reads of them.

    Raises what `reports.run` raises, and `Refused` for a report whose rows are no totals."""
    if not offered(tx, report):
        text = say(zh="“{report}”的数据没有可展开的明细", en="The figures of {report} have no rows behind them",
                   report=report.label)
        raise Refused(text, code="no_rows")
    plain = _taken_apart(tx, report, group)
    given = {**(names or {}), **{GROUP + name: value for name, value in group.items()}}
    table = reports.run(tx, plain, params, typed=typed, names=given)
    thing = report_queries.thing_of(report.source.node)
    added = frozenset(_added(report) & {column.name for column in table.columns})
    if thing not in tx.app.registers:
        return Behind(report, group, table, added)
    session = session_for(tx, as_reader=True)
    frame = Frame(session, names={**given, **reports.values_of(session, report, params or {}, typed=typed)})
    return Behind(report, group, table, added, thing, _days(report.source.node, frame))


def _days(source: Source, frame: Frame) -> tuple[dt.date | None, dt.date | None]:
    """From which day to which one a source counts what was booked."""
    first, last = source.between if source.between is not None else (None, source.moment)
    found = [None if node is None else evaluate(node, frame) for node in (first, last)]
    start, end = (day.date() if isinstance(day, dt.datetime) else day for day in found)
    return (start if isinstance(start, dt.date) else None, end if isinstance(end, dt.date) else None)


def _taken_apart(tx: Tx, report: Report, group: Group) -> Report:
    """The report over the rows of the group, each as it is."""
    node = report.source.node
    for name, value in group.items():
        node = _only(node, _is(report.by[name].node, name, value))
    thing = report_queries.thing_of(node)
    columns, labels = _first(tx, thing)
    grouped = {_path(e.node) for name, e in report.by.items() if name in group and isinstance(e.node, Get)}
    for name, e in [*report.by.items(), *report.show.items()]:
        for part in _read(e.node, report.source.alias):
            path = _path(part)
            if path in grouped or path in columns or path == "parent" or len(columns) >= COLUMNS:
                continue
            columns[path] = part
            labels[path] = _label(tx, part, thing) or report.labels.get(name) or Text({"en": path})
    if not any(part.type.name in DAYS for part in columns.values()):
        labels |= _dated(tx, thing, columns)
    show = {path: from_node(part, path, report.source.at) for path, part in columns.items()}
    return replace(
        report, source=replace(report.source, node=node), by={}, show=show, labels=labels, across="", having=None,
        sort=_newest(show), limit=MOST, formats={p: f for p, f in report.formats.items() if p in show},
    )


def _only(source: Source, condition: Node) -> Source:
    where = condition if source.where is None else Operation("and", (source.where, condition), type=BOOLEAN)
    return replace(source, where=where)


def _is(node: Node, name: str, value: Value) -> Node:
    """The condition that a row has this value of a column."""
    if value is None:
        return Operation("blank", (node,), type=BOOLEAN)
    return Operation("=", (node, Root("name", GROUP + name, type=node.type)), type=BOOLEAN)


def _first(tx: Tx, thing: str) -> tuple[dict[str, Node], dict[str, Text]]:
    """What every row says at first: its record (of a line the one to which it belongs), of a register its keys."""
    row = Root("row", type=record_of(thing))
    if thing in tx.app.registers:
        keys = tx.app.registers[thing].keys
        return ({name: Get(row, name, type=key.type) for name, key in keys.items()},
                {name: key.label for name, key in keys.items()})
    obj = tx.app.objects[thing]
    record: Node = Get(row, "parent", type=record_of(obj.owner)) if obj.owner else row
    return {RECORD: record}, {RECORD: tx.app.objects[obj.owner or thing].label}


def _dated(tx: Tx, thing: str, columns: dict[str, Node]) -> dict[str, Text]:
    """Adds the first day of the record, where it has one and no day is among the columns; how that is called."""
    record = columns.get(RECORD)
    fields = tx.app.objects[record.type.objects[0]].fields.values() if record is not None else ()
    day = next((one for one in fields if one.kind in DAYS and one.stored), None)
    if record is None or day is None:
        return {}
    path = f"{_path(record)}.{day.name}".strip(".")
    rest = dict(columns)
    columns.clear()
    columns |= {RECORD: rest.pop(RECORD), path: Get(record, day.name, type=day.type), **rest}
    return {path: day.label}


def _newest(show: Mapping[str, Expression]) -> tuple[str, ...]:
    """By the first day among the columns, the latest first."""
    return tuple(f"-{path}" for path, e in show.items() if e.type.name in DAYS)[:1]


def _read(node: Node, alias: str) -> Iterator[Get]:
    """The fields of a row that an expression reads, inside of the totals over the group's rows too."""
    if isinstance(node, Get) and _of_row(node, alias):
        if node.type.name not in ("rows", "list", "any"):
            yield node
        return
    if isinstance(node, Source) or (isinstance(node, Aggregate) and not grouping.totals_in(node)):
        return
    for part in node.parts():
        yield from _read(part, alias)


def _of_row(node: Node, alias: str) -> bool:
    while isinstance(node, Get):
        node = node.owner
    return isinstance(node, Root) and (node.word == "row" or (node.word == "name" and node.name == alias != ""))


def _path(node: Node) -> str:
    parts = []
    while isinstance(node, Get):
        parts.append(node.name)
        node = node.owner
    return ".".join(reversed(parts))


def _label(tx: Tx, node: Get, row: str) -> Text | None:
    """How a field is called where it is declared; nothing for a phase of a span of days, which the report names."""
    thing = row if isinstance(node.owner, Root) else next(iter(node.owner.type.objects), "")
    obj, register = tx.app.objects.get(thing), tx.app.registers.get(thing)
    if obj is not None:
        if node.name in ("state", "status"):
            return reports.state_column(obj, node.name).label
        return obj.fields[node.name].label if node.name in obj.fields else None
    found = {**register.keys, **register.measures}.get(node.name) if register is not None else None
    return found.label if found is not None else None


def _added(report: Report) -> set[str]:
    """The columns whose sum is a figure of the report."""
    nodes = [total.value for e in report.show.values() for total in grouping.totals_in(e.node)
             if total.function.name == "sum" and isinstance(total.value, Get)]
    return {_path(node) for node in nodes}


# ---- groups as texts, for addresses


def groups(tx: Tx, report: Report | None, table: Table) -> list[str]:
    """The group of each row of an answer of the report, as a text; none where there is nothing behind its figures."""
    if report is None or not offered(tx, report):
        return []
    return [told(group_of(report, table, row)) for row in table.rows]


def group_of(report: Report, table: Table, row: Sequence[Value]) -> dict[str, Value]:
    """The values of the columns `by` in a row of the answer."""
    return {c.name: value for c, value in zip(table.columns, row, strict=True) if c.name in report.by}


def told(group: Group) -> str:
    """A group as a text for an address: JSON by column, links as `[object, id]`, numbers and days as texts. Blank where
    it cannot be told: of a value that is an error there are no rows to be found."""
    try:
        return json.dumps({name: _plain(value) for name, value in group.items()}, ensure_ascii=False,
                          separators=(",", ":"))
    except TypeError:
        return ""


def _plain(value: Value) -> Any:
    if isinstance(value, Ref):
        return [value.object, value.id]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value


def heard(report: Report, text: str) -> dict[str, Value]:
    """The group that a text tells. Raises `Unreadable` for what is no group of the report."""
    try:
        given = json.loads(text or "{}")
        if not isinstance(given, dict):
            raise TypeError(text)
        return {name: _value(report.by[name], value) for name, value in given.items()}
    except (ValueError, TypeError, KeyError, InvalidOperation, RecursionError) as error:
        names = ", ".join(report.by)
        reason = say(
            zh="_at 应为 JSON 对象，键为分组列（{names}）",
            en="_at is a JSON object by the columns of the groups ({names})", names=names or "{}",
        )
        raise Unreadable(reason, errors=[FieldError("_at", reason)]) from error


def _value(by: Expression, given: Any) -> Value:
    """One value as the column has it. Raises `ValueError`, `TypeError` or `InvalidOperation` for what is none."""
    kind = by.type.name
    if given is None:
        return None
    if kind == "record":
        name, id = given
        if not isinstance(id, int) or isinstance(id, bool) or not 0 < id < 2**63 or name not in by.type.objects:
            raise ValueError(given)
        return Ref(name, id)
    if kind == "boolean" and isinstance(given, bool):
        return given
    if kind == "boolean" or not isinstance(given, str):
        raise TypeError(given)
    return READERS[kind](given) if kind in READERS else given


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


READERS: Mapping[str, Callable[[str], Value]] = {
    "number": _number, "date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
}
