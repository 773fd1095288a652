"""All parts of a compiled app, wherever they stand, and the expressions among them. Judges none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from engine.definitions.app import App
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
    """Everything that an app or a part of one is made of: objects, fields, steps, expressions, each once.

    An app keeps what was found: many checks ask for it."""
    if not isinstance(thing, App):
        return iter(_walked(thing))
    if not thing.parts:
        thing.parts.extend(_walked(thing))
    return iter(thing.parts)


def _walked(whole: object) -> list[object]:
    found: list[object] = []
    seen: set[int] = set()
    waiting = [whole]  # what comes first stands last
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, LEAVES) or id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, Mapping):
            waiting.extend(reversed(list(thing.values())))
        elif isinstance(thing, (tuple, list, frozenset)):
            waiting.extend(reversed(list(thing)))
        elif isinstance(thing, (Expression, Source, Template)):
            found.append(thing)
        elif is_dataclass(kind := type(thing)):
            found.append(thing)
            waiting.extend(getattr(thing, name) for name in _names(kind))
    return found


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields that its maker gives it, the last first."""
    return tuple(field.name for field in reversed(fields(kind)) if field.init)
