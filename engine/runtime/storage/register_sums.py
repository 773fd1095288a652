"""Sums of a register's rows: what SQL sees where its balances are added up. Executes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, literal

from engine.definitions.registers import Register
from engine.expressions.evaluate import closure_of
from engine.expressions.nodes import Source
from engine.expressions.recording import spoil
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql import blanked
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

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        return None

    def follow(self, name: str) -> Columns | None:
        return None

    def parent(self) -> Columns | None:
        return None

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        return None


def day_in(live: Live, node: Any, frame: Frame) -> dt.date:
    """The day that a node gives, in the app's time zone; today where it gives none."""
    spoil()
    value = closure_of(node)(frame)
    if isinstance(value, dt.datetime):
        return value.astimezone(live.zone).date()
    return value if isinstance(value, dt.date) else frame.world.today
