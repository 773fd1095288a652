"""Conditions of a list, between what a person picks and the expression in the address. Knows definitions, no page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.objects import Object
from engine.digits import whole
from engine.errors import FieldError, Invalid
from engine.expressions.values import Key, Ref
from engine.kinds.fields.base import Field, Unfit
from engine.texts import Text, say

TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()\[\]]|\s+(?:and|or)\s+|[^'\"()\[\]\s]+|\s+", re.IGNORECASE)
CONTAINS = re.compile(r"contains\((\w+), ('(?:[^']|'')*')\)")
COMPARED = re.compile(r"(\w+)(?:\.id)? (=|!=|<|<=|>|>=) (.+)", re.DOTALL)
HAS = re.compile(r"any\((\w+), id = (\d+)\)")
BLANKNESS = re.compile(r"(\w+) is (not )?blank")
DATE = re.compile(r"date\((\d+), (\d+), (\d+)\)")

OPERATORS: Mapping[str, Text] = {
    "contains": say(zh="包含", en="contains"),
    "=": say(zh="等于", en="is"),
    "!=": say(zh="不等于", en="is not"),
    ">=": say(zh="不小于", en="at least"),
    "<=": say(zh="不大于", en="at most"),
    ">": say(zh="大于", en="more than"),
    "<": say(zh="小于", en="less than"),
    "has": say(zh="包含", en="includes"),
    "blank": say(zh="为空", en="is blank"),
    "filled": say(zh="不为空", en="is not blank"),
}
DATE_WORDS: Mapping[str, Text] = {
    ">=": say(zh="从", en="from"),
    "<=": say(zh="至", en="until"),
    "=": say(zh="为", en="on"),
}
OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "text": ("contains", "=", "blank", "filled"),
    "number": (">=", "<=", "=", "blank", "filled"),
    "date": (">=", "<=", "=", "blank", "filled"),
    "choice": ("=", "!=", "blank", "filled"),
    "record": ("=", "!=", "blank", "filled"),
    "boolean": ("=",),
    "records": ("has",),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition that holds now: how it reads, and the filter without it."""

    text: str
    without: str


def sort_of(field: Field) -> str:
    """The name under which `OF_TYPE` has the comparisons of a field; several links are `records`."""
    several = field.type.of is not None and field.type.of.name == "record"
    return "records" if several else field.type.name


def filterable(obj: Object, names: frozenset[str]) -> list[Field]:
    """The fields by which a person may filter: visible, stored, of a type that compares."""
    return [f for f in obj.fields.values() if f.name in names and f.stored and sort_of(f) in OF_TYPE]


def operators(field: Field, language: str) -> list[tuple[str, str]]:
    """The comparisons that fit a field: code and words."""
    words = {**OPERATORS, **DATE_WORDS} if field.type.name == "date" else OPERATORS
    return [(code, words[code].to(language)) for code in OF_TYPE[sort_of(field)]]


def joined(*conditions: str) -> str:
    """Conditions that all must hold; those with `or` are put in brackets."""
    return " and ".join(f"({c})" if split(c) == [c] and has_or(c) else c for c in conditions if c.strip())


def compose(field: Field, operator: str, raw: str) -> str:
    """The condition for a picked field, comparison and value. Raises `Invalid` for a value that does not fit."""
    if operator not in OF_TYPE.get(sort_of(field), ()):
        operator = OF_TYPE[sort_of(field)][0]
    if operator in ("blank", "filled"):
        return f"{field.name} is {'not ' if operator == 'filled' else ''}blank"
    try:
        value = field.parse_input(raw)
    except Unfit as unfit:
        raise Invalid(unfit.message, errors=[FieldError(field.name, unfit.message)]) from None
    if value is None:
        return f"{field.name} is blank"
    if operator == "has":
        return " and ".join(f"any({field.name}, id = {one.id})" for one in value if isinstance(one, Ref))
    if operator == "contains":
        return f"contains({field.name}, {quoted(str(value))})"
    name = f"{field.name}.id" if isinstance(value, (Ref, Key)) and whole(raw.strip()) is not None else field.name
    return f"{name} {operator} {literal(value, raw)}"


