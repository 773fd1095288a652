"""Functions of texts, with spreadsheet results; positions count from 1. Knows no rows."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import CONTEXT, LIMIT_TEXT, ONE, TOO_LARGE, TOO_LONG, bounded, fit, wrong_value
from engine.expressions.formats import format_value, is_number_pattern
from engine.expressions.functions.base import Function, Param, number, text, value
from engine.expressions.functions.wildcards import TooLongAPattern, fits, place_in
from engine.expressions.scope import Frame
from engine.expressions.types import ANY, BOOLEAN, INTEGER, NUMBER, TEXT
from engine.expressions.values import ErrorValue
from engine.expressions.wording import wording

BAD_LENGTH = wrong_value("长度不能为负", "A length cannot be negative")
NOT_FOUND = wrong_value("未找到文本", "The text is not found")
NOT_A_NUMBER = wrong_value("文本不是数字", "The text is not a number")
NO_FORMAT = wrong_value("不是数字格式", "This is no format for numbers")
TOO_LONG_A_PATTERN = wrong_value("通配模式过长", "The pattern is too long")
SIGNS = "[$¥￥€£₹₩]"
NUMERAL = re.compile(
    rf"^\s*(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>{SIGNS})?\s*(?P<inner>[+-])?\s*"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<decimals>\d*))?(?:[eE](?P<exponent>[+-]?\d{1,4}))?\s*(?P<percent>%)?\s*"
    rf"(?P<after>{SIGNS})?\s*(?P<close>\))?\s*$",
    re.ASCII,
)


def left(whole: str, count: Decimal = ONE) -> Any:
    return BAD_LENGTH if count < 0 else whole[: int(count)]


def right(whole: str, count: Decimal = ONE) -> Any:
    return BAD_LENGTH if count < 0 else whole[max(0, len(whole) - int(count)) :]


def mid(whole: str, start: Decimal, count: Decimal) -> Any:
    if start < 1 or count < 0:
        return BAD_LENGTH
    return whole[int(start) - 1 : int(start) - 1 + int(count)]


def trim(whole: str) -> str:
    """Without spaces at the ends, one space between words."""
    return " ".join(whole.split())


def proper(whole: str) -> str:
    """The first letter of each word large, the others small."""
    return re.sub(r"[^\W\d_]+", lambda match: match.group()[0].upper() + match.group()[1:].lower(), whole)


def find(part: str, whole: str, start: Decimal = ONE) -> Any:
    """The position of a part, large and small letters told apart."""
    place = whole.find(part, int(start) - 1) if start >= 1 else -1
    return Decimal(place + 1) if place >= 0 else NOT_FOUND


def search(part: str, whole: str, start: Decimal = ONE) -> Any:
    """The position of a pattern with `?` and `*`, large and small letters alike."""
    if start < 1 or start > LIMIT_TEXT:
        return NOT_FOUND
    place = place_in(whole, part, int(start) - 1)
    return NOT_FOUND if place < 0 else Decimal(place + 1)


def matches(whole: str, pattern: str) -> bool:
    """Whether the whole text fits a pattern with `?` and `*`; large and small letters alike."""
    return fits(whole, pattern)


def patterned(body: Any) -> Any:
    """A body whose pattern may be longer than any that is read."""

    def run(*args: Any) -> Any:
        try:
            return body(*args)
        except TooLongAPattern:
            return TOO_LONG_A_PATTERN

    return run


def substitute(whole: str, old: str, new: str, which: Decimal | None = None) -> Any:
    """Every (or the n-th) occurrence of a part replaced."""
    if not old:
        return whole
    if which is None:
        return (
            TOO_LONG if len(whole) + whole.count(old) * len(new) > 2 * LIMIT_TEXT else bounded(whole.replace(old, new))
        )
    if which < 1:
        return BAD_LENGTH
    place = -len(old)
    for _ in range(min(int(which), LIMIT_TEXT)):
        place = whole.find(old, place + len(old))
        if place < 0:
            return whole
    return bounded(whole[:place] + new + whole[place + len(old) :])


def replace(whole: str, start: Decimal, count: Decimal, new: str) -> Any:
    """A stretch of the text replaced."""
    if start < 1 or count < 0:
        return BAD_LENGTH
    return bounded(whole[: int(start) - 1] + new + whole[int(start) - 1 + int(count) :])


def rept(whole: str, times: Decimal) -> Any:
    if times < 0:
        return BAD_LENGTH
    return TOO_LONG if len(whole) * times > LIMIT_TEXT else whole * int(times)


def text_(frame: Frame, subject: Any, pattern: str = "") -> Any:
    """A value in a format: `text(total, '#,##0.00')`, `text(date, 'dd/mm/yyyy')`."""
    if subject is None:
        return ""
    pattern = "" if pattern.strip().lower() in ("general", "@") else pattern
    if isinstance(subject, Decimal) and pattern and not is_number_pattern(pattern):
        return NO_FORMAT
    return format_value(subject, ANY, pattern, "en", frame.world)


def value_(whole: str) -> Any:
    """The number that a text spells: thousands grouped, with a currency's sign, in brackets where negative, `%`."""
    match = NUMERAL.match(whole)
    if match is None or not (match["whole"] or match["decimals"]):
        return NOT_A_NUMBER
    twice = (match["sign"] and match["inner"]) or (match["before"] and match["after"])
    if twice or (match["open"] is None) != (match["close"] is None):
        return NOT_A_NUMBER
    bare = f"{(match['whole'] or '0').replace(',', '')}.{match['decimals'] or ''}e{match['exponent'] or '0'}"
    try:
        found = CONTEXT.scaleb(Decimal(bare), -2 if match["percent"] else 0)
    except ArithmeticError:
        return TOO_LARGE
    negative = match["open"] or "-" in (match["sign"] or "") + (match["inner"] or "")
    return fit(found.copy_negate() if negative and found else found)


