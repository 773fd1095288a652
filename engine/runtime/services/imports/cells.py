"""From a cell to what a field can read: numbers, dates and truth values as files write them. Looks nothing up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from engine.kinds.fields.base import Field, Unfit
from engine.runtime.services.imports.plans import Notation
from engine.runtime.services.imports.rows import Cell
from engine.texts import say

WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "y", "t", "1", "-1", "on", "x", "是", "有", "对", "√", "✓", "真"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0", "off", "否", "无", "错", "×", "✗", "假"), False),
}
MARKS: Mapping[str, tuple[str, str]] = {"1,234.5": (",", "."), "1.234,5": (".", ","), "1 234,5": (" \u00a0\u202f", ",")}
SIGNS = "$¥￥€£₹₩"
CURRENCY = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:[A-Z]{{3}}|[A-Z]{{0,2}}[{SIGNS}])?\s*(?P<number>[^A-Z{SIGNS}]+?)\s*(?:[A-Z]{{3}}|[{SIGNS}元])?"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PARTS: Mapping[str, str] = {
    "YYYY": r"(?P<year>[0-9]{4})", "YY": r"(?P<short>[0-9]{2})", "MMM": r"(?P<word>[A-Za-z]{3})[a-z]*",
    **dict.fromkeys(("MM", "M"), r"(?P<month>[0-9]{1,2})"), **dict.fromkeys(("DD", "D"), r"(?P<day>[0-9]{1,2})"),
    **dict.fromkeys(("HH", "H"), r"(?P<hour>[0-9]{1,2})"), "mm": r"(?P<minute>[0-9]{2})", "ss": r"(?P<second>[0-9]{2})",
}
TOKEN = re.compile("|".join(PARTS))
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MIDNIGHT = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?Z?$")
FRACTION = re.compile(r"(?<=:[0-9]{2})\.0+(?=$|Z|[+-])")


def raw_of(cell: Cell, target: Field, notation: Notation, reads: str = "") -> object:
    """The cell as `target.parse` reads it; blank and the notation's words for blank are None. Raises `Unfit`.

    `reads`: the name of the target's type, where it is known already."""
    if isinstance(cell, str):
        cell = cell.strip()
        if not cell or cell in notation.blanks:
            return None
    reader = READERS.get(reads or target.type.name)
    if cell is None or reader is None or isinstance(cell, (list, dict)):
        return _plain(cell)
    return reader(cell, notation)


def _plain(cell: Cell) -> object:
    """For texts, choices and links: a number as its digits, a day in ISO notation."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else cell


def _number(cell: Cell, notation: Notation) -> object:
    """Without currency and thousands; `(5)` is -5."""
    if not isinstance(cell, str):
        return cell
    text = cell
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    percent = text[-1:] if text[-1:] in "%％" else ""
    match = CURRENCY.fullmatch(text.removesuffix(percent).strip())
    if match is None:
        return cell
    digits = _ungrouped(match["sign"] + match["number"], notation)
    return cell if digits is None else digits + percent


def _ungrouped(text: str, notation: Notation) -> str | None:
    """Digits with a point; None where the groups are not groups of three (`1,5` may be a slip)."""
    pattern, groups, point = _grouping(notation.numbers)
    if not pattern.fullmatch(text):
        return None
    return groups.sub("", text).replace(point, ".")


@lru_cache(maxsize=len(MARKS))
def _grouping(numbers: str) -> tuple[re.Pattern[str], re.Pattern[str], str]:
    """What a number looks like in a notation, what stands between its groups, its decimal sign."""
    group, point = MARKS[numbers]
    pattern = rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:[{group}][0-9]{{3}})+)?(?:{re.escape(point)}[0-9]*)?(?:[eE][+-]?[0-9]+)?"
    return re.compile(pattern), re.compile(f"[{group}]"), point


def _truth(cell: Cell, notation: Notation) -> object:
    return WORDS.get(cell.lower(), cell) if isinstance(cell, str) else cell


def _day(cell: Cell, notation: Notation) -> object:
    """By the notation's formats, else ISO; a time of midnight falls away."""
    if isinstance(cell, dt.datetime):
        return cell.date() if cell.time() == dt.time() else cell
    if not isinstance(cell, str):
        return cell
    found = _by_format(cell, notation)
    if found is not None:
        return found.date()
    bare = MIDNIGHT.sub("", cell)
    if notation.dates and not ISO_DAY.fullmatch(bare):
        raise Unfit(say("“{text}” 不是 {formats} 格式的日期", "“{text}” is no date of the form {formats}", text=cell,
                        formats=" / ".join(notation.dates)))
    return bare


def _moment(cell: Cell, notation: Notation) -> object:
    """By the notation's formats, else ISO; a day is its midnight."""
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return dt.datetime(cell.year, cell.month, cell.day)
    if not isinstance(cell, str):
        return cell
    found = _by_format(cell, notation)
    if found is not None:
        return found
    return cell + "T00:00" if ISO_DAY.fullmatch(cell) else FRACTION.sub("", cell)


def read_day(text: str, notation: Notation) -> dt.datetime | None:
    """The moment that a text is in one of the notation's forms; None if it is none."""
    try:
        return _by_format(text, notation)
    except Unfit:
        return None


def _by_format(text: str, notation: Notation) -> dt.datetime | None:
    for form in notation.dates:
        match = _compiled(form).fullmatch(text) or _compiled(form).fullmatch(MIDNIGHT.sub("", text))
        if match is not None:
            return _moment_of(match.groupdict(), text)
    return None


@lru_cache(maxsize=64)
def _compiled(form: str) -> re.Pattern[str]:
    """`M/D/YYYY` as a regular expression with named parts."""
    pieces, end = [], 0
    for match in TOKEN.finditer(form):
        pieces += [re.escape(form[end:match.start()]), PARTS[match[0]]]
        end = match.end()
    return re.compile("".join(pieces) + re.escape(form[end:]))


def _moment_of(parts: Mapping[str, str | None], text: str) -> dt.datetime:
    word = (parts.get("word") or "").lower()
    month = MONTHS.index(word) + 1 if word in MONTHS else int(parts.get("month") or 0)
    short = int(parts.get("short") or 0)
    year = int(parts.get("year") or 0) or (2000 + short if short < 70 else 1900 + short)
    try:
        return dt.datetime(year, month, int(parts.get("day") or 1), int(parts.get("hour") or 0),
                           int(parts.get("minute") or 0), int(parts.get("second") or 0))
    except ValueError:
        raise Unfit(say("没有 {text} 这一天", "there is no day {text}", text=text)) from None


READERS: Mapping[str, Callable[[Cell, Notation], object]] = {
    "number": _number, "boolean": _truth, "date": _day, "datetime": _moment,
}
