"""Sheets of figures (reports, balances, movements) as tables to read and as JSON. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from engine.definitions.figures import Format
from engine.expressions.types import Type
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.locales import show_date, show_datetime, show_money, show_number, show_percent, show_time
from engine.kinds.fields.number import plain_notation
from engine.runtime.services import reading
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import values
from engine.runtime.web.present.places import Head, ListRow
from engine.runtime.web.present.values import Cell
from engine.texts import Text, say


class Column(Protocol):
    """A column of a sheet of figures; one of codes may bring their labels as `options`, a figure how it is shown as
    `format`."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Type: ...
    @property
    def label(self) -> Text: ...


class Sheet(Protocol):
    """What reports, boards and registers answer: rows of values in the order of the columns."""

    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...


MONTH = say(zh="{0.year}年{0.month}月", en="{0:%b %Y}")
KINDS = {"number": "number", "date": "date", "datetime": "date", "record": "link"}
MONEY_DECIMALS = 2
STORED_DECIMALS = 6
TOTALLED = ("money", "quantity", "")


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the macro takes it."""

    heads: Sequence[Head]
    rows: Sequence[ListRow]
    total: Sequence[str] | None = None


def table(tx: Tx, sheet: Sheet, *, names: Sequence[str] = ()) -> TableView:
    """The sheet as a table; `names` picks and orders its columns."""
    language = tx.actor.language
    picked = [n for n, c in enumerate(sheet.columns) if not names or c.name in names]
    if names:
        picked.sort(key=lambda n: names.index(sheet.columns[n].name))
    heads = [head(sheet.columns[n], language) for n in picked]
    months = {n for n in picked if only_months([row[n] for row in sheet.rows])}
    rows = [
        ListRow(first_url(tx, row), number, [cell(tx, sheet.columns[n], row[n], month=n in months) for n in picked])
        for number, row in enumerate(sheet.rows)
    ]
    return TableView(heads, rows)


def head(column: Column, language: str) -> Head:
    return Head(column.name, column.label.to(language), KINDS.get(column.type.name, "text"), "", "")


def first_url(tx: Tx, row: Sequence[Any]) -> str:
    """Where a row leads: the first record that it names."""
    found = next((v for v in row if isinstance(v, Ref)), None)
    return values.address_of(tx.app, found) if found is not None else ""


def only_months(found: Sequence[Any]) -> bool:
    """Whether a column holds the first days of months only: then the month is what it says."""
    days = [value for value in found if isinstance(value, dt.date)]
    return len(days) > 1 and all(day.day == 1 for day in days)


def cell(tx: Tx, column: Column, value: Any, *, month: bool = False) -> Cell:
    """One value of a sheet for people; an error is blank with its reason."""
    if isinstance(value, ErrorValue):
        return Cell(column.name, "", "", reason=value.reason.to(tx.actor.language))
    formatted = formatted_as(tx, column, value)
    if formatted is not None:
        return Cell(column.name, "", formatted)
    if month and isinstance(value, dt.date):
        return Cell(column.name, "", MONTH.to(tx.actor.language).format(value))
    options: Mapping[str, Text] = getattr(column, "options", {})
    label = options.get(value) if isinstance(value, str) else None
    text = label.to(tx.actor.language) if label is not None else shown(tx, column.type, value)
    url = values.address_of(tx.app, value) if isinstance(value, Ref) else ""
    colors: Mapping[str, str] = getattr(column, "colors", {})
    color = "" if label is None else values.color_of(colors.get(str(value), "gray"))
    return Cell(column.name, "", text, url=url, color=color)


def formatted_as(tx: Tx, column: Column, value: Any) -> str | None:
    """The value as the column's format shows it; None where it has none."""
    format: Format | None = getattr(column, "format", None)
    return format.show(value, tx.actor.language, tx.zone) if format is not None else None


def shown(tx: Tx, kind: Type, value: Any) -> str:
    """A value in the language of the reader; blank and errors give ''."""
    language = tx.actor.language
    if value is None or isinstance(value, ErrorValue):
        return ""
    if isinstance(value, Decimal):
        return number(tx, kind, value)
    if isinstance(value, dt.datetime):
        return show_datetime(value.astimezone(tx.zone), language)
    if isinstance(value, dt.date):
        return show_date(value, language)
    if isinstance(value, dt.time):
        return show_time(value, language)
    if isinstance(value, Ref):
        return reading.called(value, language)
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, tuple):
        return ", ".join(shown(tx, kind.of or kind, item) for item in value)
    return str(value)


def number(tx: Tx, kind: Type, value: Decimal) -> str:
    """A number by its unit."""
    language = tx.actor.language
    unit, _, currency = kind.unit.partition(":")
    if unit == "money":
        return show_money(value, language, currency or tx.app.currency, MONEY_DECIMALS, MONEY_DECIMALS)
    if unit == "percent":
        return show_percent(value, language, 0, 2)
    return show_number(value, language, 0, STORED_DECIMALS if kind.scale is None else kind.scale)


def as_json(sheet: Sheet, language: str) -> dict[str, Any]:
    """The sheet as the API gives it: exact numbers as strings, links as `{id, title}`."""
    columns = [{"name": c.name, "type": type_name(c.type), "label": c.label.to(language)} for c in sheet.columns]
    return {
        "columns": columns,
        "rows": [[json_value(v) for v in row] for row in sheet.rows],
        "next": getattr(sheet, "next", None),
    }


def type_name(kind: Type) -> str:
    """The name of a column's type: its unit where that says more."""
    return (
        kind.unit.partition(":")[0] or kind.name
        if kind.name == "number"
        else "link"
        if kind.name == "record"
        else kind.name
    )


def json_value(value: Any) -> Any:
    """One value for the API."""
    if isinstance(value, Decimal):
        return plain_notation(value)
    if isinstance(value, Ref):
        return {"id": value.id, "title": value.title, "object": value.object}
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, ErrorValue):
        return None
    if isinstance(value, (tuple, list)):
        return [json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(k): json_value(v) for k, v in value.items()}
    return value
