"""Columns whose way of keeping values changes while their family stays: other decimals, other lengths. Knows no app.

The database alone cannot tell: on SQLite a number is an integer scaled by its field's decimals. So the tables of the
version that is live say how the values are kept now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Text, text
from sqlalchemy.types import TypeEngine

from engine.expressions.numbers import DIGITS, LIMIT, Exact

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Change:
    """`what` for people; `shift`: by how many digits SQLite's integers move; `fails`: values that do not fit."""

    what: str
    shift: int
    fails: tuple[str, ...]


def scale_of(kind: TypeEngine[Any]) -> int | None:
    """Digits after the point of a number's column; None for what is no number."""
    if isinstance(kind, Exact):
        return kind.scale
    return 0 if isinstance(kind, Integer) else None


def change(connection: Connection, table: str, name: str, was: Column[Any], column: Column[Any]) -> Change | None:
    """How the values of a column must be changed; None if they stay. `table` and `name` as they are now."""
    quote = connection.dialect.identifier_preparer.quote
    place = quote(name), quote(table)
    old, new = scale_of(was.type), scale_of(column.type)
    if old is not None and new is not None:
        same = old == new and isinstance(was.type, Exact) == isinstance(column.type, Exact)
        if same or (connection.dialect.name == "sqlite" and old == new):
            return None
        shift = new - old
        return Change(f"{old} decimals", shift, _misfits(connection, place, shift, old, column))
    before, after = _length(was.type), _length(column.type)
    if connection.dialect.name == "sqlite" or before == after or before is None or after is None:
        return None
    longer = "" if after == 0 else f"length({place[0]}) > {after}"
    return Change(_length_word(before), 0, _sample(connection, place, place[0], longer, f"is longer than {after}"))


def _length(kind: TypeEngine[Any]) -> int | None:
    """Characters that a text column holds, 0 = any number; None for what is no text."""
    inner = getattr(kind, "impl", kind)
    if isinstance(inner, Text):
        return 0
    return (inner.length or 0) if isinstance(inner, String) else None


def _length_word(length: int) -> str:
    return f"{length} characters" if length else "text of any length"


def _misfits(
    connection: Connection, place: tuple[str, str], shift: int, scale: int, column: Column[Any]
) -> tuple[str, ...]:
    """A sample of values that have more digits than the new column keeps."""
    name, finer, larger = place[0], "", ""
    if connection.dialect.name == "sqlite":
        shown = f"{name} * 1.0 / {10**scale}"
        if shift < 0:
            finer = f"{name} % {10**-shift} <> 0"
        else:
            larger = f"abs({name}) >= {LIMIT // 10**shift}"
    else:
        shown, most = name, 10 ** (DIGITS - scale - shift) if isinstance(column.type, Exact) else 2**63
        finer, larger = f"{name} <> round({name}, {scale + shift})", f"abs({name}) >= {most}"
    return _sample(connection, place, shown, finer, "has more decimals") or _sample(
        connection, place, shown, larger, "is too large"
    )


def _sample(
    connection: Connection, place: tuple[str, str], shown: str, where: str, why: str
) -> tuple[str, ...]:
    if not where:
        return ()
    query = text(f"SELECT {shown} FROM {place[1]} WHERE {where} LIMIT {SHOWN}")  # noqa: S608 - quoted names
    return tuple(f"{row[0]} {why}" for row in connection.execute(query))


def apply(connection: Connection, table: str, column: Column[Any], shift: int) -> None:
    """Change the values, or the column's type where the database converts them by itself."""
    quote = connection.dialect.identifier_preparer.quote
    name = quote(column.name)
    if connection.dialect.name == "sqlite":
        moved = f"{name} * {10**shift}" if shift > 0 else f"{name} / {10**-shift}"
        connection.exec_driver_sql(f"UPDATE {quote(table)} SET {name} = {moved} WHERE {name} IS NOT NULL")
        return
    kind = column.type.compile(connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {quote(table)} ALTER COLUMN {name} TYPE {kind} USING {name}::{kind}")
