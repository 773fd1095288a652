"""How values are shown inside templates: number and date patterns, titles of links. Knows no page and no escaping."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import WIDE, plain_number, rounded, text_of
from engine.expressions.comparing import is_record
from engine.expressions.moments import local
from engine.expressions.scope import World
from engine.expressions.types import Type
from engine.expressions.values import Rows
from engine.expressions.wording import title_of
from engine.locales import show_moment
from engine.texts import listed

NUMBER_PATTERN = re.compile(
    r"^(?P<before>[^0#?,.;]*)(?P<whole>#{0,20}(?:,#{1,20})?(?:,?0{1,20})?)(?P<thousands>,{0,4})"
    r"(?:\.(?P<fixed>0{0,20})(?P<free>#{0,20}))?(?P<more>,{0,4})(?:(?P<power>[Ee][+-])(?P<digits>0{1,3}))?"
    r"(?P<after>[^0#?,.;]*)$"
)
DATE_PATTERN = re.compile(r"am/pm|y+|m+|d+|h+|s+", re.IGNORECASE)
LETTERS = re.compile(r"[A-Za-z]")
LONGEST_TOKEN = 4
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_problem(pattern: str, kind: Type) -> str | None:
    """What is wrong with a pattern for values of a type, as a hint; None if it fits."""
    if kind.name in ("number", "any"):
        if is_number_pattern(pattern) or (kind.name == "any" and DATE_PATTERN.search(pattern)):
            return None
        return "for numbers `0`, `0.00`, `#,##0.00`, `0.0%`"
    if kind.name in ("date", "datetime", "time"):
        tokens = DATE_PATTERN.findall(pattern)
        unknown = LETTERS.search(DATE_PATTERN.sub("", pattern))
        if unknown is None and tokens and all(len(token) <= LONGEST_TOKEN or "/" in token for token in tokens):
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
        return format_date(shown, pattern) if pattern else show_moment(shown, language)
    if isinstance(value, (tuple, Rows)):
        items = value.items if isinstance(value, Rows) else value
        of = kind.of or Type("any")
        shown = (format_value(item, of, pattern, language, world) for item in items if item is not None)
        return listed(shown, language)
    return title_of(value, world) if is_record(value) else text_of(value)


def percent_text(value: Decimal) -> str:
    """`12.5%`."""
    return plain_number(WIDE.scaleb(value, 2)) + "%"


def is_number_pattern(pattern: str) -> bool:
    """Whether a pattern is one for numbers: one section, or several (positive; negative; zero)."""
    sections = pattern.split(";")
    matches = [NUMBER_PATTERN.match(section) for section in sections]
    return len(sections) <= 3 and None not in matches and _has_digits(matches[0])


def _has_digits(match: re.Match[str] | None) -> bool:
    return match is not None and bool(match["whole"].strip(",") or match["fixed"] or match["free"])


def format_number(value: Decimal, pattern: str) -> str:
    """A number in a pattern: `0.00` fixed, `#` optional digits, `#,##0` grouped, `%` times a hundred, a comma at the
    end (`0,`) by a thousand, `0.00E+00` with a power of ten, literal words as they are or between `"`.

    Sections for positive, negative and zero numbers stand apart by `;`."""
    sections = pattern.split(";")
    if len(sections) > 2 and not value:
        return _in_section(value, sections[2])
    if len(sections) > 1 and value < 0:
        return _in_section(value.copy_abs(), sections[1])
    return _in_section(value, sections[0])


def _in_section(value: Decimal, pattern: str) -> str:
    match = NUMBER_PATTERN.match(pattern)
    if match is None:
        return plain_number(value)
    if not _has_digits(match):
        return pattern
    before, after = match["before"].replace('"', ""), match["after"].replace('"', "")
    scale = 2 * ("%" in before + after) - 3 * len(match["thousands"] + match["more"])
    value = WIDE.scaleb(value, scale)
    fixed, free = len(match["fixed"] or ""), len(match["free"] or "")
    if match["power"]:
        tens = rounded(value, fixed + free - value.adjusted(), None).adjusted() if value else 0
        value = WIDE.scaleb(value, -tens)
        after = f"{_power(tens, match['power'], len(match['digits']))}{after}"
    shown = rounded(value, fixed + free, None)
    whole, _, decimals = format(shown.copy_abs(), "f").partition(".")
    decimals = decimals.ljust(fixed, "0")
    decimals = decimals[:fixed] + decimals[fixed:].rstrip("0")
    least = match["whole"].count("0")
    whole = whole.lstrip("0").zfill(least) if least else whole.lstrip("0")
    whole = _grouped(whole) if "," in match["whole"] else whole
    sign = "-" if shown < 0 else ""
    return f"{sign}{before}{whole}{'.' + decimals if decimals else ''}{after}"


def _power(tens: int, mark: str, width: int) -> str:
    """`E+07`, `E-03`; after `E-` a sign stands only where it is negative."""
    sign = "-" if tens < 0 else "+" if mark[1] == "+" else ""
    return f"{mark[0]}{sign}{str(abs(tens)).zfill(width)}"


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[:head]] if head else []
    return ",".join(groups + [digits[place : place + 3] for place in range(head, len(digits), 3)])


def format_date(value: Any, pattern: str) -> str:
    """A date, moment or time in a pattern of `yyyy mmm mm dd ddd hh mm ss am/pm`, as spreadsheets read it: `m` beside
    hours or seconds is the minute, else the month; large and small letters are alike."""
    tokens = list(DATE_PATTERN.finditer(pattern))
    kinds = [_kind(tokens, place) for place in range(len(tokens))]
    noon = any(kind == "a" for kind in kinds)
    pieces, end = [], 0
    for token, kind in zip(tokens, kinds, strict=True):
        pieces += [pattern[end : token.start()], _part(value, kind, len(token.group()), noon)]
        end = token.end()
    return "".join([*pieces, pattern[end:]])


def _kind(tokens: list[re.Match[str]], place: int) -> str:
    """What a token means: `y`, `M` (month), `d`, `h`, `m` (minute), `s`, `a` (am or pm)."""
    letter = tokens[place].group()[0].lower()
    if letter != "m":
        return letter
    before = tokens[place - 1].group()[0].lower() if place else ""
    after = tokens[place + 1].group()[0].lower() if place + 1 < len(tokens) else ""
    return "m" if before == "h" or after == "s" else "M"


def _part(value: Any, kind: str, width: int, noon: bool) -> str:
    if kind == "a":
        return "PM" if getattr(value, "hour", 0) >= 12 else "AM"
    if kind in "Md" and width > 2 and isinstance(value, dt.date):
        word = MONTHS[value.month - 1] if kind == "M" else WEEKDAYS[value.weekday()]
        return word if width > 3 else word[:3]
    names = {"y": "year", "M": "month", "d": "day", "h": "hour", "m": "minute", "s": "second"}
    number = int(getattr(value, names[kind], 0))
    if kind == "y":
        return f"{number:04}" if width > 2 else f"{number % 100:02}"
    if kind == "h" and noon:
        number = number % 12 or 12
    return str(number).zfill(min(width, 2))
