"""From a figure of a report to what it is made of: the links of tables and charts, the page of the rows behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.definitions.questions import Report
from engine.expressions.nodes import Call
from engine.expressions.values import Ref, Value
from engine.locales import show_month
from engine.runtime.services import reading
from engine.runtime.services.reporting import behind, grouping
from engine.runtime.services.reporting.behind import Behind
from engine.runtime.services.reporting.reports import Column, Table
from engine.runtime.services.sessions import Session
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, filters, pivots, sheets, values
from engine.runtime.web.present.facts import Fact
from engine.runtime.web.present.groups import BLANK, TOTAL
from engine.runtime.web.present.ledgers import key_condition
from engine.runtime.web.present.sheets import TableView
from engine.texts import Text

AT = "_at"                                     # of an address: the group whose rows are asked for


@dataclass(frozen=True, slots=True)
class Origins:
    """The page of the rows behind a figure: of what (`facts`), the rows with the sums of what is added up; `more` there
    are than are shown."""

    facts: Sequence[Fact]
    table: TableView
    more: bool


def linked(tx: Tx, report: Report, answer: Table, laid_out: Table, view: TableView, base: str) -> TableView:
    """The table with links from its figures, but noughts, to their rows at `base`.

    `answer` is the report's, `laid_out` the same with the values of `across` as headings, which `view` shows (a part of
    its rows at the beginning perhaps)."""
    if not behind.offered(tx, report):
        return view
    across = pivots.headings(report, answer) if laid_out is not answer else []
    names = [head.name for head in view.heads]
    places = {column.name: place for place, column in enumerate(laid_out.columns)}
    rows = []
    for row, given in zip(view.rows, laid_out.rows, strict=False):
        group = behind.group_of(report, laid_out, given)
        cells = [
            replace(cell, url=_address(base, {**group, **_beside(report, name, across)}))
            if name not in group and isinstance(given[places[name]], Decimal) and given[places[name]] else cell
            for name, cell in zip(names, row.cells, strict=True)
        ]
        rows.append(replace(row, cells=cells))
    return replace(view, rows=rows)


def _beside(report: Report, name: str, across: Sequence[Value]) -> dict[str, Value]:
    """What a column that is a heading adds to the group of its row."""
    number = name.partition(".")[0]
    return {report.across: across[int(number)]} if across and number.isdigit() else {}


def _address(base: str, group: Mapping[str, Value]) -> str:
    told = behind.told(group)
    return addresses.extended(base, **{AT: told}) if told else ""


def charted(chart: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The chart with points that lead to their rows at `base`."""
    return {**chart, "series": [{**one, "data": [_led(point, base) for point in one["data"]]}
                                for one in chart["series"]]}


def _led(point: Any, base: str) -> Any:
    if not isinstance(point, Mapping) or "at" not in point:
        return point
    kept = {name: value for name, value in point.items() if name != "at"}
    return {**kept, "url": addresses.extended(base, **{AT: point["at"]})}


def of(tx: Tx, found: Behind) -> Origins:
    """The page of the rows behind a figure."""
    table = sheets.table(tx, found.table)
    if found.register:
        table = replace(table, rows=[
            replace(row, url=_movements(tx, found, given))
            for row, given in zip(table.rows, found.table.rows, strict=True)
        ])
    return Origins(_facts(tx, found), replace(table, total=_total(tx, found)), found.table.more)


def _movements(tx: Tx, found: Behind, row: Sequence[Value]) -> str:
    """What was booked on the keys of a row, in the days that its figures count."""
    keys = tx.app.registers[found.register].keys
    conditions = [key_condition(keys[c.name], value) for c, value in zip(found.table.columns, row, strict=True)
                  if c.name in keys]
    for sign, day in zip((">=", "<="), found.days, strict=True):
        conditions += [f"date {sign} {_day(day)}"] if day is not None else []
    base = addresses.register(tx.app.name, found.register)
    joined = filters.joined(*conditions)
    return addresses.extended(base, view="movements", **({"filter": joined} if joined else {}))


def _day(day: dt.date) -> str:
    return f"date({day.year}, {day.month}, {day.day})"


def _total(tx: Tx, found: Behind) -> list[str] | None:
    """The sums of what the report adds up; none of a part of the rows, nor of one row alone."""
    columns, rows = found.table.columns, found.table.rows
    if found.table.more or len(rows) < 2 or not found.added:  # noqa: PLR2004 - one row is its own sum
        return None
    sums: list[str] = []
    for place, column in enumerate(columns):
        given = [row[place] for row in rows if row[place] is not None]
        numbers = [value for value in given if isinstance(value, Decimal)]
        adds = column.name in found.added and len(numbers) == len(given)
        sums.append(sheets.cell(tx, column, sum(numbers, Decimal(0))).text if adds else "")
    return [sums[0] or TOTAL.to(tx.actor.language), *sums[1:]]


def _facts(tx: Tx, found: Behind) -> list[Fact]:
    """Of what the rows are: the values of the columns by which the report is grouped."""
    return [_fact(tx, found.report, name, value) for name, value in found.group.items()]


def _fact(tx: Tx, report: Report, name: str, value: Value) -> Fact:
    e, language = report.by[name], tx.actor.language
    label = report.labels.get(name) or Text({"en": name.replace("_", " ").capitalize()})
    if value is None or value == "":
        return Fact(label.to(language), BLANK.to(language))
    if isinstance(value, Ref):
        titled = reading.titled(Session(tx), value)
        return Fact(label.to(language), sheets.shown(tx, e.type, titled), url=values.address_of(tx.app, titled)
                    if isinstance(titled, Ref) and titled.title else "")
    if isinstance(value, dt.date) and isinstance(e.node, Call) and e.node.function.name == "month_start":
        return Fact(label.to(language), show_month(value, language))
    options = grouping.option_labels(tx, report_queries.thing_of(report.source.node), e)
    column = Column(name, e.type, label, options, format=report.formats.get(name))
    return Fact(label.to(language), sheets.cell(tx, column, value).text)
