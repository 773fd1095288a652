"""What values in the steps of declared tests are, before any field is known: days, rows of lines, maps and lists."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from engine.definitions.building.samples import maps_in
from engine.definitions.desks import word
from engine.definitions.nodes import List, Map, Node, Pair
from engine.errors import Location

DAYS = re.compile(r"\d{4}-\d\d-\d\d")


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar as 2026-03-31; the standard library reads other spellings too."""
    if not DAYS.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def created(action: Map) -> str:
    """The object of the first record that an action creates in a known way."""
    return next(_created(action.get("do")), "")


def _created(steps: Node | None) -> Iterator[str]:
    for step in maps_in(steps):
        if step.pair("create") is not None:
            yield word(step.get("create"))
        for inner in ("do", "then", "else"):
            yield from _created(step.get(inner))


def without_ids(node: Map) -> Map:
    """Rows of lines may name an existing one (`id`) and take it out (`delete`): these are no fields."""
    pairs = []
    for pair in node:
        value = pair.value
        if isinstance(value, List):
            kept = (row(item) if isinstance(item, Map) else item for item in value)
            value = replace(value, items=tuple(kept))
        pairs.append(Pair(pair.key, value))
    return replace(node, pairs=tuple(pairs))


def forms_in(node: Node | None) -> Iterator[Location]:
    """Where the maps and lists in a value begin."""
    if isinstance(node, Map):
        yield node.at
        for pair in node:
            yield from forms_in(pair.value)
    elif isinstance(node, List):
        yield node.at
        for item in node:
            yield from forms_in(item)


def row(row: Map) -> Map:
    return replace(row, pairs=tuple(one for one in row if one.key.text not in ("id", "delete")))
