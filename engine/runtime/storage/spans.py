"""Balances of a register at the end of a day, and what happened to it in a span of days: read backwards from what is
kept now, by the months' totals and the movements of a broken month. Executes nothing."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Subquery, Table, and_, case, exists, func, literal, select

from engine.definitions.registers import Register
from engine.runtime.storage import register_keys
from engine.runtime.storage.live import Live
from engine.runtime.storage.tables import RegisterTables

ZERO = Decimal(0)


def balances_at(live: Live, register: Register, day: dt.date, known: dt.datetime | None = None) -> Subquery:
    """One row per keys of which something was booked up to `day`, with the balances at its end. With `known` as they
    were known then, which only the movements tell."""
    both = live.tables.registers[register.name]
    if known is not None:
        return _known_at(live, register, both, day, known)
    shown = [_closing(register, both, name, day).label(name) for name in register.measures]
    return select(both.rows.c.id, *_keys(live, register, both), *shown).where(*_moved_until(both, day)).subquery()


def _known_at(live: Live, register: Register, both: RegisterTables, day: dt.date, known: dt.datetime) -> Subquery:
    columns = [both.rows.c.id, *_keys(live, register, both)]
    sums = [func.sum(both.moves.c[name]).label(name) for name in register.measures]
    query = select(*columns, *sums).join(both.moves, both.moves.c["_row"] == both.rows.c.id)
    query = query.where(both.moves.c["_booked_at"] <= known, both.moves.c["_on_day"] <= day)
    return query.group_by(*columns).subquery()


def between(live: Live, register: Register, first: dt.date, last: dt.date) -> Subquery:
    """One row per keys of which something was booked up to `last`: each measure as its change from `first` to `last`,
    both included; beside it `measure@opening` before that, `@closing` at its end, `@inflow` (what was added) and
    `@outflow` (what was taken away, below zero)."""
    both = live.tables.registers[register.name]
    rows, moves = both.rows, both.moves
    within = and_(moves.c["_row"] == rows.c.id, moves.c["_on_day"].between(first, last))
    shown: list[ColumnElement[Any]] = []
    for name in register.measures:
        column = moves.c[name]
        zero = literal(ZERO, column.type)
        closing, change = _closing(register, both, name, last), _sum(column)
        shown += [
            change.label(name),
            (closing - change).label(f"{name}@opening"),
            closing.label(f"{name}@closing"),
            _sum(case((column > zero, column), else_=zero)).label(f"{name}@inflow"),
            _sum(case((column < zero, column), else_=zero)).label(f"{name}@outflow"),
        ]
    keys = _keys(live, register, both)
    query = select(rows.c.id, *keys, *shown).select_from(rows.outerjoin(moves, within))
    return query.where(*_moved_until(both, last)).group_by(rows.c.id, *keys).subquery()


def _keys(live: Live, register: Register, both: RegisterTables) -> list[ColumnElement[Any]]:
    return [both.rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]


def _moved_until(both: RegisterTables, day: dt.date) -> list[ColumnElement[bool]]:
    """Rows with all keys of which something was booked up to the day."""
    moves = both.moves
    moved = exists().where(moves.c["_row"] == both.rows.c.id, moves.c["_on_day"] <= day)
    return [both.rows.c["_level"] == 0, moved.correlate(both.rows)]


def _closing(register: Register, both: RegisterTables, name: str, day: dt.date) -> ColumnElement[Any]:
    """A measure of a row at the end of the day: what it is now less what was booked since."""
    now = both.rows.c[name]
    if not register.dated:
        return now
    totals, moves = both.totals, both.moves
    since = _part(both, totals, name, totals.c["_month"] > day.year * 100 + day.month)
    end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if day < end:
        since += _part(both, moves, name, (moves.c["_on_day"] > day) & (moves.c["_on_day"] <= end))
    return now - since


def _part(both: RegisterTables, table: Table, name: str, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The sum of a measure over what belongs to a row, sought by the index that begins with it."""
    found = select(_sum(table.c[name])).where(table.c["_row"] == both.rows.c.id, condition)
    return found.correlate(both.rows).scalar_subquery()


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A sum that is zero over nothing."""
    return func.coalesce(func.sum(column, type_=column.type), literal(ZERO, column.type), type_=column.type)
