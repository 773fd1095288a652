"""All parts of a compiled app, wherever they stand, and the expressions among them. Judges none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.definitions.nodes import List, Map, Scalar
from engine.errors import Location
from engine.expressions.compiled import Expression, Source, Template
from engine.expressions.nodes import Node
from engine.expressions.templates import Hole
from engine.expressions.types import Type
from engine.texts import Text

LEAVES = (str, bytes, int, type(None), Type, Text, Location, Map, List, Scalar)


def expressions_of(thing: object) -> Iterator[Expression | Source | Template]:
    """The expressions, sources and templates in an app or a part of one, each once."""
    return (part for part in parts_of(thing) if isinstance(part, (Expression, Source, Template)))


def nodes_of(thing: object) -> Iterator[Node]:
    """The typed nodes of all expressions in an app or a part of one."""
    for one in expressions_of(thing):
        if isinstance(one, Expression):
            yield from one.node.walk()
        elif isinstance(one, Source):
            yield from one.node.walk()
            yield from () if one.value is None else one.value.walk()
        else:
            for pieces in one.forms.values():
                yield from (node for piece in pieces if isinstance(piece, Hole) for node in piece.node.walk())


def parts_of(thing: object) -> Iterator[object]:
    """Everything that an app or a part of one is made of: objects, fields, steps, expressions, each once."""
    return _walk(thing, set())


def _walk(thing: Any, seen: set[int]) -> Iterator[object]:
    if isinstance(thing, LEAVES) or id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, Mapping):
        for one in thing.values():
            yield from _walk(one, seen)
    elif isinstance(thing, (tuple, list, frozenset)):
        for one in thing:
            yield from _walk(one, seen)
    elif isinstance(thing, (Expression, Source, Template)):
        yield thing
    elif is_dataclass(thing):
        yield thing
        for field in fields(thing):
            yield from _walk(getattr(thing, field.name), seen)
