"""The filter of a list as rows of conditions, and the expression that says the same. Knows no page and no right.

`read` and `write` are each other's inverse; what no row can say is kept as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias

from engine.digits import whole
from engine.errors import FieldError, Invalid
from engine.expressions.values import Key, Ref
from engine.kinds.fields.base import Unfit
from engine.runtime.web.present import filters
from engine.runtime.web.present.filters import literal, quoted, unquoted
from engine.runtime.web.present.subjects import Subject
from engine.texts import say

BY_HAND = "?"                                  # the field of a condition that is written as an expression
OTHER = {"all": "any", "any": "all"}
JOIN = {"all": " and ", "any": " or "}
TEMPLATES: Mapping[str, str] = {
    **{sign: "{f} " + sign + " {v}" for sign in ("!=", "<=", ">=", "=", "<", ">")},
    "contains": "contains({f}, {v})",
    "lacks": "not contains({f}, {v})",
    "starts": "starts({f}, {v})",
    "blank": "{f} is blank",
    "filled": "{f} is not blank",
    "me": "{f} = me",
    "today": "({f} >= today() and {f} < today() + 1 day)",
    "overdue": "{f} < today()",
    "week": "({f} >= week_start(today()) and {f} < week_start(today()) + 7 days)",
    "month": "({f} >= month_start(today()) and {f} < month_start(today()) + 1 month)",
    "last_month": "({f} >= month_start(today()) - 1 month and {f} < month_start(today()))",
    "year": "({f} >= year_start(today()) and {f} < year_start(today()) + 1 year)",
    "past7": "({f} >= today() - 7 days and {f} < today() + 1 day)",
    "past30": "({f} >= today() - 30 days and {f} < today() + 1 day)",
    "next7": "({f} >= today() and {f} < today() + 8 days)",
    "in": "{f} in [{v}]",
    "not in": "{f} not in [{v}]",
    "has": "any({f}, id in [{v}])",
    "between": "({f} >= {v} and {f} <= {w})",
}
OF_MOMENTS: Mapping[str, str] = {              # a day is meant, which has 24 hours
    "=": "({f} >= {v} and {f} < {v} + 1 day)",
    "<=": "{f} < {v} + 1 day",
    "between": "({f} >= {v} and {f} < {w} + 1 day)",
}
VALUE = r"(?:'(?:[^']|'')*'|date\(\d+, \d+, \d+\)|-?\d+(?:\.\d+)?|true|false)"
VALUES = re.compile(VALUE)
MANY = ("in", "not in", "has")
HAS_ONE = re.compile(r"\Aany\((\w+), id = (\d+)\)\Z")     # another spelling of `has`
WITHOUT_VALUE = ("blank", "filled", "me", "today", "overdue", "week", "month", "last_month", "year", "past7", "past30",
                 "next7")


@dataclass(frozen=True, slots=True)
class Condition:
    """A subject, a comparison and what it is compared with, as typed in controls. With the field `BY_HAND` the only
    value is an expression."""

    field: str
    operator: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which `all` or `any` must hold; a group within joins the other way round."""

    match: str
    members: tuple[Member, ...] = ()


Member: TypeAlias = "Condition | Group"
Subjects: TypeAlias = Mapping[str, Subject]


# ---- from the expression


def read(subjects: Subjects, text: str) -> Group:
    """The rows that say what an expression says."""
    match, parts = _parts(text)
    members = tuple(_member(subjects, part, match) for part in parts)
    only = members[0] if len(members) == 1 else None
    return only if isinstance(only, Group) else Group(match, members)


def _parts(text: str) -> tuple[str, list[str]]:
    """How a text joins its parts, and these."""
    words = filters.top_words(text)
    match = "any" if any(word == "or" for word, _ in words) else "all"
    cuts = [found for word, found in words if word == JOIN[match].strip()]
    starts, ends = [0, *(m.end() for m in cuts)], [*(m.start() for m in cuts), len(text)]
    parts = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return match, [part for part in parts if part]


def _member(subjects: Subjects, part: str, outer: str) -> Member:
    found = condition(subjects, part)
    if found is not None:
        return found
    inner = _unwrapped(part)
    match, parts = _parts(inner)
    if len(parts) == 1 or match == outer:
        return _single(subjects, part)
    return Group(match, tuple(_single(subjects, one) for one in parts))


