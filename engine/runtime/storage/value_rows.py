"""SQL over the movements of a valued measure: what was moved and at which value, by line and day. Decides no value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, tuple_

from engine.definitions.registers import Register, Valued
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import tables
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one rule of a line moved on one day on some keys: quantity, value, the number of its first booking."""

    object: str
    doc: int
    line: int
    rule: int
    day: dt.date
    keys: Keys
    quantity: Decimal
    value: Decimal
    first: int


def groups(tx: Tx, register: Register, valued: Valued) -> list[Keys]:
    """The keys (those outside of `per` blank) of every group of which something was ever moved."""
    both = tables(tx, register)
    level = _level(register, valued)
    query = select(both.rows).where(both.rows.c["_level"] == level).order_by(both.rows.c.id)
    return [register_keys.decode(tx.live, register, row) for row in tx.connection.execute(query).mappings()]


def _level(register: Register, valued: Valued) -> int:
    return 0 if valued.per == tuple(register.keys) else register.levels.index(valued.per) + 1


def moved(
    tx: Tx, register: Register, valued: Valued, group: Keys, since: dt.date, engine: int
) -> tuple[list[Moved], list[Moved]]:
    """What documents moved in the group from `since` on, by the day on which it counts, in the order of (day, booking);
    and what the engine (the rule `engine`) has booked as value, by the day for which it did."""
    both = tables(tx, register)
    by_rules = _moved(tx, register, valued, group, both.moves.c["_on_day"], since, both.moves.c["_rule"] != engine)
    own = _moved(tx, register, valued, group, both.moves.c["_for_day"], since, both.moves.c["_rule"] == engine)
    return sorted(by_rules, key=lambda one: (one.day, one.first)), own


def _moved(
    tx: Tx, register: Register, valued: Valued, group: Keys, day: ColumnElement[Any], since: dt.date,
    rule: ColumnElement[bool],
) -> list[Moved]:
    live, both = tx.live, tables(tx, register)
    moves, rows = both.moves, both.rows
    keys = [rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
    by = [moves.c["_obj"], moves.c["_doc"], moves.c["_line"], moves.c["_rule"], day.label("_day"), *keys]
    sums = [*_sums(tx, register, valued), func.min(moves.c.id).label("_first")]
    query = (
        select(*by, *sums).join(rows, rows.c.id == moves.c["_row"])
        .where(*_in_group(tx, register, valued, group), day >= since, rule).group_by(*by)
    )  # fmt: skip
    return [
        Moved(
            live.names[row["_obj"]], row["_doc"], row["_line"], row["_rule"], row["_day"],
            register_keys.decode(live, register, row), _quantity(valued, row), row["_value"] or ZERO, row["_first"],
        )
        for row in tx.connection.execute(query).mappings()
    ]  # fmt: skip


def before(
    tx: Tx, register: Register, valued: Valued, group: Keys, since: dt.date, engine: int
) -> tuple[Decimal, Decimal]:
    """Quantity and value of the group at the end of the day before `since`."""
    if since == dt.date.min:
        return ZERO, ZERO
    both = tables(tx, register)
    moves = both.moves
    early = or_(
        and_(moves.c["_rule"] != engine, moves.c["_on_day"] < since),
        and_(moves.c["_rule"] == engine, moves.c["_for_day"] < since),
    )
    query = (
        select(*_sums(tx, register, valued)).join(both.rows, both.rows.c.id == moves.c["_row"])
        .where(*_in_group(tx, register, valued, group), early)
    )  # fmt: skip
    row = tx.connection.execute(query).mappings().one()
    return _quantity(valued, row), row["_value"] or ZERO


def of_lines(
    tx: Tx, register: Register, valued: Valued, places: Collection[tuple[str, int, int]], since: dt.date, engine: int,
    given: Collection[tuple[str, int]],
) -> dict[tuple[tuple[str, int, int], Keys], tuple[Decimal, Decimal]]:
    """Quantity and value that these lines have booked on their keys before `since`, where their value was found."""
    if since == dt.date.min or not places:
        return {}
    live, both = tx.live, tables(tx, register)
    moves, rows = both.moves, both.rows
    keys = [rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
    by = [moves.c["_obj"], moves.c["_doc"], moves.c["_line"], *keys]
    said = tuple_(moves.c["_obj"], moves.c["_rule"]).in_([(live.numbers[object], rule) for object, rule in given])
    docs = sorted({(live.numbers[object], doc) for object, doc, _ in places})
    mine = or_(*(and_(moves.c["_obj"] == object, moves.c["_doc"] == doc) for object, doc in docs[:400]))
    query = (
        select(*by, *_sums(tx, register, valued)).join(rows, rows.c.id == moves.c["_row"])
        .where(mine, moves.c["_for_day"] < since, not_(said)).group_by(*by)
    )  # fmt: skip
    found = {}
    for row in tx.connection.execute(query).mappings():
        place = (live.names[row["_obj"]], row["_doc"], row["_line"])
        if place in places:
            at = register_keys.decode(live, register, row)
            found[place, at] = (_quantity(valued, row), row["_value"] or ZERO)
    return found


def _sums(tx: Tx, register: Register, valued: Valued) -> list[ColumnElement[Any]]:
    moves = tables(tx, register).moves
    counted = [func.sum(moves.c[name]).label(f"_counted_{name}") for name in valued.counted]
    return [*counted, func.sum(moves.c[valued.measure]).label("_value")]


def _quantity(valued: Valued, row: Mapping[Any, Any]) -> Decimal:
    return sum((factor * (row[f"_counted_{name}"] or ZERO) for name, factor in valued.counted.items()), ZERO)


def _in_group(tx: Tx, register: Register, valued: Valued, group: Keys) -> list[ColumnElement[bool]]:
    rows = tables(tx, register).rows
    found = [rows.c["_level"] == 0]
    for (name, field), value in zip(register.keys.items(), group, strict=True):
        if name in valued.per:
            encoded = register_keys.encode_key(tx.live, field, value)
            found += [rows.c[column] == part for column, part in encoded.items()]
    return found
