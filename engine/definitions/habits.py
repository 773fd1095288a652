"""What people write by the habits of other tools, and how it is written here. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.definitions.nodes import List, Map, Node, Scalar
from engine.suggest import did_you_mean

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("select", "dropdown", "enum", "radio", "picklist"), "`choice` with `options`"),
    **dict.fromkeys(("multiselect", "checkboxes"), "`choices` with `options`"),
    **dict.fromkeys(("reference", "relation", "lookup", "ref", "foreign_key"), "`link` with `to`"),
    **dict.fromkeys(("number", "float", "double", "numeric"), "`decimal` or `integer`; `money`, `quantity`, `percent`"),
    **dict.fromkeys(("int", "long"), "`integer`"),
    **dict.fromkeys(("string", "str", "varchar"), "`text`"),
    **dict.fromkeys(("textarea", "multiline", "memo"), "`long_text`"),
    **dict.fromkeys(("bool", "checkbox", "switch", "yes_no"), "`boolean`"),
    **dict.fromkeys(("timestamp", "date_time"), "`datetime`"),
    **dict.fromkeys(("table", "subform", "subtable", "children"), "`lines` with `fields`"),
    **dict.fromkeys(("sequence", "serial"), "`autonumber`"),
    **dict.fromkeys(("person", "people", "member"), "`user` or `users`"),
}
KEYS: Mapping[tuple[str, str], str] = {
    ("field", "label"): "write `name`, or the languages beside the keys",
    ("field", "title"): "write `name`, or the languages beside the keys",
    ("field", "description"): "write `help`",
    ("field", "readOnly"): "write `readonly`",
    ("object", "label"): "write `name`, or the languages beside the keys",
    ("object", "access"): "access stands at the top of the app: `access: {OBJECT: {ROLE: full}}`",
    ("object", "permissions"): "access stands at the top of the app: `access: {OBJECT: {ROLE: full}}`",
}
VOTES = ("vote", "voting", "majority", "quorum", "at_least")
LIMITS = {"min_length": "min", "max_length": "max", "min": "min_length", "max": "max_length"}


def kind_meant(written: str, known: Iterable[str]) -> str:
    """The field type that a word of another tool stands for, else the near ones."""
    meant = TYPES.get(written.lower())
    return f"write {meant}" if meant else did_you_mean(written, known)


def key_meant(noun: str, key: str, known: Iterable[str]) -> str:
    """The key that a word of another tool stands for, else the near ones."""
    return KEYS.get((noun, key)) or did_you_mean(key, known)


def word_meant(written: str, known: Iterable[str]) -> str:
    """The keyword that a word of another tool stands for, else the near ones."""
    known = tuple(known)
    if written.lower() in VOTES and "fraction" in known:
        return "write `count`, `fraction` or `percent`, and how many: `need: 2`, `need: 1/2`"
    return did_you_mean(written, known)


def limit_meant(key: str, known: Iterable[str]) -> str:
    """`min` for `min_length` at a number and the like; "" where the field has no such key either."""
    meant = LIMITS.get(key, "")
    return f"write `{meant}`" if meant in known else ""


def map_meant(node: Node) -> str:
    """A list of words as the map that is wanted: ``write `{red: Red, green: Green}` ``; "" for all else."""
    items = [item.text for item in node if isinstance(item, Scalar)] if isinstance(node, List) else []
    if not items or isinstance(node, Map) or not all(item.isidentifier() for item in items):
        return ""
    shown = ", ".join(f"{item}: {item.replace('_', ' ').capitalize()}" for item in items[:3])
    return f"write `{{{shown}{', …' if len(items) > 3 else ''}}}`"


def order_meant(written: str) -> str:
    """`-day` for `day desc`; "" for all else."""
    name, _, way = written.partition(" ")
    if way.strip().lower() in ("desc", "descending"):
        return f"write `-{name}`"
    return f"write `{name}`" if way.strip().lower() in ("asc", "ascending") else ""