def _single(subjects: Subjects, part: str) -> Condition:
    """One row: of the comparison, in brackets or not, else the expression as it is."""
    found = condition(subjects, part) or condition(subjects, _unwrapped(part))
    return found or Condition(BY_HAND, values=(part,))


def _unwrapped(text: str) -> str:
    """A text without the brackets that enclose all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for match in filters.TOKEN.finditer(text):
        token = match.group()
        depth += (token in "([") - (token in ")]") if len(token) == 1 else 0
        if depth == 0 and match.end() < len(text):
            return text
    return text[1:-1].strip()


def condition(subjects: Subjects, text: str) -> Condition | None:
    """The row that says what one comparison says; None where no row can."""
    text = HAS_ONE.sub(r"any(\1, id in [\2])", text)
    for name in TEMPLATES:
        for special in (True, False):
            match = _pattern(name, special)
            found = match.fullmatch(text) if match is not None else None
            read = None if found is None else _read(subjects, name, special, found.groupdict())
            if read is not None:
                return read
    return None


PATTERNS: dict[tuple[str, bool], re.Pattern[str] | None] = {}


def _pattern(operator: str, of_moment: bool) -> re.Pattern[str] | None:
    """What a comparison looks like in an expression; None where moments have no spelling of their own."""
    key = operator, of_moment
    if key not in PATTERNS:
        template = OF_MOMENTS.get(operator) if of_moment else TEMPLATES[operator]
        PATTERNS[key] = None if template is None else _compiled(template, operator)
    return PATTERNS[key]


def _compiled(template: str, operator: str) -> re.Pattern[str]:
    text = re.escape(template).replace(r"\ ", " ")
    value = f"{VALUE}(?:, {VALUE})*" if operator in MANY else VALUE
    for hole, pattern in (("f", r"\w+(?:\.\w+)*"), ("v", value), ("w", VALUE)):
        escaped = re.escape("{" + hole + "}")
        text = text.replace(escaped, f"(?P<{hole}>{pattern})", 1).replace(escaped, f"(?P={hole})")
    return re.compile(text, re.DOTALL)


def _read(subjects: Subjects, operator: str, special: bool, found: Mapping[str, str | None]) -> Condition | None:
    path, given = found["f"] or "", [found.get("v"), found.get("w")]
    bare = path.removesuffix(".id")
    subject = subjects.get(path) or subjects.get(bare) or (subjects.get("status") if path == "state" else None)
    if subject is None or operator not in subject.operators or special != _special(subject, operator):
        return None
    texts = [text for one in given if one for text in VALUES.findall(one)]
    typed = tuple(_typed(subject, text, by_id=path != bare or operator == "has") for text in texts)
    if any(one is None for one in typed):
        return None
    return Condition(subject.path, operator, tuple(one for one in typed if one is not None))


def _typed(subject: Subject, text: str, *, by_id: bool) -> str | None:
    """A literal as a control holds it; None where this subject has no such values."""
    is_text = text.startswith("'")
    match subject.sort:
        case "record" | "person" | "records":
            return text if by_id and whole(text) is not None else unquoted(text) if is_text and not by_id else None
        case "text" | "choice":
            return unquoted(text) if is_text else None
        case "date" | "datetime":
            found = filters.DATE.fullmatch(text)
            return f"{int(found[1]):04d}-{int(found[2]):02d}-{int(found[3]):02d}" if found else None
        case "boolean":
            return text if text in ("true", "false") else None
        case _:
            if subject.field is None or not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
                return None
            shown = subject.field.to_input(Decimal(text))
            return text if Decimal(shown) == Decimal(text) else shown  # a percentage is typed a hundred times as large


def _special(subject: Subject, operator: str) -> bool:
    """Whether a comparison of this subject has the spelling of moments."""
    return subject.sort == "datetime" and operator in OF_MOMENTS


def _template(subject: Subject, operator: str) -> str:
    return OF_MOMENTS[operator] if _special(subject, operator) else TEMPLATES[operator]


# ---- to the expression


def write(subjects: Subjects, group: Group) -> str:
    """The expression that says what the rows say; a row without a value says nothing. Raises `Invalid`."""
    return _joined(subjects, group)


def _joined(subjects: Subjects, group: Group) -> str:
    texts = [text for member in group.members if (text := _text(subjects, member))]
    if len(texts) == 1:
        return texts[0]
    return JOIN[group.match].join(f"({t})" if filters.top_words(t) else t for t in texts)


def _text(subjects: Subjects, member: Member) -> str:
    if isinstance(member, Group):
        return _joined(subjects, member)
    if member.field == BY_HAND:
        return "".join(member.values).strip()
    subject = subjects.get(member.field)
    if subject is None:
        return ""
    operator = member.operator if member.operator in subject.operators else subject.operators[0]
    if operator in WITHOUT_VALUE:
        return TEMPLATES[operator].format(f=subject.path)
    values = [one for one in member.values if one.strip()]
    literals = [_literal(subject, one) for one in values]
    if not literals or (operator == "between" and len(literals) < 2):
        return ""
    by_id = subject.sort in ("record", "person") and all(whole(v.strip()) is not None for v in values)
    name = subject.path + (".id" if by_id else "")
    first = ", ".join(literals) if operator in MANY else literals[0]
    return _template(subject, operator).format(f=name, v=first, w=literals[-1])


def _literal(subject: Subject, raw: str) -> str:
    """A typed value as the expression language writes it."""
    if subject.sort in ("person", "record", "records") and whole(raw.strip()) is not None:
        return raw.strip()
    if subject.sort == "choice" or subject.field is None:
        return _of_day(subject, raw) if subject.sort == "datetime" else quoted(raw)
    if subject.sort == "datetime":
        return _of_day(subject, raw)
    try:
        value: Any = subject.field.parse_input(raw)
    except Unfit as unfit:
        raise Invalid(unfit.message, errors=[FieldError(subject.path, unfit.message)]) from None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return quoted(raw.strip()) if isinstance(value, (Ref, Key)) else literal(value, raw)


def _of_day(subject: Subject, raw: str) -> str:
    """The day of a moment."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?", raw.strip())
    if found is None:
        message = say(zh="{field}：请写成 2026-03-31", en="{field}: write it as 2026-03-31", field=subject.label)
        raise Invalid(message, errors=[FieldError(subject.path, message)])
    return f"date({int(found[1])}, {int(found[2])}, {int(found[3])})"


