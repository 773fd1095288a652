"""Guesses a mapping from the columns' names, for somebody to look at before it is used. Writes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.services.imports.cells import raw_of
from engine.runtime.services.imports.looking import Look
from engine.runtime.services.imports.mappings import known_names
from engine.runtime.services.imports.plans import Notation
from engine.runtime.services.imports.values import key_of

ALIKE = 0.82                                   # how similar a column must be to a field's name
HINT = re.compile(r"[(（\[【].*?[)）\]】]|[*＊:：]\s*$")
ODD = re.compile(r"[\W_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
TRIED = 50                                     # cells that a field must be able to read before order is trusted


@dataclass(slots=True)
class Guess:
    """A mapping's fields, and how each was found: `name` (certain), `similar` or `order` (to be looked at).

    `left` are columns that go into no field."""

    object: str
    file: str
    fields: dict[str, Any] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    key: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether every column was found by its very name."""
        return all(how == "name" for how in self.how.values())

    def mapping(self) -> dict[str, Any]:
        """As a mapping, for the import."""
        found: dict[str, Any] = {"object": self.object, "file": self.file, "fields": dict(self.fields)}
        return {**found, "key": list(self.key)} if self.key else found


def guess(app: App, obj: Object, found: Look) -> Guess:
    """Which column goes into which field: by name, by likeness, at last by order among what must be filled."""
    guessed = Guess(obj.name, found.spec.file)
    columns = [column for column in found.columns if column]
    _by_name(guessed, known_names(obj), columns)
    _by_likeness(guessed, list(_names(app, obj)), columns)
    _by_order(guessed, obj, columns, found)
    used = {part["column"] if isinstance(part, dict) else part for part in guessed.fields.values()}
    guessed.left = [column for column in columns if column not in used]
    guessed.key = tuple(obj.key) if obj.key and all(name in guessed.fields for name in obj.key) else ()
    return guessed


def _by_name(guessed: Guess, known: Mapping[str, Field], columns: list[str]) -> None:
    for column in columns:
        target = known.get(column.strip().lower())
        if target is not None:
            _take(guessed, target.name, column, "name")


def _take(guessed: Guess, name: str, part: Any, how: str) -> None:
    if name not in guessed.fields:
        guessed.fields[name], guessed.how[name] = part, how


def _names(app: App, obj: Object) -> Iterator[tuple[str, str, str]]:
    """(plain name, field, field of the linked object by which it is found)."""
    for target in obj.fields.values():
        if target.kind == "lines" or target.computed:
            continue
        own = [plain_name(name) for name in (target.name, *target.also, *target.label.forms.values())]
        for name in own:
            yield name, target.name, ""
        if isinstance(target, Link):
            for other in target.to:
                yield from _linked(app.objects[other], own, target.name)


def _linked(other: Object, own: list[str], name: str) -> Iterator[tuple[str, str, str]]:
    """`customer code`, `客户编码`: a link by a field of its target; `customer id`, `客户编号` by its key."""
    for one in other.fields.values():
        if one.unique and one.kind in ("text", "code", "autonumber"):
            for label in (one.name, *one.label.forms.values()):
                for mine in own:
                    yield mine + plain_name(label), name, one.name
    key = key_of(other)
    for mine in own if key else ():
        for ending in ("id", "no", "number", "code", "编号", "号", "编码"):
            yield mine + ending, name, key


def plain_name(text: str) -> str:
    """A name without hints in brackets, marks, blanks and case: `Unit Price (EUR) *` is `unitprice`."""
    return ODD.sub("", CAMEL.sub(" ", HINT.sub("", text)).lower())


def _by_likeness(guessed: Guess, names: list[tuple[str, str, str]], columns: list[str]) -> None:
    used = set(map(str, guessed.fields.values()))
    scored: list[tuple[float, int, str, str, str]] = []
    for position, column in enumerate(columns):
        mine = plain_name(column)
        if column in used or not mine:
            continue
        for name, target, by in names:
            score = 1.0 if name == mine else SequenceMatcher(None, name, mine).ratio()
            if score >= ALIKE:
                scored.append((-score, position, column, target, by))
    taken: set[str] = set()
    for _, _, column, target, by in sorted(scored):
        if column not in taken and target not in guessed.fields:
            taken.add(column)
            _take(guessed, target, {"column": column, "by": by} if by else column, "similar")


def _by_order(guessed: Guess, obj: Object, columns: list[str], found: Look) -> None:
    """What must be filled and has no column takes the next one that is left and that it can read."""
    used = {part["column"] if isinstance(part, dict) else part for part in guessed.fields.values()}
    left = [column for column in columns if column not in used]
    for target in obj.fields.values():
        wanted = target.required is True and target.default is None and not target.computed
        if not wanted or target.name in guessed.fields or target.kind in ("lines", "link", "autonumber"):
            continue
        column = next((one for one in left if _reads(target, one, found)), None)
        if column is not None:
            left.remove(column)
            _take(guessed, target.name, column, "order")


def _reads(target: Field, column: str, found: Look) -> bool:
    cells = [row.cells.get(column) for row in found.sample[:TRIED]]
    try:
        values = [target.parse(raw_of(cell, target, Notation())) for cell in cells]
    except Unfit:
        return False
    return bool(values) and all(value is not None for value in values)


def mapping_text(guessed: Guess, settings: Mapping[str, Any]) -> str:
    """The mapping file (YAML) to look at and to keep. `settings`: what was recognised (`header`, `encoding` …)."""
    lines = [f"object: {guessed.object}", f"file: {_scalar(guessed.file)}"]
    lines += [f"{name}: {_scalar(value)}" for name, value in settings.items() if value]
    if guessed.key:
        lines.append(f"key: [{', '.join(guessed.key)}]")
    lines.append("fields:")
    for name, part in guessed.fields.items():
        doubt = {"name": "", "similar": "   # similar: please check", "order": "   # by its place: please check"}
        lines.append(f"  {name}: {_part(part)}{doubt[guessed.how[name]]}")
    lines += [f"  # not imported: {column}" for column in guessed.left]
    return "\n".join(lines) + "\n"


def _part(part: Any) -> str:
    if not isinstance(part, dict):
        return _scalar(part)
    return "{" + ", ".join(f"{name}: {_scalar(value)}" for name, value in part.items()) + "}"


def _scalar(value: Any) -> str:
    """A value as YAML and JSON read it alike; plain words stay as they are."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", value) and value.lower() not in RESERVED:
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


RESERVED = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
