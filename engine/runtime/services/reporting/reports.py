"""Reports: questions over objects, lines and registers, answered as the reader; one statement where SQL can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.coming import not_active
from engine.definitions.figures import Format
from engine.definitions.objects import Object
from engine.definitions.questions import Report
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.expressions.arithmetic import Spread
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Aggregate, Node
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.types import Type, choice_of
from engine.expressions.values import ErrorValue, Key, Ref, Value
from engine.kinds.fields.base import Literal, Unfit
from engine.runtime.services import field_rules, pointing, reading
from engine.runtime.services.reporting import asking, grouping, reasons, windows
from engine.runtime.services.reporting.grouping import Cells
from engine.runtime.services.rights import access, sight
from engine.runtime.services.scoping import ReaderSession, session_for
from engine.runtime.services.sessions import Session
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.runtime.storage.report_queries import MOST_ROWS, Base, Sorted
from engine.texts import Text, say

BLANK = (None, "", ["", ""])                   # parameters that are not given; of a period both ends


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `type` as expressions have it (unit, objects, options), `options` the labels of codes in it, `colors`
    those of lists of records, `format` how it is shown where it says so."""

    name: str
    type: Type
    label: Text
    options: Mapping[str, Text]
    colors: Mapping[str, str] = field(default_factory=dict)
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The answer: rows of values in the order of the columns; links have titles. `more`: there were more rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A report being answered: who asks, with which parameters, and the frame of expressions that belong to no row."""

    session: Session
    report: Report
    frame: Frame


def run(
    tx: Tx, report: str | Report, params: Mapping[str, Any] | None = None, *, as_reader: bool = True,
    typed: bool = False, names: Mapping[str, Value] | None = None,
) -> Table:
    """Answer a declared report. `params` raw or read values by name (`typed`: what controls hold); missing ones take
    their defaults. `names` are what its expressions may name besides.

    As a reader: only rows and columns in sight. Raises `NotFound`, `Forbidden`, `Invalid` (a parameter)."""
    found = tx.app.reports.get(report) if isinstance(report, str) else report
    if found is None:
        raise NotFound(say(zh="没有名为 {name} 的报表", en="There is no report called {name}", name=str(report)))
    if any(not_active(tx.app, node) for node in found.source.node.walk()):
        text = say(zh="“{report}”的数据来源尚未启用", en="What {report} is over is not active yet", report=found.label)
        raise Refused(text, code="not_active")
    session = session_for(tx, as_reader=as_reader)
    frame = Frame(session, names={**(names or {}), **values_of(session, found, params or {}, typed=typed)})
    question = Question(session, in_sight(tx, found) if as_reader else found, frame)
    try:
        return _table(question)
    except Spread as spread:
        raise _unanswerable(session, found, spread.error) from spread


def _unanswerable(session: Session, report: Report, error: ErrorValue) -> Refused:
    """A condition of the report cannot be told for some row: leaving the row out would give wrong figures."""
    text = say(
        zh="“{report}”的条件无法计算（{reason}）：请更正该记录，或在条件中用 iferror 处理",
        en="The condition of {report} cannot be computed ({reason}): correct the record, or catch it with iferror",
        report=report.label, reason=reasons.reason(session, error),
    )
    return Refused(text, code="expression")


def query(tx: Tx, request: Mapping[str, Any]) -> Table:
    """Answer an ad-hoc question `{from, where, by, show, sort, limit}`, checked and answered with the actor's rights.

    `show` and `by` are maps of column → expression, or lists of fields. Raises `Unreadable` for what does not check."""
    return run(tx, asking.report_of(tx, request))


# ---- rights


def in_sight(tx: Tx, report: Report) -> Report:
    """The report without columns that read what the actor may not see; `Forbidden` where nothing sensible is left."""
    thing = report_queries.thing_of(report.source.node)
    if thing and not access.may(tx, thing, "see"):
        raise Forbidden(say(zh="您没有查看“{report}”的权限", en="You may not see {report}", report=report.label))
    limits = [*report.by.values(), *filter(None, (report.having,))]
    shown = {name: e for name, e in report.show.items() if sight.may_evaluate(tx, thing, [e.node])}
    if not shown or not sight.may_evaluate(tx, thing, [*(e.node for e in limits), report.source.node]):
        text = say(zh="“{report}”用到了您无权查看的内容", en="{report} reads what you may not see", report=report.label)
        raise Forbidden(text)
    return replace(report, show=shown)


def rules_of(session: Session) -> report_queries.Rules:
    """The row rules of a session's reader; the engine itself has none."""
    return session.rules if isinstance(session, ReaderSession) else lambda thing: [None]


