"""Sums of a register's rows: its balances now as SQL sees them, and those at the end of a day. Executes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, func, literal, select

from engine.definitions.registers import Register
from engine.expressions.evaluate import closure_of
from engine.expressions.nodes import Source
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql import blanked
from engine.runtime.storage import register_keys
from engine.runtime.storage.live import Live


@dataclass(frozen=True, slots=True)
class Sums:
    """A register's measures summed over many rows; formulas are evaluated on the sums. Implements `Columns`."""

    live: Live
    register: Register
    table: FromClause
    frame: Frame

    def figure(self, name: str) -> Figure | None:
        if name in self.register.measures:
            column = self.table.c[name]
            return Figure(func.coalesce(func.sum(column), literal(0, column.type), type_=column.type))
        formula = self.register.formulas.get(name)
        return None if formula is None else formula.figure(self, self.frame)

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.figure(name)
        return None if found is None else blanked(found)

    def follow(self, name: str) -> Columns | None:
        return None

    def parent(self) -> Columns | None:
        return None

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        return None


def balances_at(live: Live, register: Register, day: dt.date, known: dt.datetime | None = None) -> Subquery:
    """One row per keys with the sums of all movements up to the end of `day`; with `known` as it was known then."""
    both = live.tables.registers[register.name]
    keys = [both.rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
    sums = [func.sum(both.moves.c[name]).label(name) for name in register.measures]
    query = select(both.rows.c.id, *keys, *sums).join(both.moves, both.moves.c["_row"] == both.rows.c.id)
    if known is not None:
        query = query.where(both.moves.c["_booked_at"] <= known)
    return query.where(both.moves.c["_on_day"] <= day).group_by(both.rows.c.id, *keys).subquery()


def day_in(live: Live, node: Any, frame: Frame) -> dt.date:
    """The day that a node gives, in the app's time zone; today where it gives none."""
    value = closure_of(node)(frame)
    if isinstance(value, dt.datetime):
        return value.astimezone(live.zone).date()
    return value if isinstance(value, dt.date) else frame.world.today
