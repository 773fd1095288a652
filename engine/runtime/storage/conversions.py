"""Values of a field whose kind or options change: each is read by the new field as a person's input would be.

Tells how many fit and shows those that do not; writes those that do. Different values only: a column of a million rows
with ten options is ten conversions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Time,
    case,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy import table as named_table
from sqlalchemy.types import TypeDecorator

from engine.definitions.renames import options
from engine.kinds.fields.base import Field, Unfit
from engine.texts import Text, say

SHOWN = 5
COMPARED = (String, Numeric, Integer, Date, DateTime, Time, Boolean)   # values that a database can tell apart
COMMON = frozenset(one.name for one in fields(Field))
LINKED = ("link", "links", "user", "users", "lines")


@dataclass(frozen=True, slots=True)
class Examined:
    """`rows` have a value, `misfits` of them one that the new field does not take; `samples` shows some."""

    rows: int
    misfits: int
    samples: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A column as the database has it now: `title` is the column that names a record, "" for its number."""

    table: str
    column: Column[Any]
    name: str
    title: str = ""


def same_kind(old: Field, new: Field) -> bool:
    """Whether a field's values mean the same, whatever else the definition says of them."""
    return old.kind == new.kind and _own(old) == _own(new)


def _own(field: Field) -> dict[str, Any]:
    """The options of the kind itself."""
    own = {one.name: getattr(field, one.name) for one in fields(field) if one.name not in COMMON}
    if "options" in own:
        own["options"] = frozenset(own["options"])
    return own


def convertible(old: Field, new: Field, stored: Column[Any]) -> bool:
    """Whether values of the one can become values of the other: both keep one value that can be compared."""
    kind = stored.type.impl if isinstance(stored.type, TypeDecorator) else stored.type
    one = len(old.column_names()) == len(new.column_names()) == 1
    return one and old.kind not in LINKED and new.kind not in LINKED and isinstance(kind, COMPARED)


def worth(old: Field, new: Field, kept: Any) -> Any:
    """What a kept value becomes; raises `Unfit` where it is no value of the new field."""
    value = old.from_row({old.name: kept})
    if value is None:
        return None
    raw = _renamed(options(old, new), old.to_json(value))
    try:
        found = new.parse(raw)
    except Unfit:
        if isinstance(raw, str) or not isinstance(raw, (int, bool)):
            raise
        found = new.parse("true" if raw is True else "false" if raw is False else str(raw))
    new.check_value(found)
    return found


def _renamed(codes: Mapping[str, str], raw: Any) -> Any:
    """What was written, by the codes that its options have now."""
    if isinstance(raw, list):
        return [codes.get(one, one) if isinstance(one, str) else one for one in raw]
    return codes.get(raw, raw) if isinstance(raw, str) else raw


def _values(connection: Connection, place: Place) -> Iterator[tuple[Any, int]]:
    """Every value of the column with the number of rows that have it."""
    here = column(place.name, place.column.type)
    query = select(here, func.count()).select_from(named_table(place.table, here)).where(here.is_not(None))
    yield from ((row[0], row[1]) for row in connection.execute(query.group_by(here).order_by(here)))


def examine(connection: Connection, place: Place, old: Field, new: Field) -> Examined:
    """How many of the values fit."""
    rows, misfits, samples = 0, 0, list[Text]()
    for kept, count in _values(connection, place):
        rows += count
        try:
            worth(old, new, kept)
        except Unfit as unfit:
            misfits += count
            if len(samples) < SHOWN:
                samples += [
                    say(zh="{who}：{why}", en="{who}: {why}", who=who, why=unfit.message)
                    for who in _who(connection, place, kept)
                ]
    return Examined(rows, misfits, tuple(samples[:SHOWN]))


def _who(connection: Connection, place: Place, kept: Any) -> list[str]:
    """Some of the records that have the value, by what names them."""
    here = column(place.name, place.column.type)
    number, title = column("id", Integer), column(place.title or "id", String if place.title else Integer)
    query = select(number, title).select_from(named_table(place.table, here, number, title)).where(here == kept)
    found = connection.execute(query.order_by(number).limit(SHOWN))
    return [str(row[1]) if place.title and row[1] is not None else f"#{row[0]}" for row in found]


def apply(connection: Connection, place: Place, target: Column[Any], old: Field, new: Field) -> None:
    """Write the values of `place` as values of the new field into another column (or the same)."""
    here, there = column(place.name, place.column.type), column(target.name, target.type)
    into = named_table(place.table, *({here.name: here, there.name: there}.values()))
    made = {kept: new.to_row(worth(old, new, kept))[new.name] for kept, _ in list(_values(connection, place))}
    if place.name != target.name:
        for kept, worth_now in made.items():
            connection.execute(update(into).where(here == kept).values({there.name: worth_now}))
        return
    other = {kept: worth_now for kept, worth_now in made.items() if worth_now != kept}
    if other:                                  # at once: codes may have swapped
        cases = [(here == kept, literal(worth_now, target.type)) for kept, worth_now in other.items()]
        connection.execute(update(into).where(here.in_(list(other))).values({there.name: case(*cases, else_=here)}))