# ---- parameters


def values_of(
    session: Session, report: Report, given: Mapping[str, Any], *, typed: bool = False
) -> dict[str, Value]:
    """The parameters as values: given ones read by their kinds, defaults for the rest."""
    errors: list[FieldError] = []
    found: dict[str, Value] = {}
    for name, param in report.params.items():
        raw = given.get(name)
        try:
            read = param.parse_input if typed else param.parse
            value = _default(session, param.default, found) if raw in BLANK else read(raw)
            found[name] = linked(session, param, value)
        except Unfit as problem:
            errors.append(pointing.of_field(FieldError(name, problem.message), param))
    frame = Frame(session, names=dict(found))
    for name, value in found.items():
        wrong = field_rules.given_errors(session, report.params[name], value, frame)
        errors += (FieldError(name, text, code) for code, text in wrong)
    for name in (name for name in given if name not in report.params):
        errors.append(FieldError(name, say(zh="没有参数 {name}", en="There is no parameter {name}", name=name)))
    if errors:
        raise Invalid(errors[0].told, errors=errors)
    return found


def _default(session: Session, default: Literal | Expression | None, before: Mapping[str, Value]) -> Any:
    """What a parameter is that is not given; it may name those `before` it."""
    if default is None:
        return None
    value = default.value if isinstance(default, Literal) else default.value(Frame(session, names=dict(before)))
    return None if isinstance(value, ErrorValue) else value


def linked(session: Session, field: Any, value: Any) -> Value:
    """The value of a parameter; of a link given by its key the record. Raises `Unfit` where there is none."""
    if not isinstance(value, Key):
        return value  # type: ignore[no-any-return]
    for target in getattr(field, "to", ("user",)):
        ref = session.find(target, value.text)
        if ref is not None:
            return ref
    raise Unfit(say(zh="找不到 {key}", en="There is no {key}", key=value.text))


# ---- the answer


def _table(question: Question) -> Table:
    report = question.report
    names = list(dict.fromkeys((*report.by, *report.show)))
    beside = windows.prepared(report)
    found = _found(replace(question, report=beside.inner))
    kept = [cells for cells in found if _has(replace(question, report=beside.inner), cells)]
    _give_titles(question.session, kept)
    ordered = grouping.ordered(kept, beside.sort(report.sort))
    if beside.columns:
        windows.filled(beside, ordered, question.frame)
        if beside.inner.having is not report.having:
            ordered = [cells for cells in ordered if _has(question, cells)]
        ordered = grouping.ordered(ordered, report.sort)
    more = len(found) >= MOST_ROWS or (report.limit is not None and len(ordered) > report.limit)
    shown = ordered[:report.limit] if report.limit is not None else ordered
    rows_shown = tuple(tuple(_shown(question.session, cells[name]) for name in names) for cells in shown)
    return Table(tuple(_column(question, name) for name in names), rows_shown, more)


def _found(question: Question) -> list[Cells]:
    """The cells of all rows, by the database where it can."""
    report = question.report
    try:
        if isinstance(question.session, ReaderSession) and grouping.looks_elsewhere(report):
            raise NotInSql("rows of other sources are the reader's too")
        rows = report_queries.base(question.session.tx, report.source.node, rules_of(question.session), question.frame)
        return _grouped(question, rows) if _is_grouped(report) else _plain(question, rows)
    except NotInSql:
        return grouping.in_python(report, question.frame)


def _is_grouped(report: Report) -> bool:
    """By something, or all rows added up to one."""
    return bool(report.by) or any(grouping.totals_in(e.node) for e in report.show.values())


def _plain(question: Question, rows: Base) -> list[Cells]:
    report = question.report
    order = _pushed(report) if report.having is None else None
    found = report_queries.plain(
        question.session.tx, rows, [e.node for e in report.show.values()], question.frame, order=order or (),
        limit=report.limit + 1 if report.limit is not None and (order is not None) else None,
    )
    return [dict(zip(report.show, row, strict=True)) for row in found]


def _pushed(report: Report) -> list[Sorted] | None:
    """The sort as the database can do it (numbers and days), so that it cuts off the rest; None if it can't."""
    places = {name: place for place, name in enumerate(report.show)}
    keys = [(key.lstrip("-"), key.startswith("-")) for key in report.sort]
    if any(report.show[name].type.name not in report_queries.ORDERED for name, _ in keys if name in places):
        return None
    if not all(name in places for name, _ in keys):
        return None
    return [Sorted(places[name], descending) for name, descending in keys]


