"""All expressions of a compiled app, wherever they stand. Judges none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.definitions.app import App
from engine.definitions.nodes import List, Map, Scalar
from engine.errors import Location
from engine.expressions.compiled import Expression, Source, Template
from engine.expressions.types import Type
from engine.texts import Text

LEAVES = (str, bytes, int, type(None), Type, Text, Location, Map, List, Scalar)


def compiled_of(thing: object) -> Iterator[Expression | Source | Template]:
    """The expressions, sources and templates in a part of an app, each once."""
    return _walk(thing, set())


def expressions_of(app: App) -> Iterator[Expression | Source | Template]:
    """The expressions, sources and templates of an app, each once."""
    return compiled_of(app)


def _walk(thing: Any, seen: set[int]) -> Iterator[Expression | Source | Template]:
    if isinstance(thing, LEAVES) or id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, (Expression, Source, Template)):
        yield thing
    elif isinstance(thing, Mapping):
        for one in thing.values():
            yield from _walk(one, seen)
    elif isinstance(thing, (tuple, list, frozenset)):
        for one in thing:
            yield from _walk(one, seen)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _walk(getattr(thing, field.name), seen)
