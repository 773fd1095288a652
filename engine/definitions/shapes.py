"""The vocabulary in which the language declares itself: slots, keys, shapes, and their notation. Knows no noun."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

LETTERS: Mapping[str, str] = {
    "E": "an expression",
    "V": "a value, or =expression",
    "T": "a text with {expression}, or one per language",
    "L": "a label, or one per language",
    "W": "people: an expression, role(…), or a list",
    "S": "a source",
    "N": "a name",
    "D": "a duration",
    "B": "true or false",
    "R": "a field",
    "I": "a whole number",
    "P": "a text",
    "X": "anything",
}
WHAT = re.compile(r"\b([NPR]):[a-z]+")           # what a name names: builders of kinds know it
WORDS = re.compile(r"[a-z][\w ]*|\d+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A scalar of the kind that the letter stands for (see `LETTERS`). `of`: what a name names (`N:action`), or what an
    expression gives (`E:boolean`); "" where the builder of its noun knows."""

    letter: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword, written bare."""

    word: str


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `of`; one may stand alone."""

    of: Slot


@dataclass(frozen=True, slots=True)
class Named:
    """A map of freely chosen names (`R`: field paths, `N`: names declared elsewhere, `t`: any text) to `of`."""

    key: str
    of: Slot


@dataclass(frozen=True, slots=True)
class Shaped:
    """A map with the keys of the shape called `shape`."""

    shape: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of several; which one is told by the node itself (scalar, list, map with or without certain keys)."""

    options: tuple[Slot, ...]


Slot: TypeAlias = "Letter | Word | Many | Named | Shaped | Either"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a shape: what may stand there and what it means. `active`: built, not only declared."""

    name: str
    slot: Slot
    doc: str
    required: bool = False
    default: str = ""
    example: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """A noun of the language: a map with these keys.

    `short`    the key that a scalar or list standing for the whole map gives (`birthday: date` gives `type`).
    `labelled` language codes may stand beside the keys and make up `name`.
    `variants` head key → shape: what it is is told by the key that it has (a step: `create`, `act`, …).
    `signs`    keys of which one shows that a map is this shape and not a map of names.
    `rest`     the slot of keys that are not declared (an access grant's action names).
    `family`   of a kind: the noun that it is a kind of (`step`); it may be taken over by another one (`flow_step`).
    `active`   built, not only declared: one note speaks of the whole construct, none of its keys.
    """

    name: str
    doc: str
    keys: Mapping[str, Key]
    short: str = ""
    labelled: bool = False
    variants: Mapping[str, Shape] = field(default_factory=dict)
    signs: tuple[str, ...] = ()
    rest: Slot | None = None
    family: str = ""
    active: bool = True

    def heads(self) -> tuple[str, ...]:
        """The keys that tell the kinds of a family."""
        return tuple(self.variants)


@lru_cache(maxsize=512)
def slot(notation: str) -> Slot:
    """The slot that a notation stands for: `E`, `N[]`, `{n: <field>}`, `bin|never|now`, `B|T`."""
    parts = _split(notation)
    if len(parts) > 1:
        return Either(tuple(slot(part) for part in parts))
    text = parts[0]
    if text.endswith("[]"):
        return Many(slot(text[:-2]))
    if text.startswith("(") and text.endswith(")"):
        return slot(text[1:-1])
    if text.startswith("{"):
        name, _, inner = text[1:-1].partition(":")
        return Named(name.strip(), slot(inner.strip()))
    if text.startswith("<"):
        return Shaped(text[1:-1])
    letter, _, of = text.partition(":")
    if letter in LETTERS:
        return Letter(letter, of)
    if WORDS.fullmatch(text):
        return Word(text)
    raise ValueError(f"{notation!r} is no slot")


def _split(notation: str) -> list[str]:
    """The alternatives of a notation: `|` outside of brackets separates them."""
    parts, depth = [""], 0
    for letter in notation:
        depth += (letter in "{<(") - (letter in "}>)")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def key(name: str, notation: str, doc: str, *, default: str = "", example: str = "") -> Key:
    """Declares a key; a `*` behind its notation makes it required."""
    return Key(name, slot(notation.removesuffix("*")), doc, notation.endswith("*"), default, example)


def later(name: str, notation: str, doc: str) -> Key:
    """Declares a key that is checked but means nothing yet; as the head of a kind, the whole kind."""
    return replace(key(name, notation, doc), active=False)


def shape(
    name: str,
    doc: str,
    *keys: Key,
    short: str = "",
    labelled: bool = False,
    signs: Iterable[str] = (),
    rest: str = "",
    active: bool = True,
) -> Shape:
    """Declares a noun; one that is not `active` is checked but means nothing yet."""
    return Shape(
        name,
        doc,
        {key.name: key for key in keys},
        short,
        labelled,
        signs=tuple(signs),
        rest=slot(rest) if rest else None,
        active=active,
    )


def family(name: str, doc: str, *shapes: Shape, short: str = "", common: Iterable[Key] = ()) -> Shape:
    """Declares a noun of several kinds: each shape's name is the key that tells it; `common` keys are everybody's,
    unless a kind declares them itself."""
    extra = {key.name: key for key in common}
    own = {one.name: {**one.keys, **{n: k for n, k in extra.items() if n not in one.keys}} for one in shapes}
    kinds = {one.name: _kind(one, name, own[one.name]) for one in shapes}
    return Shape(name, doc, extra, short, variants=kinds)


def _kind(form: Shape, family: str, keys: Mapping[str, Key]) -> Shape:
    return replace(form, keys=keys, family=form.family or family, active=form.active and keys[form.name].active)


def keys_of(schema: Mapping[str, Any], needs: Iterable[str] = ()) -> tuple[Key, ...]:
    """The keys that a kind declares as JSON Schema with a `slot` beside each (see the kinds' `options_schema`)."""
    wanted = set(needs)
    return tuple(
        Key(name, _slot_of(part), str(part.get("description", "")), name in wanted) for name, part in schema.items()
    )


SPECIAL: Mapping[str, str] = {
    "fields": "{n: <field>}",
    "pull": "this|<pull>",
    "pattern": "P",
    "duration": "E",
    "steps": "<step>[]",
    "flowsteps": "<flow_step>[]",
    "L+color": "<option>",
}


def _slot_of(part: Mapping[str, Any]) -> Slot:
    if "slot" in part:
        return slot(SPECIAL.get(part["slot"], part["slot"]))
    if "enum" in part:
        return Either(tuple(Word(word) for word in part["enum"]))
    inner = part.get("additionalProperties")
    if isinstance(inner, Mapping):
        return Named("n", _slot_of(inner))
    return {"boolean": Letter("B"), "integer": Letter("I"), "string": Letter("P")}.get(
        str(part.get("type")), Letter("X")
    )


def slots_in(schema: Mapping[str, Any]) -> Mapping[str, tuple[str, str]]:
    """Key → (slot, attribute of the kind's class that takes it)."""
    found = {}
    for name, part in schema.items():
        inner = part.get("additionalProperties")
        word = part.get("slot") or (f"{{n: {inner['slot']}}}" if isinstance(inner, Mapping) and "slot" in inner else "")
        found[name] = (WHAT.sub(r"\1", str(word)), str(part.get("attribute", name)))
    return found
