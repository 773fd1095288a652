"""Statements that read registers for people: balances, movements, turnovers. Conditions are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, or_, select

from engine.definitions.registers import Register
from engine.expressions.values import Ref, Value
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import Measures, measures_of
from engine.runtime.storage.live import Tx

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement as people read it."""

    id: int
    on_day: dt.date
    for_day: dt.date
    booked_at: dt.datetime
    document: Ref
    line: int
    keys: Mapping[str, Value]
    amounts: Mapping[str, Decimal]
    rule: int
    actor: int | None


def balances(
    tx: Tx, register: Register, table: FromClause, rule: Sequence[ColumnElement[bool]], limit: int
) -> list[tuple[dict[str, Value], Measures]]:
    """Keys and measures of rows that are not zero throughout."""
    filled = or_(*(table.c[name] != 0 for name in register.measures))
    query = select(table).where(filled, *rule).order_by(table.c.id).limit(limit)
    return [
        (
            dict(zip(register.keys, register_keys.decode(tx.live, register, row), strict=True)),
            measures_of(register, row),
        )
        for row in tx.connection.execute(query).mappings()
    ]


def those(tx: Tx, table: FromClause, rule: Sequence[ColumnElement[bool]], ids: Sequence[int]) -> frozenset[int]:
    """Those of these rows that meet the conditions."""
    return frozenset(tx.connection.execute(select(table.c.id).where(table.c.id.in_(ids), *rule)).scalars())


def movements(
    tx: Tx,
    register: Register,
    table: FromClause,
    rule: Sequence[ColumnElement[bool]],
    limit: int,
    before: int | None,
    document: Ref | None,
) -> list[Moved]:
    """Newest first."""
    query = select(table).where(*rule).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    if document is not None:
        query = query.where(table.c["_obj"] == tx.live.numbers[document.object], table.c["_doc"] == document.id)
    return [_moved(tx, register, row) for row in tx.connection.execute(query).mappings()]


def _moved(tx: Tx, register: Register, row: Mapping[Any, Any]) -> Moved:
    keys = dict(zip(register.keys, register_keys.decode(tx.live, register, row), strict=True))
    return Moved(
        row["id"],
        row["_on_day"],
        row["_for_day"],
        row["_booked_at"],
        Ref(tx.live.names[row["_obj"]], row["_doc"]),
        row["_line"],
        keys,
        measures_of(register, row),
        row["_rule"],
        row["_actor"],
    )


def turnovers(
    tx: Tx,
    register: Register,
    table: FromClause,
    rule: Sequence[ColumnElement[bool]],
    keys: Sequence[str],
    measures: Sequence[str],
) -> list[list[Any]]:
    """By the keys: opening, inflow, outflow (positive), closing of each measure of a table as `spans.between` gives it;
    groups in which nothing stands are left out."""
    columns = [c for name in keys for c in _key_columns(tx, register, table, name)]
    sums = [func.sum(part, type_=part.type) for name in measures for part in _parts(table, name)]
    query = select(*columns, *sums).where(*rule).group_by(*columns).order_by(*columns)
    found: list[list[Any]] = []
    for row in tx.connection.execute(query).mappings():
        values = list(row.values())[len(columns) :]
        if any(values):
            decoded = [register_keys.decode_key(tx.live, register.keys[name], row) for name in keys]
            found.append([*decoded, *(value or ZERO for value in values)])
    return found


def _key_columns(tx: Tx, register: Register, table: FromClause, name: str) -> list[ColumnElement[Any]]:
    return [table.c[c] for c in register_keys.encode_key(tx.live, register.keys[name], None)]


def _parts(table: FromClause, name: str) -> list[ColumnElement[Any]]:
    opening, inflow, outflow, closing = (
        table.c[f"{name}@{part}"] for part in ("opening", "inflow", "outflow", "closing")
    )
    return [opening, inflow, -outflow, closing]
