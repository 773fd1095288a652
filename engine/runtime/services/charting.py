"""Chart options for the browser's chart library, put together from an allow-list; texts are data, never markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.values import Ref, Value
from engine.runtime.services.reports import Column, Table

TOOLTIP = {"renderMode": "richText", "confine": True}   # no HTML: a title of a record can't become markup


def option(
    kind: str, table: Table, x: str, y: Sequence[str], language: str, split: str = ""
) -> dict[str, Any]:
    """The option of a `bar`, `line`, `area`, `pie` or `funnel` chart: `x` the column of the categories, `y` those that
    are drawn; with `split` one series per value of that column.

    Numbers are texts in decimal notation: exact on the way, read as numbers where they are drawn."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    months = _only_months([row[places[x]] for row in table.rows])
    categories = [shown(row[places[x]], table.columns[places[x]], language, months) for row in table.rows]
    if kind in ("pie", "funnel"):
        return _pieces(kind, table, places[y[0]], categories, language)
    if split:
        series = _parts(kind, table, places[y[0]], places[split], categories, language)
        categories = list(dict.fromkeys(categories))
    else:
        series = [_series(kind, table, places[name], language) for name in y]
    return {
        "tooltip": {**TOOLTIP, "trigger": "axis"},
        "legend": {"show": len(series) > 1},
        "grid": {"containLabel": True},
        "xAxis": {"type": "category", "data": categories},
        "yAxis": {"type": "value"},
        "series": series,
    }


def gauge(value: Value, goal: Value, figure: str) -> dict[str, Any]:
    """The option of a dial from nothing to `goal`. `figure`, the value as people read it, is written on it."""
    full = float(goal) if isinstance(goal, Decimal) and goal > 0 else 1.0
    return {"series": [{"type": "gauge", "min": 0, "max": full, "data": [{"value": number(value), "name": figure}]}]}


def _series(kind: str, table: Table, place: int, language: str) -> dict[str, Any]:
    name = table.columns[place].label.to(language)
    return {**_look(kind), "name": name, "data": [number(row[place]) for row in table.rows]}


def _look(kind: str) -> dict[str, Any]:
    """An area is a line with what lies below it filled."""
    return {"type": "line", "areaStyle": {"opacity": 0.25}} if kind == "area" else {"type": kind}


def _parts(
    kind: str, table: Table, place: int, by: int, categories: Sequence[str], language: str
) -> list[dict[str, Any]]:
    """One series per value of the column `by`, each with a figure (or none) for every category."""
    figures: dict[str, dict[str, str | None]] = {}
    for row, category in zip(table.rows, categories, strict=True):
        part = shown(row[by], table.columns[by], language)
        figures.setdefault(part, {})[category] = number(row[place])
    order = list(dict.fromkeys(categories))
    return [
        {**_look(kind), "name": part, "data": [found.get(category) for category in order]}
        for part, found in figures.items()
    ]


def _pieces(kind: str, table: Table, place: int, categories: Sequence[str], language: str) -> dict[str, Any]:
    data = [{"name": name, "value": number(row[place])} for name, row in zip(categories, table.rows, strict=True)]
    name = table.columns[place].label.to(language)
    return {
        "tooltip": {**TOOLTIP, "trigger": "item"},
        "legend": {"show": kind == "pie"},
        "series": [{"type": kind, "name": name, "label": {"show": kind != "pie"}, "data": data}],
    }


def number(value: Value) -> str | None:
    """A number as text in decimal notation; None for what is no number."""
    return format(value, "f") if isinstance(value, Decimal) else None


def shown(value: Value, column: Column, language: str, months: bool = False) -> str:
    """A category for people: a title, a label, a day (a month where all days are firsts)."""
    if value is None:
        return "—"
    if isinstance(value, Ref):
        return value.title or f"#{value.id}"
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m") if months else value.isoformat()[:10]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    label = column.options.get(str(value))
    return label.to(language) if label is not None else str(value)


def _only_months(values: Sequence[Value]) -> bool:
    days = [value for value in values if isinstance(value, dt.date)]
    return bool(days) and all(day.day == 1 for day in days)


