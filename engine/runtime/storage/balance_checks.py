"""Comparing balances with what they are sums of: movements, and the kept rows of finer levels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, select

from engine.definitions.registers import Register
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import CHUNK, Measures, measures_of, tables
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.runtime.storage.rows import update_many

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A kept figure that is not the sum of its parts. `what`: balance | level | month; `day` (the last one of which a
    row knows is too early: guards on past days go by it); `movement` (booked in a row that is not there). `row` is 0
    where the row of a level is missing."""

    register: str
    what: str
    keys: Keys
    kept: Mapping[str, Decimal]
    summed: Mapping[str, Decimal]
    row: int = 0
    month: int = 0
    level: int = 0
    last_on: dt.date | None = None


@dataclass(slots=True)
class _Sum:
    """What movements add up to, and the last day on which one of them counts."""

    measures: Measures
    last_on: dt.date | None = None

    def add(self, other: _Sum) -> None:
        for name, amount in other.measures.items():
            self.measures[name] += amount
        self.last_on = max(filter(None, (self.last_on, other.last_on)), default=None)


def mismatches(tx: Tx, register: Register) -> Iterator[Mismatch]:
    """Every kept row and month's total of the register that differs from the sum of the movements."""
    both = tables(tx, register)
    moved = _sums(tx, register)
    by_level: dict[tuple[int, Keys], _Sum] = {}
    coarse: dict[tuple[int, Keys], Mapping[Any, Any]] = {}
    for row in tx.connection.execute(select(both.rows)).mappings():
        keys = register_keys.decode(tx.live, register, row)
        if row["_level"] != 0:
            coarse[row["_level"], keys] = row
            continue
        found = moved.pop(row["id"], None) or _nothing(register)
        yield from _compare(register, "balance", keys, row, found)
        for number, level in enumerate(register.levels, 1):
            at = (number, register_keys.at_level(register, level, keys))
            by_level.setdefault(at, _nothing(register)).add(found)
    for at in coarse.keys() | by_level.keys():
        found = by_level.get(at) or _nothing(register)
        if at in coarse:
            yield from _compare(register, "level", at[1], coarse[at], found)
        elif any(found.measures.values()) or found.last_on:
            zero = _nothing(register).measures
            yield Mismatch(register.name, "level", at[1], zero, found.measures, level=at[0], last_on=found.last_on)
    for id, lost in moved.items():
        yield Mismatch(register.name, "movement", (), lost.measures, _nothing(register).measures, id)
    if register.dated:
        yield from _months(tx, register)


def _nothing(register: Register) -> _Sum:
    return _Sum(dict.fromkeys(register.measures, ZERO))


def _summed(table: Any, register: Register) -> list[Any]:
    return [func.sum(table.c[name]).label(name) for name in register.measures]


def _sums(tx: Tx, register: Register) -> dict[int, _Sum]:
    """What was booked in each row, by its id."""
    moves = tables(tx, register).moves
    last = func.max(moves.c["_on_day"]).label("last")
    query = select(moves.c["_row"].label("at"), last, *_summed(moves, register)).group_by(moves.c["_row"])
    found = tx.connection.execute(query).mappings()
    return {row["at"]: _Sum(measures_of(register, row), row["last"] if register.dated else None) for row in found}


def _compare(register: Register, what: str, keys: Keys, row: Mapping[Any, Any], found: _Sum) -> Iterator[Mismatch]:
    kept, last = measures_of(register, row), row["_last_on"]
    if kept != found.measures:
        yield Mismatch(register.name, what, keys, kept, found.measures, row["id"])
    if found.last_on is not None and (last is None or last < found.last_on):
        yield Mismatch(register.name, "day", keys, {}, {}, row["id"], last_on=found.last_on)


def _months(tx: Tx, register: Register) -> Iterator[Mismatch]:
    both = tables(tx, register)
    query = select(both.moves.c["_row"], both.moves.c["_on_day"], *_summed(both.moves, register)).group_by(
        both.moves.c["_row"], both.moves.c["_on_day"]
    )
    months: dict[tuple[int, int], Measures] = {}
    for row in tx.connection.execute(query).mappings():
        month = row["_on_day"].year * 100 + row["_on_day"].month
        into = months.setdefault((row["_row"], month), dict.fromkeys(register.measures, ZERO))
        for name, amount in measures_of(register, row).items():
            into[name] += amount
    kept = {
        (row["_row"], row["_month"]): measures_of(register, row)
        for row in tx.connection.execute(select(both.totals)).mappings()
    }
    zero = dict.fromkeys(register.measures, ZERO)
    for place in months.keys() | kept.keys():
        if kept.get(place, zero) != months.get(place, zero):
            yield Mismatch(
                register.name, "month", (), kept.get(place, zero), months.get(place, zero), place[0], place[1]
            )


def repair(tx: Tx, register: Register, found: list[Mismatch]) -> None:
    """Set kept rows and totals to what the movements say. Movements of a row that is not there go: nothing says of
    which keys they were, and what their documents then lack is booked anew."""
    both = tables(tx, register)
    sums = {m.row: dict(m.summed) for m in found if m.what in ("balance", "level") and m.row}
    update_many(tx, both.rows, sums)
    update_many(tx, both.rows, {m.row: {"_last_on": m.last_on} for m in found if m.what == "day"})
    for mismatch in found:
        if mismatch.what == "month":
            at = (both.totals.c["_row"] == mismatch.row) & (both.totals.c["_month"] == mismatch.month)
            tx.connection.execute(both.totals.delete().where(at))
            tx.connection.execute(
                both.totals.insert().values({"_row": mismatch.row, "_month": mismatch.month, **mismatch.summed})
            )
        elif mismatch.what == "level" and not mismatch.row:
            keys = register_keys.encode(tx.live, register, mismatch.keys)
            tx.connection.execute(both.rows.insert().values(
                {"_level": mismatch.level, "_last_on": mismatch.last_on, **keys, **mismatch.summed}
            ))
    lost = [m.row for m in found if m.what == "movement"]
    for start in range(0, len(lost), CHUNK):
        part = lost[start : start + CHUNK]
        for table in (both.moves, both.totals):
            tx.connection.execute(table.delete().where(table.c["_row"].in_(part)))


def bookers(tx: Tx, register: Register) -> set[str]:
    """The objects whose records have booked in the register; one that has left the definition is not among them."""
    column = tables(tx, register).moves.c["_obj"]
    names = (tx.live.names.get(number, "") for number in tx.connection.execute(select(column).distinct()).scalars())
    return {name for name in names if name in tx.app.objects}


def abandoned(tx: Tx, register: Register) -> Iterator[tuple[str, int]]:
    """Documents that have booked in the register and of which there is no row any more."""
    moves = tables(tx, register).moves
    for name in sorted(bookers(tx, register)):
        records = tx.live.tables.objects[name]
        there = exists().where(records.c.id == moves.c["_doc"]).correlate(moves)
        mine = moves.c["_obj"] == tx.live.numbers[name]
        for id in tx.connection.execute(select(moves.c["_doc"]).where(mine, ~there).distinct()).scalars():
            yield name, id
