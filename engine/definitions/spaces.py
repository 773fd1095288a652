"""Namespaces: what files that are included under a name declare, and which name means what inside of them.

Outside, `customer` of a file that is included as `crm` is `crm.customer`. Inside, a name is looked up in the file's own
namespace first, then in those around it. Reads no file and compiles nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.nodes import List, Map, Node, Pair, Scalar

DECLARING = (
    "objects", "registers", "periods", "decisions", "flows", "automations", "alerts", "reports", "dashboards",
    "documents", "roles", "types", "calendars",
)
SENTENCES = ("tests", "given")                 # told apart by what stands before them: `crm: an order is refused`
NAME = re.compile(r"[^\W\d]\w*\Z")
JOINED = re.compile(r".*__|.*_\Z", re.DOTALL)    # how the database joins names
WORDS = frozenset({
    "and", "or", "not", "in", "is", "as", "at", "between", "where", "true", "false", "blank", "this", "parent", "me",
    "old", "all", "any", "movements", "user", "everyone", "public", "trigger", "diff", "rows", "need", "day",
})
KINDS: Mapping[str, tuple[str, ...]] = {       # `N:what` of a slot → the nouns that it may name, nearest first
    **{one.removesuffix("s"): (one,) for one in DECLARING},
    "rows": ("objects",),
    "source": ("objects", "registers", "reports"),
    "place": ("objects", "registers", "reports", "dashboards"),
    "opened": ("reports", "dashboards", "objects"),
}


@dataclass(frozen=True, slots=True)
class Spaces:
    """Noun → the full names that are declared; empty where an app has no namespaces."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)          # a namespace → what it was called, by `was:`

    def formerly(self, space: str) -> str:
        """What a namespace was called, the ones around it included."""
        around, _, own = space.rpartition(".")
        own = self.former.get(space) or own
        return f"{self.formerly(around)}.{own}" if around else own

    def full(self, what: str, text: str, space: str) -> str:
        """The full name of what `text` (`customer`, `customer.lines`, `sub.customer`) means inside a namespace; the
        text itself where nothing there is called so."""
        for around in enclosing(space):
            for noun in KINDS.get(what, ()):
                if self._begins(noun, f"{around}.{text}", len(around)):
                    return f"{around}.{text}"
        return text

    def _begins(self, noun: str, path: str, after: int) -> bool:
        """Whether a path is the name of something declared, or goes on from it."""
        declared = self.names.get(noun, frozenset())
        ends = (at for at in (*(m.start() for m in re.finditer(r"\.", path)), len(path)) if at > after)
        return any(path[:end] in declared for end in ends)

    def inside(self) -> frozenset[str]:
        """All namespaces, with those in which they lie."""
        held = (name for names in self.names.values() for name in names if "." in name)
        return frozenset(around for name in held for around in enclosing(name.rpartition(".")[0]))


def enclosing(space: str) -> Iterator[str]:
    """A namespace and those around it, innermost first."""
    while space:
        yield space
        space = space.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Part:
    """The tree of a file that is included under a name (with what it includes itself)."""

    space: str
    tree: Map


def placed(node: Node, space: str) -> Node:
    """The tree with every place inside a namespace."""
    at = replace(node.at, space=space)
    match node:
        case Scalar():
            return replace(node, at=at, body=replace(node.body, space=space))
        case List():
            return List(tuple(placed(item, space) for item in node), at)
        case Map():
            pairs = []
            for pair in node:
                key = placed(pair.key, space)
                assert isinstance(key, Scalar)
                pairs.append(Pair(key, placed(pair.value, space)))
            return Map(tuple(pairs), at)


def spaces_of(main: Map, parts: Iterable[Part]) -> Spaces:
    """What the main file and all parts declare."""
    found: dict[str, set[str]] = {noun: set() for noun in DECLARING}
    for space, tree in (("", main), *((part.space, part.tree) for part in parts)):
        for noun in DECLARING:
            node = tree.get(noun)
            names = node.names() if isinstance(node, Map) else ()
            found[noun].update(f"{space}.{name}" if space else name for name in names)
    return Spaces({noun: frozenset(names) for noun, names in found.items()})


def named(part: Part, spaces: Spaces) -> Map:
    """The part's tree with full names as the keys of what it declares, grants and plants."""
    return replace(part.tree, pairs=tuple(Pair(pair.key, _named(pair, part.space, spaces)) for pair in part.tree))


def _named(pair: Pair, space: str, spaces: Spaces) -> Node:
    noun, node = pair.key.text, pair.value
    if not isinstance(node, Map):
        return node
    if noun in DECLARING:
        return _keys(node, {name: f"{space}.{name}" for name in node.names()})
    if noun in SENTENCES:
        return _keys(node, {name: f"{space}: {name}" for name in node.names()})
    if noun == "access":
        return _access(node, space, spaces)
    if noun == "data":
        return _rows(node, space, spaces)
    if noun == "samples":
        return replace(node, pairs=tuple(Pair(one.key, _planted(one, space, spaces)) for one in node))
    return node


def _planted(pair: Pair, space: str, spaces: Spaces) -> Node:
    of_rows = pair.key.text == "rows" and isinstance(pair.value, Map)
    return _rows(pair.value, space, spaces) if of_rows else pair.value


def _rows(node: Node, space: str, spaces: Spaces) -> Node:
    """Object → its rows."""
    assert isinstance(node, Map)
    return _keys(node, {name: spaces.full("object", name, space) for name in node.names()})


def _access(node: Map, space: str, spaces: Spaces) -> Map:
    """Thing → role → grant; `any` is any object and register of the namespace."""
    found = []
    for pair in node:
        name = f"{space}.any" if pair.key.text == "any" else spaces.full("source", pair.key.text, space)
        roles = pair.value
        if isinstance(roles, Map):
            roles = _keys(roles, {one: spaces.full("role", one, space) for one in roles.names()})
        found.append(Pair(replace(pair.key, text=name), roles))
    return replace(node, pairs=tuple(found))


def _keys(node: Map, names: Mapping[str, str]) -> Map:
    return replace(
        node,
        pairs=tuple(Pair(replace(pair.key, text=names.get(pair.key.text, pair.key.text)), pair.value) for pair in node),
    )


def misnamed(name: str, space: str, spaces: Spaces) -> str:
    """Why a namespace cannot be called so; blank where it can."""
    if not NAME.match(name):
        return f"`{name}` is not a name"
    if JOINED.match(name):
        return f"`{name}` holds `__` or ends with `_`: the database joins names in this way"
    if name in WORDS:
        return f"`{name}` is a word of the language"
    whole = f"{space}.{name}" if space else name
    noun = next((noun for noun in DECLARING if whole in spaces.names.get(noun, ())), "")
    return f"`{whole}` is declared under `{noun}` already" if noun else ""
