"""Links to several objects in SQL: their columns say which object it is and its number, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, false, func

from engine.definitions.objects import Object
from engine.expressions.nodes import Source
from engine.expressions.scope import Columns, Figure
from engine.runtime.storage.live import Live

SEVERAL = "__of"                               # end of the column that says of which object a link's number is


@dataclass(frozen=True, slots=True)
class Mixed:
    """The record behind a link to several objects: its `id`. Implements `Columns`."""

    id: ColumnElement[Any]

    def figure(self, name: str) -> Figure | None:
        return Figure(self.id) if name == "id" else None

    def column(self, name: str) -> ColumnElement[Any] | None:
        return self.id if name == "id" else None

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        return None

    def follow(self, name: str) -> Columns | None:
        return None

    def parent(self) -> Columns | None:
        return None

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        return None


def leads_to(live: Live, table: FromClause, field: Any, object: str) -> ColumnElement[bool] | None:
    """Whether a stored link of a row leads to a record of the object; None where it is no column of the table."""
    targets: Sequence[str] = getattr(field, "to", ())
    if field is None or field.name not in table.c or not targets:
        return None
    if object not in targets:
        return false()
    if len(targets) == 1:
        return func.coalesce(table.c[field.name], 0) != 0
    return func.coalesce(table.c[field.name + SEVERAL], 0) == live.numbers[object]


def whole(live: Live, obj: Object) -> FromClause:
    """The rows of an object of which a statement tells: one alias for all statements, since making one costs more than
    all else. What stands inside of a statement has aliases of its own."""
    kept: dict[str, FromClause] = live.reading.setdefault("@outermost", {})
    found = kept.get(obj.name)                 # of threads that make it at once all get the one that is kept
    return kept.setdefault(obj.name, live.tables.objects[obj.name].alias()) if found is None else found