def literal(value: Any, raw: str) -> str:
    """A value as the expression language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, Ref):
        return str(value.id)
    if isinstance(value, Key):
        return raw.strip() if whole(raw.strip()) is not None else quoted(value.text)
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text[:1] == "'" else text


def has_or(text: str) -> bool:
    """Whether an `or` stands outside of brackets and quotes."""
    return any(kind == "or" for kind, _ in top_words(text))


def top_words(text: str) -> list[tuple[str, re.Match[str]]]:
    """Every `and` and `or` outside of brackets and quotes."""
    depth, found = 0, []
    for match in TOKEN.finditer(text):
        token = match.group()
        depth += (token in "([") - (token in ")]") if len(token) == 1 else 0
        word = token.strip().lower()
        if depth == 0 and token != word and word in ("and", "or"):
            found.append((word, match))
    return found


def split(text: str) -> list[str]:
    """The conditions that `and` joins at the top; the whole text where an `or` stands there too."""
    words = top_words(text)
    if not text.strip():
        return []
    if any(word == "or" for word, _ in words):
        return [text]
    cuts = [0, *(m.end() for _, m in words)]
    ends = [*(m.start() for _, m in words), len(text)]
    return [text[start:end].strip() for start, end in zip(cuts, ends, strict=True)]


def chips(obj: Object, text: str, titles: Mapping[tuple[str, str], str], language: str) -> list[Chip]:
    """The conditions of a filter as chips; `titles` gives the titles of linked records by (field, id)."""
    parts = split(text)
    return [
        Chip(words(obj, part, titles, language), joined(*(p for n, p in enumerate(parts) if n != number)))
        for number, part in enumerate(parts)
    ]


def linked(obj: Object, text: str) -> list[tuple[Field, int]]:
    """The links that a filter compares by id, so that their titles can be looked up."""
    found = []
    for part in split(text):
        match = HAS.fullmatch(part) or COMPARED.fullmatch(part)
        field = obj.fields.get(match[1]) if match else None
        id = whole(match[match.re.groups]) if match else None
        if field is not None and sort_of(field) in ("record", "records") and id is not None:
            found.append((field, id))
    return found


def words(obj: Object, part: str, titles: Mapping[tuple[str, str], str], language: str) -> str:
    """One condition in words; what was written by hand stays as written."""
    if match := BLANKNESS.fullmatch(part):
        return f"{label(obj, match[1], language)} {OPERATORS['filled' if match[2] else 'blank'].to(language)}"
    if match := HAS.fullmatch(part):
        title = titles.get((match[1], match[2]), f"#{match[2]}")
        return f"{label(obj, match[1], language)} {OPERATORS['has'].to(language)} {title}"
    if match := CONTAINS.fullmatch(part):
        return f"{label(obj, match[1], language)} {OPERATORS['contains'].to(language)} {unquoted(match[2])}"
    match = COMPARED.fullmatch(part)
    if match is None or (match[1] not in obj.fields and match[1] not in ("status", "state")):
        return part
    field = obj.fields.get(match[1])
    spoken = DATE_WORDS if field is not None and field.type.name == "date" and match[2] in DATE_WORDS else OPERATORS
    value = shown(obj, match[1], match[3], titles, language)
    return f"{label(obj, match[1], language)} {spoken[match[2]].to(language)} {value}"


def label(obj: Object, name: str, language: str) -> str:
    """The label of a field, or of the status."""
    if name in ("status", "state"):
        return say(zh="状态", en="Status").to(language)
    return obj.fields[name].label.to(language) if name in obj.fields else name


def shown(obj: Object, name: str, text: str, titles: Mapping[tuple[str, str], str], language: str) -> str:
    """The value of a condition for people: an option's label, a linked record's title, a date."""
    bare = unquoted(text)
    if name in ("status", "state"):
        return obj.states[bare].label.to(language) if bare in obj.states else bare
    if (name, bare) in titles:
        return titles[name, bare]
    if match := DATE.fullmatch(text):
        bare = f"{int(match[1]):04d}-{int(match[2]):02d}-{int(match[3]):02d}"
    try:
        field = obj.fields[name]
        return bare if field.type.name == "record" else field.format(field.parse(bare), language)
    except Unfit:
        return bare
