"""The located tree of a definition: every scalar, map, list and key knows where it stands. Knows no meaning of keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from engine.errors import Location

FEW = 8                                        # so many keys are compared faster than an index is made
BLANKS = frozenset({"", "~", "null", "Null", "NULL"})
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written. `at` is where the node begins, `body` where its first character stands (inside the quotes)."""

    text: str
    at: Location
    body: Location
    plain: bool = True

    @property
    def blank(self) -> bool:
        """Nothing was written (`key:`), or `null`."""
        return self.plain and self.text in BLANKS


@dataclass(frozen=True, slots=True)
class Pair:
    """One key of a map with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """A map in the order in which it was written; keys are unique. `lost`: keys that are left out, since what stood
    there was wrong and has been reported."""

    pairs: tuple[Pair, ...]
    at: Location
    lost: tuple[str, ...] = field(default=(), repr=False, compare=False)
    index: dict[str, Pair] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def pair(self, name: str) -> Pair | None:
        """The key with its value, None where it is absent."""
        if len(self.pairs) < FEW:
            for pair in self.pairs:
                if pair.key.text == name:
                    return pair
            return None
        if not self.index:
            self.index.update((pair.key.text, pair) for pair in reversed(self.pairs))
        return self.index.get(name)

    def get(self, name: str) -> Node | None:
        """The value of a key, None where it is absent."""
        found = self.pair(name)
        return None if found is None else found.value

    def names(self) -> tuple[str, ...]:
        """The keys in their order."""
        return tuple(pair.key.text for pair in self.pairs)

    def key_at(self, name: str) -> Location:
        """Where the key stands; the map's own place where it is absent."""
        found = self.pair(name)
        return self.at if found is None else found.key.at

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys as texts, with their values."""
        return ((pair.key.text, pair.value) for pair in self.pairs)


@dataclass(frozen=True, slots=True)
class List:
    """A list."""

    items: tuple[Node, ...]
    at: Location

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node: TypeAlias = "Scalar | Map | List"


def made(text: str, at: Location) -> Scalar:
    """A scalar that nobody wrote (a default, a short form spelled out), placed where the reader would look."""
    return Scalar(text, at, at)


def keyed(at: Location, **values: Node) -> Map:
    """A map that nobody wrote, with these keys at this place."""
    return Map(tuple(Pair(made(name, at), value) for name, value in values.items()), at)


def with_pair(map: Map, name: str, value: Node) -> Map:
    """The map with one value set: replaced where it stands, else appended."""
    if map.pair(name) is None:
        return replace(map, pairs=(*map.pairs, Pair(made(name, value.at), value)))
    pairs = tuple(Pair(pair.key, value) if pair.key.text == name else pair for pair in map.pairs)
    return replace(map, pairs=pairs)


def without(map: Map, *names: str) -> Map:
    """The map without these keys."""
    return replace(map, pairs=tuple(pair for pair in map.pairs if pair.key.text not in names))


def to_plain(node: Node | None) -> object:
    """The tree as plain data: maps, lists, texts; plain `true`, `false`, integers and blanks become what they say."""
    match node:
        case None:
            return None
        case Map():
            return {name: to_plain(value) for name, value in node.items()}
        case List():
            return [to_plain(item) for item in node.items]
        case Scalar():
            return _scalar(node)


def _scalar(node: Scalar) -> object:
    if not node.plain:
        return node.text
    if node.blank:
        return None
    if node.text in ("true", "false"):
        return node.text == "true"
    return int(node.text) if INTEGER.match(node.text) and len(node.text) < 19 else node.text


def plain_of(node: Node) -> Any:
    """The node as plain data: maps as dicts, lists as lists, scalars as their texts (blank as None)."""
    if isinstance(node, Map):
        return {name: plain_of(value) for name, value in node.items()}
    if isinstance(node, List):
        return [plain_of(item) for item in node]
    return None if node.blank else node.text
