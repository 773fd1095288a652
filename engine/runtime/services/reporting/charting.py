"""Chart options for the browser's chart library, put together from an allow-list; texts are data, never markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from engine.expressions.values import Ref, Value
from engine.locales import show_date, show_month
from engine.runtime.services import reading
from engine.runtime.services.reporting.reports import Column, Table
from engine.runtime.storage.live import Tx

TOOLTIP = {"renderMode": "richText", "confine": True}   # no HTML: a title of a record can't become markup


def option(
    tx: Tx, kind: str, table: Table, x: str, y: Sequence[str], split: str = "", groups: Sequence[str] = (),
) -> dict[str, Any]:
    """The option of a `bar`, `line`, `area`, `pie` or `funnel` chart: `x` the column of the categories, `y` those that
    are drawn; with `split` one series per value of that column.

    Numbers are texts in decimal notation: exact on the way, read as numbers where they are drawn. Where the column says
    how it is shown, `shown` beside the data has what is read at each point; `percent` makes the axis one of shares.
    `groups` tell row by row of what group it is: then a point is `{value, at}`."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    months = _only_months([row[places[x]] for row in table.rows])
    categories = [shown(tx, row[places[x]], table.columns[places[x]], months) for row in table.rows]
    if kind in ("pie", "funnel"):
        return _pieces(tx, kind, table, places[y[0]], categories, groups)
    if split:
        series = _parts(tx, kind, table, places[y[0]], places[split], categories, groups)
        categories = list(dict.fromkeys(categories))
    else:
        series = [_series(tx, kind, table, places[name], groups) for name in y]
    return {
        "tooltip": {**TOOLTIP, "trigger": "axis"},
        "legend": {"show": len(series) > 1},
        "grid": {"containLabel": True},
        "xAxis": {"type": "category", "data": categories},
        "yAxis": {"type": "value", **_axis([table.columns[places[name]] for name in y])},
        "series": series,
    }


def gauge(value: Value, goal: Value, figure: str) -> dict[str, Any]:
    """The option of a dial from nothing to `goal`. `figure`, the value as people read it, is written on it."""
    full = float(goal) if isinstance(goal, Decimal) and goal > 0 else 1.0
    return {"series": [{"type": "gauge", "min": 0, "max": full, "data": [{"value": number(value), "name": figure}]}]}


def _axis(columns: Sequence[Column]) -> dict[str, Any]:
    """What the ticks of an axis count, where all its columns are shares."""
    return {"percent": True} if all(c.format is not None and c.format.percent for c in columns) else {}


def _read(tx: Tx, column: Column, values: Sequence[Value]) -> dict[str, Any]:
    """What is read at each point of a series, where the column says how it is shown."""
    form = column.format
    if form is None:
        return {}
    return {"shown": [form.show(value, tx.actor.language, tx.zone) or "" for value in values]}


def _series(tx: Tx, kind: str, table: Table, place: int, groups: Sequence[str]) -> dict[str, Any]:
    column, values = table.columns[place], [row[place] for row in table.rows]
    drawn = {"name": column.label.to(tx.actor.language), "data": _points(values, groups)}
    return {**_look(kind), **drawn, **_read(tx, column, values)}


def _points(values: Sequence[Value], groups: Sequence[str]) -> list[Any]:
    """Numbers, each with its group where it has one."""
    found = zip_longest(map(number, values), groups[:len(values)], fillvalue="")
    return [{"value": value, "at": at} if at and value is not None else value for value, at in found]


def _look(kind: str) -> dict[str, Any]:
    """An area is a line with what lies below it filled."""
    return {"type": "line", "areaStyle": {"opacity": 0.25}} if kind == "area" else {"type": kind}


def _parts(
    tx: Tx, kind: str, table: Table, place: int, by: int, categories: Sequence[str], groups: Sequence[str]
) -> list[dict[str, Any]]:
    """One series per value of the column `by`, each with a figure (or none) for every category."""
    figures: dict[str, dict[str, tuple[Value, str]]] = {}
    for row, category, at in zip_longest(table.rows, categories, groups, fillvalue=""):
        part = shown(tx, row[by], table.columns[by])
        figures.setdefault(part, {})[category] = row[place], at
    order = list(dict.fromkeys(categories))
    found = []
    for part, cells in figures.items():
        values = [cells.get(category, (None, ""))[0] for category in order]
        data = _points(values, [cells.get(category, (None, ""))[1] for category in order])
        found.append({**_look(kind), "name": part, "data": data, **_read(tx, table.columns[place], values)})
    return found


def _pieces(
    tx: Tx, kind: str, table: Table, place: int, categories: Sequence[str], groups: Sequence[str]
) -> dict[str, Any]:
    data = [
        {"name": name, "value": number(row[place]), **({"at": at} if at else {})}
        for name, row, at in zip_longest(categories, table.rows, groups, fillvalue="")
    ]
    column = table.columns[place]
    name, read = column.label.to(tx.actor.language), _read(tx, column, [row[place] for row in table.rows])
    return {
        "tooltip": {**TOOLTIP, "trigger": "item"},
        "legend": {"show": kind == "pie"},
        "series": [{"type": kind, "name": name, "label": {"show": kind != "pie"}, "data": data, **read}],
    }


def number(value: Value) -> str | None:
    """A number as text in decimal notation; None for what is no number."""
    return format(value, "f") if isinstance(value, Decimal) else None


def shown(tx: Tx, value: Value, column: Column, months: bool = False) -> str:
    """A category for people: a title, a label, a day (a month where all days are firsts)."""
    if value is None:
        return "—"
    if isinstance(value, Ref):
        return reading.called(value, tx.actor.language)
    given = column.format.show(value, tx.actor.language, tx.zone) if column.format is not None else None
    if given is not None:
        return given
    if isinstance(value, dt.date):
        day = value.astimezone(tx.zone) if isinstance(value, dt.datetime) else value
        return show_month(day, tx.actor.language) if months else show_date(day, tx.actor.language)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    label = column.options.get(str(value))
    return label.to(tx.actor.language) if label is not None else str(value)


def _only_months(values: Sequence[Value]) -> bool:
    days = [value for value in values if isinstance(value, dt.date)]
    return bool(days) and all(day.day == 1 for day in days)


