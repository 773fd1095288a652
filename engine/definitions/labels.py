"""Labels and plain texts of a definition as `Text`; a name without a label is its own. Knows no noun."""

from __future__ import annotations

from engine.definitions.nodes import Map, Node, Scalar
from engine.texts import FALLBACK, Text


def humanise(name: str) -> str:
    """`to_ship` → `To ship`, `crm.customer` → `Customer`."""
    words = name.rpartition(".")[2].replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def text_of(node: Node | None) -> Text | None:
    """The text of a T or L slot; one that is given once serves every language."""
    match node:
        case Scalar():
            return Text({FALLBACK: node.text})
        case Map():
            return Text({name: value.text for name, value in node.items() if isinstance(value, Scalar)})
        case _:
            return None


def label_of(node: Node | None, name: str) -> Text:
    """The label; where English is missing the name stands in."""
    found = text_of(node)
    if found is None:
        return Text({FALLBACK: humanise(name)})
    return found if FALLBACK in found.forms else Text({**found.forms, FALLBACK: humanise(name)})
