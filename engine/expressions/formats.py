"""How values are shown inside templates: number and date patterns, titles of links. Knows no page and no escaping."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import WIDE, plain_number, rounded, row_text, text_of
from engine.expressions.comparing import is_record
from engine.expressions.moments import local
from engine.expressions.scope import World
from engine.expressions.types import Type
from engine.expressions.values import Ref, Rows

NUMBER_PATTERN = re.compile(
    r"^(?P<before>[^0#,.]*)(?P<group>#,##)?(?P<whole>0{1,20})(?:\.(?P<fixed>0{0,20})(?P<free>#{0,20}))?(?P<after>[^0#,.]*)$"
)
DATE_PATTERN = re.compile(r"yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s")
LETTERS = re.compile(r"[A-Za-z]")


def format_problem(pattern: str, kind: Type) -> str | None:
    """What is wrong with a pattern for values of a type, as a hint; None if it fits."""
    if kind.name in ("number", "any"):
        if NUMBER_PATTERN.match(pattern) or (kind.name == "any" and DATE_PATTERN.search(pattern)):
            return None
        return "for numbers `0`, `0.00`, `#,##0.00`, `0.0%`"
    if kind.name in ("date", "datetime", "time"):
        unknown = LETTERS.search(DATE_PATTERN.sub("", pattern))
        if unknown is None and DATE_PATTERN.search(pattern):
            return None
        return "for dates `yyyy-MM-dd`, `yyyy年M月d日`, `HH:mm`"
    return "only numbers and dates have formats"


def format_value(value: Any, kind: Type, pattern: str, language: str, world: World) -> str:
    """A value as people read it; `pattern` may be empty."""
    if isinstance(value, Decimal):
        return (
            format_number(value, pattern)
            if pattern
            else percent_text(value)
            if kind.unit == "percent"
            else plain_number(value)
        )
    if isinstance(value, bool):
        return {True: "是", False: "否"}[value] if language.startswith("zh") else {True: "yes", False: "no"}[value]
    if isinstance(value, (dt.date, dt.time)):
        shown = local(value, world)
        return format_date(shown, pattern) if pattern else text_of(shown)
    if isinstance(value, (tuple, Rows)):
        items = value.items if isinstance(value, Rows) else value
        of = kind.of or Type("any")
        separator = "、" if language.startswith("zh") else ", "
        return separator.join(format_value(item, of, pattern, language, world) for item in items if item is not None)
    return title_of(value, world) if is_record(value) else text_of(value)


def title_of(record: Any, world: World) -> str:
    """A link or record by its title."""
    if isinstance(record, Ref):
        if record.title:
            return record.title
        row = world.record(record)
        return row_text(row) if row is not None else ""
    return row_text(record)


def percent_text(value: Decimal) -> str:
    """`12.5%`."""
    return plain_number(WIDE.scaleb(value, 2)) + "%"


def format_number(value: Decimal, pattern: str) -> str:
    """A number in a pattern: `0.00` fixed, `#` optional decimals, `#,##0` grouped, `%` times a hundred."""
    match = NUMBER_PATTERN.match(pattern)
    if match is None:
        return plain_number(value)
    value = WIDE.scaleb(value, 2) if "%" in (match["before"] + match["after"]) else value
    fixed, free = len(match["fixed"] or ""), len(match["free"] or "")
    shown = rounded(value, fixed + free, None)
    whole, _, decimals = format(shown.copy_abs(), "f").partition(".")
    decimals = decimals.ljust(fixed, "0")
    decimals = decimals[:fixed] + decimals[fixed:].rstrip("0")
    whole = whole.zfill(len(match["whole"]))
    whole = f"{int(whole):,}" if match["group"] else whole
    sign = "-" if shown < 0 else ""
    return f"{sign}{match['before']}{whole}{'.' + decimals if decimals else ''}{match['after']}"


def format_date(value: Any, pattern: str) -> str:
    """A date, moment or time in a pattern of `yyyy MM dd HH mm ss`."""

    def part(match: re.Match[str]) -> str:
        token = match.group()
        attribute = {"y": "year", "M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}[token[0]]
        number = getattr(value, attribute, 0)
        return f"{number % 100:02}" if token == "yy" else str(number).zfill(len(token))

    return DATE_PATTERN.sub(part, pattern)
