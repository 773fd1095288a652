"""What happened to a register in a span of days: a row per keys with what was before, came, went and was left."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, select

from engine.definitions.registers import Register
from engine.runtime.storage import register_keys
from engine.runtime.storage.live import Live


def between(live: Live, register: Register, first: dt.date, last: dt.date) -> Subquery:
    """Per keys each measure as its change from `first` to `last`, both included; beside it `measure@opening` before
    that, `@closing` at its end, `@inflow` (what was added) and `@outflow` (what was taken away, below zero)."""
    both = live.tables.registers[register.name]
    day = both.moves.c["_on_day"]
    keys = [both.rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
    sums: list[ColumnElement[Any]] = []
    for name in register.measures:
        column = both.moves.c[name]
        within, zero = day >= first, literal(Decimal(0), column.type)
        figures = {
            name: within,
            f"{name}@opening": day < first,
            f"{name}@closing": day <= last,
            f"{name}@inflow": and_(within, column > zero),
            f"{name}@outflow": and_(within, column < zero),
        }
        sums += [
            func.sum(case((counts, column), else_=zero), type_=column.type).label(label)
            for label, counts in figures.items()
        ]
    query = select(both.rows.c.id, *keys, *sums).join(both.moves, both.moves.c["_row"] == both.rows.c.id)
    return query.where(day <= last).group_by(both.rows.c.id, *keys).subquery()
