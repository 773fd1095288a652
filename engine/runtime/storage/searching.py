"""What a record can be found by: one lower-case text column, filled from the fields that are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from engine.definitions.objects import Object
from engine.expressions.values import ErrorValue, Ref, Value

LONGEST = 4000
MOST_WORDS = 8


def searched(obj: Object) -> tuple[str, ...]:
    """The fields that are searched: those marked, numbers, keys, and the texts of the title."""
    titled = {path[0] for path in obj.title.reads} if obj.title is not None else set()
    return tuple(
        f.name
        for f in obj.fields.values()
        if f.stored
        and (f.search or f.kind == "autonumber" or f.name in obj.key or (f.name in titled and f.kind == "text"))
    )


def search_text(
    obj: Object, values: Mapping[str, Value], lines: Sequence[tuple[Object, Mapping[str, Value]]] = ()
) -> str:
    """The text by which the record is found, its lines included."""
    parts: list[str] = []
    for part, given in ((obj, values), *lines):
        for name in searched(part):
            value = given.get(name)
            if value is not None and not isinstance(value, (Ref, ErrorValue)):
                parts.append(part.fields[name].searched(value))
    return " ".join(dict.fromkeys(parts)).lower()[:LONGEST]


def parts(obj: Object, lines: Sequence[Object] = ()) -> frozenset[str]:
    """The fields that are in the record's search text, those of lines as `lines.note`."""
    inner = (f"{part.owner_field}.{name}" for part in lines for name in searched(part))
    return frozenset((*searched(obj), *inner))


def matching(column: ColumnElement[Any], words: str) -> ColumnElement[bool]:
    """Rows whose text holds every word of the search."""
    found = words.lower().split()[:MOST_WORDS]
    if not found:
        return true()
    return and_(*(column.contains(word, autoescape=True) for word in found))
