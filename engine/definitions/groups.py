"""Writes out the groups of fields that `types:` declares: each use becomes fields named after it. Compiles nothing.

`types: {address: {fields: {street: text, city: text}}}` and `ship: address` give `ship_street` and `ship_city`. Inside
the group bare names are the group's own first (`street`), then the row's."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.labels import text_of
from engine.definitions.nodes import List, Map, Node, Pair, Scalar, made, with_pair, without
from engine.errors import Problem
from engine.texts import FALLBACK, Text

LOCAL = "@group"                               # no author can write it: name inside the group → field of the row
SHARED = ("show", "edit", "readonly", "personal")
TAKEN = frozenset({*SHARED, "type", "name", "fields", LOCAL})
PATHS = ("refill", "copy")


def is_group(spec: Map) -> bool:
    """Whether a field, its type written out, is a group of fields."""
    return spec.get("type") is None and isinstance(spec.get("fields"), Map)


def members(key: Scalar, spec: Map, fields: Map) -> Iterator[Pair]:
    """The fields of one use, each with the names that it knows; `fields` are the group's, written out."""
    names = {pair.key.text: f"{key.text}_{pair.key.text}" for pair in fields}
    told: dict[int, tuple[dict[str, str], Map]] = {}  # members of one inner group know the same names
    for pair in fields:
        if isinstance(pair.value, Map):
            name = names[pair.key.text]
            inner = pair.value.get(LOCAL)
            if id(inner) not in told:
                known = _known(key.text, names, inner)
                told[id(inner)] = known, _texts(spec, known)
            full = _member(key.text, pair.key.text, spec, pair.value, *told[id(inner)])
            yield Pair(Scalar(name, pair.key.at, pair.key.body), full)


def misfits(key: Scalar, spec: Map) -> Iterator[Problem]:
    """Keys that a use of a group does not take."""
    for pair in spec:
        if pair.key.text not in TAKEN:
            message = f"`{key.text}` is a group of fields: it has no `{pair.key.text}`"
            hint = f"say it of the fields of the group; a use takes {', '.join(SHARED)} and a label"
            yield Problem("E-FLD-011", message, pair.key.at, hint)


def _known(group: str, names: dict[str, str], inner: Node | None) -> dict[str, str]:
    pairs = inner.items() if isinstance(inner, Map) else ()
    return {**names, **{name: f"{group}_{node.text}" for name, node in pairs if isinstance(node, Scalar)}}


def _member(group: str, name: str, use: Map, spec: Map, known: dict[str, str], local: Map) -> Map:
    full = without(spec, LOCAL)
    for word in SHARED:
        shared = use.get(word)
        if shared is not None and full.get(word) is None:
            full = with_pair(full, word, shared)
    for word in PATHS:
        path = full.get(word)
        if path is not None:
            full = with_pair(full, word, _outward(path, known))
    full = with_pair(full, "name", _label(use, group, spec, name))
    return with_pair(full, LOCAL, local)


def _outward(node: Node, names: dict[str, str]) -> Node:
    """A field reference of the group as one of the row, at the same place."""
    if isinstance(node, List):
        return List(tuple(_outward(item, names) for item in node), node.at)
    if isinstance(node, Scalar):
        head, dot, tail = node.text.partition(".")
        return Scalar(names.get(head, head) + dot + tail, node.at, node.body, node.plain)
    return node


def _label(use: Map, group: str, spec: Map, name: str) -> Node:
    """`Delivery address · Street`, in every language that either is given in."""
    outer, inner = (text_of(one.get("name")) or Text({}) for one in (use, spec))
    languages = dict.fromkeys((*outer.forms, *inner.forms, FALLBACK))
    forms = {one: f"{_form(outer, one, group)} · {_form(inner, one, name)}" for one in languages}
    return _texts(spec, forms) if len(forms) > 1 else made(forms[FALLBACK], spec.at)


def _texts(spec: Map, texts: dict[str, str]) -> Map:
    pairs = (Pair(made(name, spec.at), made(text, spec.at)) for name, text in texts.items())
    return Map(tuple(pairs), spec.at)


def _form(text: Text, language: str, name: str) -> str:
    return text.to(language) or name.replace("_", " ").capitalize()


def local_names(spec: Map) -> dict[str, str]:
    """What a field's expressions may call by a shorter name: name inside the group → field of the row."""
    node = spec.get(LOCAL)
    pairs = node.items() if isinstance(node, Map) else ()
    return {one: value.text for one, value in pairs if isinstance(value, Scalar)}
