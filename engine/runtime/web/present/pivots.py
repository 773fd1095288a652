"""Reports with `across`: the values of one column become headings, and each group is one row. Knows no request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.definitions.questions import Report
from engine.expressions.comparing import ordering_key
from engine.expressions.nodes import Aggregate
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services.reporting.reports import Column, Table
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import sheets
from engine.runtime.web.present.groups import BLANK, TOTAL
from engine.texts import Text, plain, say

MOST_HEADINGS = 60
ADDITIVE = ("sum", "count")                    # of these the total of a row is the sum of its cells
NUMBERS = re.compile(r"(\d+(?:\.\d+)?)")
Group = tuple[Value, ...]


def crossed(tx: Tx, report: Report, table: Table) -> Table:
    """The answer of a report with its column `across` laid out as headings; unchanged for a report without.

    The other columns of `by` come first, then for every value in ascending order (blank last) what is shown of it, then
    totals of what adds up. Of more than `MOST_HEADINGS` values the first are shown, and the answer says `more`."""
    names = [column.name for column in table.columns]
    if report.across not in names:
        return table
    at = names.index(report.across)
    kept = [n for n, name in enumerate(names) if name in report.by and n != at]
    shown = [n for n, name in enumerate(names) if name in report.show]
    found: dict[Group, dict[Value, tuple[Value, ...]]] = {}
    for row in table.rows:
        found.setdefault(tuple(row[n] for n in kept), {})[row[at]] = row
    every = headings(report, table)
    values = every[:MOST_HEADINGS]
    added = [n for n in shown if len(values) > 1 and _adds_up(report, names[n])]
    columns = [table.columns[n] for n in kept]
    columns += [
        _headed(table.columns[n], _heading(tx, table.columns[at], every, value), len(shown) > 1, f"{number}.{names[n]}")
        for number, value in enumerate(values) for n in shown
    ]
    columns += [_headed(table.columns[n], TOTAL, len(shown) > 1, f"total.{names[n]}") for n in added]
    rows = tuple(
        (*group, *_cells(of, values, shown), *(_total(of.values(), n) for n in added)) for group, of in found.items()
    )
    return Table(tuple(columns), rows, table.more or len(every) > len(values))


def headings(report: Report, table: Table) -> list[Value]:
    """The values of the column `across` in the order in which they are headings; none for a report without."""
    names = [column.name for column in table.columns]
    if report.across not in names:
        return []
    at = names.index(report.across)
    return sorted({row[at] for row in table.rows}, key=lambda value: _rank(table.columns[at], value))


def sums(report: Report, table: Table) -> list[Value]:
    """The sums of a table's columns, below it: of what adds up, None of the others. Of a part of the rows there are
    none."""
    if table.more or len(table.rows) < 2:
        return []
    names = [column.name.rpartition(".")[2] for column in table.columns]
    return [_total(table.rows, n) if name in report.show and _adds_up(report, name) else None
            for n, name in enumerate(names)]


def _cells(of: Mapping[Value, tuple[Value, ...]], values: Sequence[Value], shown: Sequence[int]) -> list[Value]:
    return [of[value][n] if value in of else None for value in values for n in shown]


def _total(rows: Any, column: int) -> Value:
    """The sum of a row's cells; the first error among them, if there is one."""
    found = [row[column] for row in rows if row[column] is not None]
    error = next((value for value in found if isinstance(value, ErrorValue)), None)
    return error if error is not None else sum(found, Decimal(0)) if found else None


def _adds_up(report: Report, name: str) -> bool:
    node = report.show[name].node
    return isinstance(node, Aggregate) and node.function.name in ADDITIVE


def _headed(column: Column, heading: Text, several: bool, name: str) -> Column:
    """A column under a heading, which alone says enough where one thing is shown."""
    form = "{heading} · {column}"
    label = say(zh=form, en=form, heading=heading, column=column.label) if several else heading
    return replace(column, name=name, label=label)


def _heading(tx: Tx, column: Column, every: Sequence[Value], value: Value) -> Text:
    if value is None or value == "":
        return BLANK
    if isinstance(value, Decimal) and column.format is None and not column.type.unit:
        return plain(f"{value.normalize():f}")             # 2026 is a year here, not 2,026
    return plain(sheets.cell(tx, column, value, month=sheets.only_months(every)).text)


def _rank(column: Column, value: Value) -> tuple[Any, ...]:
    """Codes as they are declared, names of spans (`< 0`, `0 – 29`, `90 +`) and other texts by the numbers in them."""
    if value is None or isinstance(value, ErrorValue) or value == "":
        return (1,)
    if column.options:
        codes = list(column.options)
        return (0, codes.index(str(value)) if value in codes else len(codes))
    if isinstance(value, str):
        parts = NUMBERS.split(value.removeprefix("< "))
        return (0, [(0, Decimal(part), "") if n % 2 else (1, Decimal(0), part) for n, part in enumerate(parts) if part],
                not value.startswith("< "))
    return (0, (value.title, value.id) if isinstance(value, Ref) else ordering_key(value))
