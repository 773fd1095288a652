"""Lists that are grouped or added up: the groups with their counts and subtotals, the totals of all. Knows no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import DataError

from engine.definitions.filters import NotReadable, value
from engine.definitions.objects import Object
from engine.errors import Unreadable
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.storage import list_sums
from engine.runtime.storage.live import Tx
from engine.texts import say

MOST_GROUPS = 200
BY_MONTH = "month"                             # `date:month`: dates are grouped by the month
GROUPED = ("choice", "record", "boolean", "date", "datetime")


@dataclass(frozen=True, slots=True)
class Sums:
    """A group: its value (a `Ref` for links, the first day for months), how many records, sums by field, and the
    condition that its records fulfil. Of the whole list the condition is blank."""

    value: Any
    count: int
    sums: Mapping[str, Decimal]
    condition: str = ""


def addable(tx: Tx, obj: Object, names: Sequence[str]) -> list[str]:
    """Those of these fields whose sum the actor may be told."""
    sure = access.sure_fields(tx, obj)
    return [name for name in names if name in sure and name in obj.fields and obj.fields[name].adds_up]


def groupable(tx: Tx, obj: Object) -> list[str]:
    """What a list may be grouped by: choices, links to one object, yes or no, the status, months of days."""
    sure = access.sure_fields(tx, obj)
    fields = [f for f in obj.fields.values() if f.name in sure and f.stored and f.type.name in GROUPED]
    own = [f.name + (f":{BY_MONTH}" if f.type.name in ("date", "datetime") else "") for f in fields
           if f.type.name != "record" or len(f.type.objects) == 1]
    return [*own, *(["status"] if obj.states else []), "creator"]


def total(tx: Tx, obj: Object, query: Query, names: Sequence[str]) -> Sums:
    """The totals of everything that a question finds, not of its page only."""
    _, count, sums = _summed(tx, obj, query, names, "")[0]
    return Sums(None, count, _filled(sums))


def groups(tx: Tx, obj: Object, query: Query, by: str, names: Sequence[str]) -> list[Sums]:
    """The groups of what a question finds. Raises `Unreadable` for something that groups nothing."""
    if by not in groupable(tx, obj) and not (by == "state" and obj.states):
        raise Unreadable(say(zh="不能按 {name} 分组", en="There is no grouping by {name}", name=by))
    return [
        Sums(_value(tx, obj, by, key), count, _filled(sums), condition(obj, by, key))
        for key, count, sums in _summed(tx, obj, query, names, by)
    ]


def counts(tx: Tx, obj: Object, query: Query, name: str, most: int) -> dict[Any, int]:
    """How many of what a question finds have each value of a stored field (a day, a link), `most` values at most."""
    if name not in access.sure_fields(tx, obj) or not obj.fields[name].stored:
        raise Unreadable(say(zh="不能按 {name} 分组", en="There is no grouping by {name}", name=name))
    return {_value(tx, obj, name, key): count for key, count, _ in _summed(tx, obj, query, (), name, most)}


def _filled(sums: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(0) if found is None else Decimal(found) for name, found in sums.items()}


def _summed(
    tx: Tx, obj: Object, query: Query, names: Sequence[str], by: str, most: int = MOST_GROUPS
) -> Sequence[tuple[Any, int, Mapping[str, Any]]]:
    reader = ReaderSession(tx)
    frame = Frame(reader)
    scope, where = reading.scope_of(reader, obj, "see", query.shelf), reading.filter_of(tx, obj.name, query.filter)
    name, _, month = by.partition(":")
    reader_of = reading.reader_of(tx)
    try:
        added = {
            one: scope.table.c[one] if obj.fields[one].stored
            else value(reader_of, obj.name, one).sql(scope.columns, frame) for one in names
        }
        column = None
        if month:
            column = value(reader_of, obj.name, f"month_start({name})").sql(scope.columns, frame)
        elif name:
            column = scope.columns.column(name)
        return list_sums.summed(
            tx, scope, where, frame, search=query.search.strip(), visible=access.sure_fields(tx, obj), added=added,
            by=column, most=most,
        )
    except (NotInSql, NotReadable, OverflowError, DataError) as error:
        raise Unreadable(say(zh="这个列表不能汇总", en="This list cannot be added up")) from error


def _value(tx: Tx, obj: Object, by: str, key: Any) -> Any:
    """The value that a column's key stands for."""
    name, _, month = by.partition(":")
    if month and isinstance(key, str):
        return dt.date.fromisoformat(key[:10])
    if name == "creator":
        return None if key is None else Ref("user", int(key))
    field = obj.fields.get(name)
    if key is None or field is None or field.type.name != "record":
        return bool(key) if key is not None and field is not None and field.type.name == "boolean" else key
    return Ref(field.type.objects[0], int(key))


def condition(obj: Object, by: str, key: Any) -> str:
    """What the records of a group fulfil, as an expression."""
    name, _, month = by.partition(":")
    if key is None:
        return f"{name} is blank"
    if month:
        day = key if isinstance(key, dt.date) else dt.date.fromisoformat(str(key)[:10])
        first = f"date({day.year}, {day.month}, 1)"
        return f"({name} >= {first} and {name} < {first} + 1 month)"
    field = obj.fields.get(name)
    if name == "creator" or (field is not None and field.type.name == "record"):
        return f"{name}.id = {int(key)}"
    if field is not None and field.type.name == "boolean":
        return f"{name} = {'true' if key else 'false'}"
    return f"{name} = '" + str(key).replace("'", "''") + "'"
