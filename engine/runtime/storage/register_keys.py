"""Keys of register rows: values of the definition ↔ columns that are never NULL (a blank is 0, '' or the first day)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from engine.definitions.registers import Register
from engine.expressions.values import Ref, Value
from engine.kinds.fields.base import Field
from engine.runtime.storage.live import Live

FIRST_DAY = dt.date(1, 1, 1)
BLANKS: Mapping[str, Any] = {"record": 0, "number": Decimal(0), "boolean": False, "date": FIRST_DAY}
Keys: TypeAlias = "tuple[Value, ...]"  # one value per key of the register, in its order; None where blank or summed


def blank_of(field: Field) -> Any:
    """What stands in the column for a blank key."""
    return BLANKS.get(field.type.name, "")


def encode_key(live: Live, field: Field, value: Value) -> dict[str, Any]:
    """Column values of one key."""
    columns = field.to_row(value)
    several = field.name + "__of"
    if several in columns:
        number = 0 if value is None else live.numbers[columns[several]]
        return {field.name: columns[field.name] or 0, several: number}
    found = columns[field.name]
    return {field.name: blank_of(field) if found is None else found}


def encode(live: Live, register: Register, keys: Keys) -> dict[str, Any]:
    """Column values of all keys."""
    found: dict[str, Any] = {}
    for field, value in zip(register.keys.values(), keys, strict=True):
        found.update(encode_key(live, field, value))
    return found


def columns_of(live: Live, register: Register, level: Collection[str]) -> tuple[str, ...]:
    """The columns of the keys of a level, in the order in which `encode_key` gives their values."""
    wanted = (field for name, field in register.keys.items() if name in level)
    return tuple(column for field in wanted for column in encode_key(live, field, None))


def decode(live: Live, register: Register, row: Mapping[Any, Any]) -> Keys:
    """The keys of a fetched row."""
    return tuple(decode_key(live, field, row) for field in register.keys.values())


def decode_key(live: Live, field: Field, row: Mapping[Any, Any]) -> Value:
    """One key of a fetched row."""
    if row[field.name] == blank_of(field):
        return None
    several = field.name + "__of"
    if several in row:
        return Ref(live.names[row[several]], row[field.name])
    return field.from_row(row)


def sortable(live: Live, register: Register, keys: Keys) -> tuple[Any, ...]:
    """A total order over keys, the same in every process: locks are taken in it."""
    return tuple(str(part) if isinstance(part, str) else part for part in encode(live, register, keys).values())


def at_level(register: Register, level: Sequence[str], keys: Keys) -> Keys:
    """The keys of the kept row at a coarser level: keys outside it are blank."""
    return tuple(value if name in level else None for name, value in zip(register.keys, keys, strict=True))
