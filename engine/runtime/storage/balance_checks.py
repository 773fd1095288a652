"""Comparing balances with what they are sums of: movements, and the kept rows of finer levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select

from engine.definitions.registers import Register
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import Measures, measures_of, tables
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.runtime.storage.rows import update_many

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A kept figure that is not the sum of its parts. `what`: balance | level | month."""

    register: str
    what: str
    keys: Keys
    kept: Mapping[str, Decimal]
    summed: Mapping[str, Decimal]
    row: int = 0
    month: int = 0


def mismatches(tx: Tx, register: Register) -> Iterator[Mismatch]:
    """Every kept row and month's total of the register that differs from the sum of the movements."""
    both = tables(tx, register)
    moved = _sums(
        tx,
        register,
        select(both.moves.c["_row"].label("at"), *_summed(both.moves, register)).group_by(both.moves.c["_row"]),
    )
    kept = list(tx.connection.execute(select(both.rows)).mappings())
    by_level: dict[tuple[int, Keys], Measures] = {}
    for row in kept:
        if row["_level"] == 0:
            keys = register_keys.decode(tx.live, register, row)
            found = moved.get(row["id"], dict.fromkeys(register.measures, ZERO))
            yield from _compare(register, "balance", keys, row, found)
            for number, level in enumerate(register.levels, 1):
                into = by_level.setdefault(
                    (number, register_keys.at_level(register, level, keys)), dict.fromkeys(register.measures, ZERO)
                )
                for name, amount in found.items():
                    into[name] += amount
    for row in kept:
        if row["_level"] != 0:
            keys = register_keys.decode(tx.live, register, row)
            found = by_level.get((row["_level"], keys), dict.fromkeys(register.measures, ZERO))
            yield from _compare(register, "level", keys, row, found)
    if register.dated:
        yield from _months(tx, register)


def _summed(table: Any, register: Register) -> list[Any]:
    return [func.sum(table.c[name]).label(name) for name in register.measures]


def _sums(tx: Tx, register: Register, query: Select[Any]) -> dict[int, Measures]:
    return {row["at"]: measures_of(register, row) for row in tx.connection.execute(query).mappings()}


def _compare(register: Register, what: str, keys: Keys, row: Mapping[Any, Any], found: Measures) -> Iterator[Mismatch]:
    kept = measures_of(register, row)
    if kept != found:
        yield Mismatch(register.name, what, keys, kept, found, row["id"])


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
    """Set kept rows and totals to what the movements say."""
    both = tables(tx, register)
    update_many(tx, both.rows, {m.row: dict(m.summed) for m in found if m.what != "month"})
    for mismatch in found:
        if mismatch.what == "month":
            at = (both.totals.c["_row"] == mismatch.row) & (both.totals.c["_month"] == mismatch.month)
            tx.connection.execute(both.totals.delete().where(at))
            tx.connection.execute(
                both.totals.insert().values({"_row": mismatch.row, "_month": mismatch.month, **mismatch.summed})
            )