# ---- in words


Shown: TypeAlias = Callable[[Subject | None, str], str]


def sentence(subjects: Subjects, member: Member, shown: Shown, language: str) -> str:
    """A condition in words, a group with its conditions joined; `shown` gives the text of a value, of None and an
    expression what that says."""
    if isinstance(member, Group):
        joiner = say(zh=" 且 ", en=" and ") if member.match == "all" else say(zh=" 或 ", en=" or ")
        return joiner.to(language).join(sentence(subjects, one, shown, language) for one in member.members)
    subject = subjects.get(member.field)
    if subject is None:
        return "".join(shown(None, text) for text in member.values)
    said = [shown(subject, value) for value in member.values]
    joiner = say(zh=" 与 ", en=" and ") if member.operator == "between" else say(zh="、", en=", ")
    parts = (subject.label, subject.word(member.operator, language), joiner.to(language).join(said))
    return " ".join(part for part in parts if part)


def each(group: Group) -> Iterator[Condition]:
    """Every condition, groups opened."""
    for member in group.members:
        if isinstance(member, Group):
            yield from each(member)
        else:
            yield member


def without(group: Group, number: int) -> Group:
    """The group without one of its members."""
    return replace(group, members=tuple(m for n, m in enumerate(group.members) if n != number))


def chips(subjects: Subjects, group: Group, shown: Shown, language: str) -> Sequence[tuple[str, str]]:
    """What must hold, in words, each with the filter without it; alternatives are one."""
    if group.match == "any" and len(group.members) > 1:
        return [(sentence(subjects, group, shown, language), "")]
    return [
        (sentence(subjects, member, shown, language), write(subjects, without(group, number)))
        for number, member in enumerate(group.members)
    ]
