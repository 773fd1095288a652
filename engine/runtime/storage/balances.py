"""Balances and movements of registers: lock, read, sum, write. Knows no documents' rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, func, select, true, tuple_
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects import postgresql, sqlite

from engine.definitions.registers import Register
from engine.errors import Invalid
from engine.expressions.values import Value
from engine.kinds.fields.number import STORED_DIGITS
from engine.runtime.storage import register_keys
from engine.runtime.storage.given import among, bound
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.register_keys import Keys
from engine.runtime.storage.rows import plain, statement, update_many
from engine.runtime.storage.tables import RegisterTables
from engine.texts import say

ZERO = Decimal(0)
CHUNK = 200
COUNTED = {"preserve_rowcount": True}
Measures = dict[str, Decimal]


@dataclass(slots=True)
class BalanceRow:
    """One kept balance: `before` as it was when this transaction first saw it, `measures` as they are now."""

    register: Register
    level: int
    keys: Keys
    id: int | None
    measures: Measures
    before: Measures
    last_on: dt.date | None = None
    moved_from: dt.date | None = None  # the earliest day that this command has touched
    held: bool = False  # locked by this transaction
    written: Measures | None = None  # as last written by this transaction
    written_on: dt.date | None = None  # likewise `last_on`

    @property
    def touched(self) -> bool:
        return self.measures != self.before

    @property
    def stale(self) -> bool:
        """Whether it is to be written. A paper that moves to a later day leaves the measures and changes the day."""
        return self.measures != self.written or self.last_on != self.written_on


@dataclass(frozen=True, slots=True)
class Movement:
    """What a document booked: the rule and line that say so, where, for which day, how much."""

    keys: Keys
    for_day: dt.date
    on_day: dt.date
    rule: int
    doc: int
    line: int
    amounts: Mapping[str, Decimal]
    object: str = ""
    id: int = 0
    booked_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A row that is wanted: level 0 has all keys, level n those of `register.levels[n-1]`."""

    level: int
    keys: Keys


def tables(tx: Tx, register: Register) -> RegisterTables:
    return tx.live.tables.registers[register.name]


def measures_of(register: Register, row: Mapping[Any, Any]) -> Measures:
    """The measures of a fetched row; a sum over nothing is zero."""
    return {name: row[name] or ZERO for name in register.measures}


def lock(tx: Tx, register: Register, places: Iterable[Place]) -> list[BalanceRow]:
    """Make the rows that do not exist yet and hold them all, in the order that every transaction uses."""
    live, table = tx.live, tables(tx, register).rows
    wanted = sorted(set(places), key=lambda p: (p.level, register_keys.sortable(live, register, p.keys)))
    found: list[BalanceRow] = []
    for start in range(0, len(wanted), CHUNK):
        part = [
            {"_level": p.level, **register_keys.encode(live, register, p.keys)} for p in wanted[start : start + CHUNK]
        ]
        found.extend(_upsert(tx, register, table, part))
    return found


def _upsert(tx: Tx, register: Register, table: Any, rows: list[dict[str, Any]]) -> list[BalanceRow]:
    index = list(rows[0])
    if tx.postgres:

        def build() -> Any:
            make = postgresql.insert(table)
            held = make.on_conflict_do_update(index_elements=index, set_={"_version": table.c["_version"] + 1})
            return held.returning(*table.c)

        fetched: Iterable[Mapping[Any, Any]] = plain(tx.connection.execute(statement(table, ("hold",), build), rows))
    else:
        fetched = _made(tx, table, index, rows)
    return [_row(tx.live, register, row) for row in fetched]