def concat(frame: Frame, *parts: Any) -> Any:
    pieces: list[str] = []
    for part in parts:
        for item in part if isinstance(part, tuple) else (part,):
            word = wording(item, frame.world)
            if isinstance(word, ErrorValue):
                return word
            pieces.append(word)
    return bounded("".join(pieces))


def textjoin(frame: Frame, separator: str, skip_blank: Any, *parts: Any) -> Any:
    """Texts and lists joined by a separator, blank ones left out if so wished."""
    pieces: list[str] = []
    for part in parts:
        for item in part if isinstance(part, tuple) else (part,):
            word = wording(item, frame.world)
            if isinstance(word, ErrorValue):
                return word
            pieces.append(word)
    return bounded(separator.join(piece for piece in pieces if piece or skip_blank is not True))


def contains(whole: str, part: str) -> bool:
    return part in whole


def starts(whole: str, part: str) -> bool:
    return whole.startswith(part)


def ends(whole: str, part: str) -> bool:
    return whole.endswith(part)


def exact(one: str, other: str) -> bool:
    return one == other


def length(whole: str) -> Decimal:
    return Decimal(len(whole))


def plain(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, **options)


COUNT = number("count", optional=True)
PART = text("part")

TEXTS: tuple[Function, ...] = (
    plain("len", length, INTEGER, text(), sql=True, browser=True),
    plain("left", left, TEXT, text(), COUNT, sql=True, browser=True),
    plain("right", right, TEXT, text(), COUNT, sql=True, browser=True),
    plain("mid", mid, TEXT, text(), number("start"), number("count"), sql=True, browser=True),
    plain("upper", str.upper, TEXT, text(), browser=True),
    plain("lower", str.lower, TEXT, text(), browser=True),
    plain("proper", proper, TEXT, text()),
    plain("trim", trim, TEXT, text()),
    plain("find", find, INTEGER, PART, text(), number("start", optional=True)),
    plain("search", patterned(search), INTEGER, PART, text(), number("start", optional=True)),
    plain("substitute", substitute, TEXT, text(), text("old"), text("new"), number("which", optional=True)),
    plain("replace", replace, TEXT, text(), number("start"), number("count"), text("new")),
    plain("rept", rept, TEXT, text(), number("times")),
    plain("text", text_, TEXT, value(), text("format", optional=True), frame=True),
    plain("value", value_, NUMBER, text()),
    plain("concat", concat, TEXT, value(), value(optional=True, many=True), frame=True),
    plain(
        "textjoin",
        textjoin,
        TEXT,
        text("separator"),
        Param("skip_blank", "boolean"),
        value(),
        value(optional=True, many=True),
        frame=True,
    ),
    plain("exact", exact, BOOLEAN, text(), text("other"), sql=True, browser=True),
    plain("contains", contains, BOOLEAN, text(), PART, sql=True, browser=True),
    plain("starts", starts, BOOLEAN, text(), PART, sql=True, browser=True),
    plain("ends", ends, BOOLEAN, text(), PART, sql=True, browser=True),
    plain("matches", patterned(matches), BOOLEAN, text(), text("pattern")),
)
