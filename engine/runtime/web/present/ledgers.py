"""A register on its page: rows that lead to the movements behind them. Knows sheets and registers, no request."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.definitions.registers import Register
from engine.expressions.values import Ref
from engine.kinds.fields.base import Field
from engine.runtime.services.reporting.sheets import Sheet
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, filters, sheets
from engine.runtime.web.present.sheets import TableView


def figures(tx: Tx, register: Register, sheet: Sheet, *, many: bool = False) -> TableView:
    """Balances or turnovers as a table; each row, and each figure in it but a nought, leads to what was booked on its
    keys. `many`: there are so many figures that noughts are left out where there is little room."""
    table = sheets.table(tx, sheet)
    places = {c.name: n for n, c in enumerate(sheet.columns) if c.name in register.keys}
    base = addresses.register(tx.app.name, register.name)
    rows = []
    for row, values in zip(table.rows, sheet.rows, strict=True):
        condition = filters.joined(*(key_condition(register.keys[name], values[n]) for name, n in places.items()))
        url = addresses.extended(base, view="movements", **({"filter": condition} if condition else {}))
        cells = [cell if cell.name in places or not cell.text else replace(cell, url=url) if value
                 else replace(cell, nought=many)
                 for cell, value in zip(row.cells, values, strict=True)]
        rows.append(replace(row, url=url, cells=cells))
    return TableView(table.heads, rows)


def movements(tx: Tx, sheet: Sheet) -> TableView:
    """Movements as a table; each row leads to the document that booked it. The day that it counts for is shown only
    where it differs from the day that it was booked on, neither where days do not matter."""
    day, for_day = (next(n for n, c in enumerate(sheet.columns) if c.name == name) for name in ("date", "for_day"))
    same = all(row[day] == row[for_day] for row in sheet.rows)
    hidden = {"booked_at", "booked_by"} | ({"for_day"} if same else set())
    if sheet.rows and all(row[day] is None for row in sheet.rows):
        hidden |= {"date"}
    names = [c.name for c in sheet.columns if c.name not in hidden]
    # A measure that a movement leaves alone is blank, not zero.
    moved = tuple(tuple(None if isinstance(v, Decimal) and not v else v for v in row) for row in sheet.rows)
    table = sheets.table(tx, replace(sheet, rows=moved), names=names)
    # A rule is set on one line, as the links beside it.
    return TableView([replace(h, kind="link") if h.name == "rule" else h for h in table.heads], table.rows)


def key_condition(key: Field, value: Any) -> str:
    """The condition that a register's row has this value of a key."""
    name = key.name
    if value is None:
        return f"{name} is blank"
    if isinstance(value, Ref):
        several = len(getattr(key, "to", ())) > 1
        return f"{name} is {value.object} and {name}.id = {value.id}" if several else f"{name}.id = {value.id}"
    if isinstance(value, dt.date):
        return f"{name} = date({value.year}, {value.month}, {value.day})"
    return f"{name} = {filters.quoted(value) if isinstance(value, str) else value}"
