"""SQL over the movements of a valued measure: what was moved and at which value, by line and day. Decides no value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, not_, or_, select, true, tuple_

from engine.definitions.registers import Register, Valued
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import tables
from engine.runtime.storage.given import among, bound
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.runtime.storage.rows import bind_like, plain, statement
from engine.runtime.storage.tables import RegisterTables

ZERO = Decimal(0)
MOST_DOCUMENTS = 400                           # of one question
ENGINE: BindParameter[int] = bindparam("engine")            # the rule under which the engine books values


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
    by_rules = _moved(tx, register, valued, group, since, engine, own=False)
    own = _moved(tx, register, valued, group, since, engine, own=True)
    return sorted(by_rules, key=lambda one: (one.day, one.first)), own


def _moved(
    tx: Tx, register: Register, valued: Valued, group: Keys, since: dt.date, engine: int, *, own: bool
) -> list[Moved]:
    live, both = tx.live, tables(tx, register)
    query = statement(both.moves, ("moved", valued.measure, own), lambda: _moved_by(tx, register, valued, own))
    values = {"since": since, "engine": engine, **_group(tx, register, valued, group)}
    return [
        Moved(
            live.names[row["_obj"]], row["_doc"], row["_line"], row["_rule"], row["_day"],
            register_keys.decode(live, register, row), _quantity(valued, row), row["_value"] or ZERO, row["_first"],
        )
        for row in plain(tx.connection.execute(query, values))
    ]  # fmt: skip


def _moved_by(tx: Tx, register: Register, valued: Valued, own: bool) -> Select[Any]:
    """Sums by document, line, rule, day and row: of what the engine has booked, or of all else."""
    both = tables(tx, register)
    moves, rows = both.moves, both.rows
    day = moves.c["_for_day" if own else "_on_day"]
    rule = moves.c["_rule"] == ENGINE if own else moves.c["_rule"] != ENGINE
    by = [moves.c["_obj"], moves.c["_doc"], moves.c["_line"], moves.c["_rule"], day.label("_day"),
          *_key_columns(tx, register)]
    sums = [*_sums(tx, register, valued), func.min(moves.c.id).label("_first")]
    query = select(*by, *sums).join(rows, rows.c.id == moves.c["_row"])
    return query.where(*_in_group(tx, register, valued), day >= _since(both), rule).group_by(*by)


def before(
    tx: Tx, register: Register, valued: Valued, group: Keys, since: dt.date, engine: int
) -> tuple[Decimal, Decimal]:
    """Quantity and value of the group at the end of the day before `since`."""
    if since == dt.date.min:
        return ZERO, ZERO
    both = tables(tx, register)
    query = statement(both.moves, ("before", valued.measure), lambda: _before(tx, register, valued))
    values = {"since": since, "engine": engine, **_group(tx, register, valued, group)}
    row = tx.connection.execute(query, values).mappings().one()
    return _quantity(valued, row), row["_value"] or ZERO


def _before(tx: Tx, register: Register, valued: Valued) -> Select[Any]:
    both = tables(tx, register)
    moves, since = both.moves, _since(both)
    early = or_(
        and_(moves.c["_rule"] != ENGINE, moves.c["_on_day"] < since),
        and_(moves.c["_rule"] == ENGINE, moves.c["_for_day"] < since),
    )
    query = select(*_sums(tx, register, valued)).join(both.rows, both.rows.c.id == moves.c["_row"])
    return query.where(*_in_group(tx, register, valued), early)


def of_lines(
    tx: Tx, register: Register, valued: Valued, places: Collection[tuple[str, int, int]], since: dt.date, engine: int,
    given: Collection[tuple[str, int]],
) -> dict[tuple[tuple[str, int, int], Keys], tuple[Decimal, Decimal]]:
    """Quantity and value that these lines have booked on their keys before `since`, where their value was found."""
    if since == dt.date.min or not places:
        return {}
    live, both = tx.live, tables(tx, register)
    docs = sorted({(live.numbers[object], doc) for object, doc, _ in places})[:MOST_DOCUMENTS]
    said = sorted((live.numbers[object], rule) for object, rule in given)
    size, values = bound(docs)
    query = statement(both.moves, ("of lines", valued.measure, *said, size),
                      lambda: _of_lines(tx, register, valued, said, size))
    found = {}
    for row in plain(tx.connection.execute(query, {"since": since, **values})):
        place = (live.names[row["_obj"]], row["_doc"], row["_line"])
        if place in places:
            at = register_keys.decode(live, register, row)
            found[place, at] = (_quantity(valued, row), row["_value"] or ZERO)
    return found


def _of_lines(
    tx: Tx, register: Register, valued: Valued, said: Collection[tuple[int, int]], size: int
) -> Select[Any]:
    both = tables(tx, register)
    moves, rows = both.moves, both.rows
    by = [moves.c["_obj"], moves.c["_doc"], moves.c["_line"], *_key_columns(tx, register)]
    unsaid = not_(tuple_(moves.c["_obj"], moves.c["_rule"]).in_(said)) if said else true()
    query = select(*by, *_sums(tx, register, valued)).join(rows, rows.c.id == moves.c["_row"])
    mine = among([moves.c["_obj"], moves.c["_doc"]], size)
    return query.where(mine, moves.c["_for_day"] < _since(both), unsaid).group_by(*by)


def _key_columns(tx: Tx, register: Register) -> list[ColumnElement[Any]]:
    rows = tables(tx, register).rows
    return [rows.c[name] for name in register_keys.encode(tx.live, register, (None,) * len(register.keys))]


def _since(both: RegisterTables) -> BindParameter[Any]:
    return bindparam("since", type_=both.moves.c["_on_day"].type)


def _sums(tx: Tx, register: Register, valued: Valued) -> list[ColumnElement[Any]]:
    moves = tables(tx, register).moves
    counted = [func.sum(moves.c[name]).label(f"_counted_{name}") for name in valued.counted]
    return [*counted, func.sum(moves.c[valued.measure]).label("_value")]


def _quantity(valued: Valued, row: Mapping[Any, Any]) -> Decimal:
    return sum((factor * (row[f"_counted_{name}"] or ZERO) for name, factor in valued.counted.items()), ZERO)


def _in_group(tx: Tx, register: Register, valued: Valued) -> list[ColumnElement[bool]]:
    """The rows of the group that `_group` binds."""
    rows = tables(tx, register).rows
    columns = register_keys.columns_of(tx.live, register, valued.per)
    return [rows.c["_level"] == 0, *(rows.c[name] == bind_like(rows, name, f"key_{name}") for name in columns)]


def _group(tx: Tx, register: Register, valued: Valued, group: Keys) -> dict[str, Any]:
    pairs = zip(register.keys.items(), group, strict=True)
    mine = (register_keys.encode_key(tx.live, field, value) for (name, field), value in pairs if name in valued.per)
    return {f"key_{column}": part for encoded in mine for column, part in encoded.items()}