def _grouped(question: Question, rows: Base) -> list[Cells]:
    """Totals by the database; what is computed from them here."""
    report, tx = question.report, question.session.tx
    expressions = [*report.show.values(), *([report.having] if report.having is not None else [])]
    totals: list[Aggregate] = list(dict.fromkeys(t for e in expressions for t in grouping.totals_in(e.node)))
    if not all(report_queries.native(total) for total in totals):
        return _gathered(question, rows, totals)
    keys: list[Node] = [e.node for e in report.by.values()]
    try:
        found = report_queries.groups(tx, rows, keys, totals, question.frame)
    except NotInSql:
        return _gathered(question, rows, totals)
    return [_finished(question, row[:len(keys)], dict(zip(totals, row[len(keys):], strict=True))) for row in found]


def _gathered(question: Question, rows: Base, totals: Sequence[Aggregate]) -> list[Cells]:
    """Keys and values of each row by the database, added up here by the language's own functions."""
    if any(total.args for total in totals):
        raise NotInSql("these totals take more than the values")
    report = question.report
    keys: list[Node] = [e.node for e in report.by.values()]
    values = [total.value for total in totals if total.value is not None]
    found = report_queries.plain(question.session.tx, rows, [*keys, *values], question.frame)
    if len(found) >= MOST_ROWS:
        raise too_many(report)
    groups = grouping.gather(found, len(keys), totals, question.frame)
    return [_finished(question, key, results) for key, results in groups]


def _finished(question: Question, key: Sequence[Value], results: Mapping[Aggregate, Value]) -> Cells:
    """The cells of one group out of its keys and totals."""
    report = question.report
    cells: Cells = dict(zip(report.by, key, strict=True))
    same = {e.text: name for name, e in report.by.items()}
    for name, e in report.show.items():
        frame = grouping.over_cells(question.frame, cells)
        cells[name] = cells[same[e.text]] if e.text in same else grouping.value_over(e.node, results, frame)
    if report.having is not None:
        held = grouping.over_cells(question.frame, cells)
        cells[grouping.HELD] = grouping.value_over(report.having.node, results, held)
    return cells


def _has(question: Question, cells: Cells) -> bool:
    """Whether a row passes `having`. Raises `Spread` where that cannot be computed."""
    having = question.report.having
    if having is None:
        return True
    held = cells.get(grouping.HELD) if grouping.HELD in cells else having.value(
        grouping.over_cells(question.frame, cells))
    if isinstance(held, ErrorValue):
        raise Spread(held)
    return held is True


def too_many(report: Report) -> Refused:
    text = say(zh="“{report}”的数据行太多，请缩小范围", en="{report} has too many rows", report=report.label)
    return Refused(text, code="too_many_rows")


def state_column(obj: Object, name: str) -> Column:
    """The column of a record's state or status."""
    label = say(zh="状态", en="State") if name == "state" else say(zh="状态", en="Status")
    return Column(name, choice_of(*obj.states), label, grouping.labels_of(obj, name), grouping.colors_of(obj, name))


def _column(question: Question, name: str) -> Column:
    report = question.report
    expression = report.show.get(name) or report.by[name]
    label = report.labels.get(name) or Text({"en": name.replace("_", " ").capitalize()})
    thing = report_queries.thing_of(report.source.node)
    options = grouping.option_labels(question.session.tx, thing, expression)
    colors = grouping.decided_colors(question.session.tx, expression)
    return Column(name, expression.type, label, options, colors, report.formats.get(name))


def _give_titles(session: Session, rows: Sequence[Cells]) -> None:
    """Links get their titles (they are sorted by them), the records loaded together."""
    session.prefetch(value for cells in rows for value in cells.values() if isinstance(value, Ref))
    titles: dict[Ref, Ref] = {}
    for cells in rows:
        for name, value in cells.items():
            if isinstance(value, Ref):
                if value not in titles:
                    titles[value] = reading.titled(session, value)
                cells[name] = titles[value]


def _shown(session: Session, value: Value) -> Value:
    """A link with its title (none where the reader may not see its record), an error with the place where it arose."""
    return reasons.named(session, value) if isinstance(value, ErrorValue) else reading.titled(session, value)