def _made(tx: Tx, table: Any, index: list[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows on SQLite, where one transaction writes at a time; most of them are there already."""
    query, wanted = _by_keys(table, index, rows)
    found = plain(tx.connection.execute(query, wanted))
    if len(found) == len(rows):
        return found
    make = statement(table, ("make",), lambda: sqlite.insert(table).on_conflict_do_nothing(index_elements=index))
    tx.connection.execute(make, rows)
    return plain(tx.connection.execute(query, wanted))


def _by_keys(table: Any, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> tuple[Any, dict[str, Any]]:
    """The statement for rows of a table by these (level, keys), and what is bound in it."""
    size, values = bound([tuple(row.values()) for row in rows])
    named = [table.c[name] for name in columns]
    return statement(table, ("by keys", size), lambda: select(table).where(among(named, size))), values


def _row(live: Live, register: Register, row: Mapping[Any, Any]) -> BalanceRow:
    measures = measures_of(register, row)
    keys = register_keys.decode(live, register, row)
    last = row["_last_on"]
    return BalanceRow(
        register, row["_level"], keys, row["id"], measures, dict(measures), last, None, False, dict(measures), last
    )


def read(tx: Tx, register: Register, places: Sequence[Place]) -> dict[Place, BalanceRow]:
    """The kept rows as they are, without holding them; rows that do not exist are zero."""
    table = tables(tx, register).rows
    found: dict[Place, BalanceRow] = {}
    for start in range(0, len(places), CHUNK):
        part = places[start : start + CHUNK]
        encoded = [{"_level": p.level, **register_keys.encode(tx.live, register, p.keys)} for p in part]
        query, values = _by_keys(table, list(encoded[0]), encoded)
        for row in tx.connection.execute(query, values).mappings():
            kept = _row(tx.live, register, row)
            found[Place(kept.level, kept.keys)] = kept
    for place in places:
        if place not in found:
            zero = dict.fromkeys(register.measures, ZERO)
            found[place] = BalanceRow(register, place.level, place.keys, None, zero, dict(zero))
    return found


def total(tx: Tx, register: Register, given: Mapping[str, Value]) -> Measures:
    """The sum of all rows that have these keys."""
    return totals(tx, register, [given])[0]


def totals(tx: Tx, register: Register, several: Sequence[Mapping[str, Value]]) -> list[Measures]:
    """The sums of all rows that have these keys, for several values of the same keys, in their order."""
    zero = dict.fromkeys(register.measures, ZERO)
    encoded = [_encoded(tx.live, register, given) for given in several]
    found: dict[tuple[Any, ...], Measures] = {}
    for start in range(0, len(encoded), CHUNK):
        part = encoded[start : start + CHUNK]
        names = tuple(part[0])
        size, values = bound([tuple(one.values()) for one in part]) if names else (0, {})
        table = tables(tx, register).rows
        query = statement(table, ("totals", names, size), partial(_totals, register, table, names, size))
        for row in plain(tx.connection.execute(query, values)):
            found[tuple(row[name] for name in names)] = measures_of(register, row)
    return [found.get(tuple(one.values()), zero) for one in encoded]


def _encoded(live: Live, register: Register, given: Mapping[str, Value]) -> dict[str, Any]:
    """Column values of some keys, in the register's order."""
    keys = ((key, given[name]) for name, key in register.keys.items() if name in given)
    return {column: part for key, value in keys for column, part in register_keys.encode_key(live, key, value).items()}


def _totals(register: Register, table: Table, names: Sequence[str], size: int) -> Select[Any]:
    columns = [table.c[name] for name in names]
    sums = [func.sum(table.c[name]).label(name) for name in register.measures]
    query = select(*columns, *sums).where(table.c["_level"] == 0)
    return query.where(among(columns, size)).group_by(*columns) if columns else query


def booked(tx: Tx, register: Register, documents: Iterable[tuple[str, int]]) -> list[Movement]:
    """What these documents have booked so far: one entry per rule, line, row and day, amounts summed, zeros left
    out."""
    live, both = tx.live, tables(tx, register)
    wanted = sorted((live.numbers[name], id) for name, id in set(documents))
    found: list[Movement] = []
    for start in range(0, len(wanted), CHUNK):
        size, values = bound(wanted[start : start + CHUNK])
        query = statement(both.moves, ("booked", size), partial(_booked_by, live, register, both, size))
        for row in tx.connection.execute(query, values).mappings():
            amounts = {name: value for name, value in measures_of(register, row).items() if value}
            if amounts:
                at = register_keys.decode(live, register, row)
                found.append(
                    Movement(
                        at,
                        row["_for_day"],
                        row["_for_day"],
                        row["_rule"],
                        row["_doc"],
                        row["_line"],
                        amounts,
                        live.names[row["_obj"]],
                    )
                )
    return found


def _booked_by(live: Live, register: Register, both: RegisterTables, size: int) -> Any:
    """Sums of movements by document, rule, line, row and day, for so many documents: (object number, id)."""
    moves, rows = both.moves, both.rows
    sums = [func.sum(moves.c[name]).label(name) for name in register.measures]
    keys = [rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
    by = [moves.c["_obj"], moves.c["_doc"], moves.c["_line"], moves.c["_rule"], moves.c["_for_day"], *keys]
    query = select(*by, *sums).join(rows, rows.c.id == moves.c["_row"])
    return query.where(among([moves.c["_obj"], moves.c["_doc"]], size)).group_by(*by)


def write(tx: Tx, register: Register, movements: Sequence[Movement], rows: Mapping[Keys, BalanceRow]) -> None:
    """Append movements and add them to the months' totals; `rows` are the held level 0 rows by their keys."""
    if not movements:
        return
    both = tables(tx, register)
    blank = dict.fromkeys(register.measures, ZERO)
    actor = tx.actor.id or None
    values = [
        {
            "_row": rows[m.keys].id,
            "_on_day": m.on_day,
            "_for_day": m.for_day,
            "_obj": tx.live.numbers[m.object],
            "_doc": m.doc,
            "_line": m.line,
            "_rule": m.rule,
            "_actor": actor,
            "_booked_at": tx.now,
            **blank,
            **m.amounts,
        }
        for m in movements
    ]
    tx.connection.execute(statement(both.moves, ("insert",), lambda: sql_insert(both.moves)), values)
    if register.dated:
        _write_totals(tx, register, movements, rows)


def _write_totals(tx: Tx, register: Register, movements: Sequence[Movement], rows: Mapping[Keys, BalanceRow]) -> None:
    table = tables(tx, register).totals
    sums: dict[tuple[int, int], Measures] = {}
    for movement in movements:
        id = rows[movement.keys].id
        assert id is not None
        month = movement.on_day.year * 100 + movement.on_day.month
        into = sums.setdefault((id, month), dict.fromkeys(register.measures, ZERO))
        for name, amount in movement.amounts.items():
            into[name] += amount
    values = [{"_row": id, "_month": month, **amounts} for (id, month), amounts in sorted(sums.items())]

    most = _most(register)

    def build() -> Any:
        make = (postgresql if tx.postgres else sqlite).insert(table)
        added = {name: table.c[name] + make.excluded[name] for name in register.measures}
        room = (added[name].between(-largest, largest) for name, largest in most.items())
        return make.on_conflict_do_update(index_elements=["_row", "_month"], set_=added, where=and_(true(), *room))

    # A month may hold more than the balance that its bookings leave; what finds no room is not written.
    fits = all(abs(amounts[name]) <= most[name] for amounts in sums.values() for name in most)
    adding = statement(table, ("add",), build)
    if not fits or tx.connection.execute(adding, values, execution_options=COUNTED).rowcount < len(values):
        text = say(zh="“{register}”当月的发生额合计会过大，无法保存",
                   en="The month's total of {register} would become too large to be kept", register=register.label)
        raise Invalid(text, code="too_large")


def _most(register: Register) -> dict[str, Decimal]:
    """The largest figure that the columns of each measure keep."""
    scales = {name: field.type.scale or 0 for name, field in register.measures.items()}
    return {name: Decimal(10) ** (STORED_DIGITS - scale) - Decimal(1).scaleb(-scale) for name, scale in scales.items()}


def store(tx: Tx, rows: Iterable[BalanceRow]) -> None:
    """Write the measures of held rows."""
    groups: dict[str, tuple[Register, dict[int, dict[str, Any]]]] = {}
    for row in rows:
        assert row.id is not None
        changes = groups.setdefault(row.register.name, (row.register, {}))[1]
        changes[row.id] = {**row.measures, "_last_on": row.last_on}
    for register, changes in groups.values():
        update_many(tx, tables(tx, register).rows, changes)


def by_days(
    tx: Tx, register: Register, level: Sequence[str], groups: Mapping[Keys, dt.date]
) -> dict[Keys, list[tuple[dt.date, Measures]]]:
    """What moved on each day from a group's day on, ascending, by group: over all rows that agree with it in the keys
    of `level`. One statement for hundreds of groups."""
    since: dict[tuple[Any, ...], dt.date] = {}
    places = {keys: _place(tx.live, register, level, keys) for keys in groups}
    for keys, place in places.items():
        since[place] = min(groups[keys], since.get(place, groups[keys]))
    found: dict[tuple[Any, ...], list[tuple[dt.date, Measures]]] = {place: [] for place in since}
    wanted = list(since)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        values = {"places": chunk, "since": min(since[place] for place in chunk)}
        both = tables(tx, register)
        query = statement(both.moves, ("days", *level), lambda: _by_days(tx.live, register, both, level))  # noqa: B023
        for day, *rest in tx.connection.execute(query, values if level else {"since": values["since"]}):
            place, amounts = tuple(rest[: len(chunk[0])]), rest[len(chunk[0]) :]
            if day >= since[place]:
                found[place].append((day, {n: one or ZERO for n, one in zip(register.measures, amounts, strict=True)}))
    return {keys: [one for one in found[places[keys]] if one[0] >= groups[keys]] for keys in groups}


def _by_days(live: Live, register: Register, both: RegisterTables, level: Sequence[str]) -> Any:
    """Sums of movements by day and by the keys of a level, for the groups bound as `places`."""
    moves, rows = both.moves, both.rows
    names = register_keys.columns_of(live, register, level)
    keys = [rows.c[name] for name in names]
    sums = [func.sum(moves.c[name]) for name in register.measures]
    query = select(moves.c["_on_day"], *keys, *sums).join(rows, rows.c.id == moves.c["_row"])
    query = query.where(rows.c["_level"] == 0, moves.c["_on_day"] >= bindparam("since", type_=moves.c["_on_day"].type))
    if keys:
        query = query.where(tuple_(*keys).in_(bindparam("places", expanding=True)))
    return query.group_by(moves.c["_on_day"], *keys).order_by(moves.c["_on_day"])


def _place(live: Live, register: Register, level: Sequence[str], keys: Keys) -> tuple[Any, ...]:
    """The values in the columns of a level's keys."""
    pairs = zip(register.keys.items(), keys, strict=True)
    given = ((field_, value) for (name, field_), value in pairs if name in level)
    return tuple(one for field_, value in given for one in register_keys.encode_key(live, field_, value).values())
