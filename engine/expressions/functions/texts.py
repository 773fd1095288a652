"""Functions of texts, with spreadsheet results; positions count from 1. Knows no rows."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.expressions.arithmetic import CONTEXT, LIMIT_TEXT, ONE, TOO_LONG, bounded, text_of, wrong_value
from engine.expressions.formats import format_value
from engine.expressions.functions.base import Function, Param, number, text, value
from engine.expressions.moments import local
from engine.expressions.scope import Frame
from engine.expressions.types import ANY, BOOLEAN, INTEGER, NUMBER, TEXT
from engine.expressions.values import ErrorValue

BAD_LENGTH = wrong_value("长度不能为负", "A length cannot be negative")
NOT_FOUND = wrong_value("未找到文本", "The text is not found")
NOT_A_NUMBER = wrong_value("文本不是数字", "The text is not a number")
NUMERAL = re.compile(r"^\s*[+-]?\s*(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?\s*%?\s*$", re.ASCII)


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
    """The position of a part, large and small letters alike; `?` and `*` stand for any letters."""
    if start < 1:
        return NOT_FOUND
    segments = [segment.casefold() for segment in part.split("*")]
    text_ = whole.casefold()
    first, end = -1, int(start) - 1
    for segment in segments:
        place = _locate(segment, text_, end)
        if place < 0:
            return NOT_FOUND
        first, end = place if first < 0 else first, place + len(segment)
    return Decimal(first + 1)


def _locate(segment: str, whole: str, start: int) -> int:
    """Where a segment with `?` in it first stands, -1 if nowhere."""
    if "?" not in segment:
        return whole.find(segment, start)
    for place in range(start, len(whole) - len(segment) + 1):
        if all(one in ("?", other) for one, other in zip(segment, whole[place:], strict=False)):
            return place
    return -1


def matches(whole: str, pattern: str) -> bool:
    """Whether the whole text fits a pattern with `?` and `*`; large and small letters alike. Linear in both."""
    return _fits(whole.casefold(), pattern.casefold())


def _fits(whole: str, pattern: str) -> bool:
    place = at = 0
    star, resume = -1, 0
    while place < len(whole):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", whole[place]):
            place, at = place + 1, at + 1
        elif star >= 0:
            at, resume = star + 1, resume + 1
            place = resume
        else:
            return False
    return all(character == "*" for character in pattern[at:])


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


def text_(frame: Frame, subject: Any, pattern: str = "") -> str:
    """A value in a format: `text(total, '#,##0.00')`, `text(date, 'yyyy-MM-dd')`."""
    return "" if subject is None else format_value(subject, ANY, pattern, "en", frame.world)


def value_(whole: str) -> Any:
    """The number that a text spells; grouped thousands and `%` are read."""
    if not NUMERAL.match(whole) or not any(character.isdigit() for character in whole):
        return NOT_A_NUMBER
    bare = re.sub(r"[\s,%]", "", whole)
    try:
        found = Decimal(bare)
    except InvalidOperation:
        return NOT_A_NUMBER
    return CONTEXT.scaleb(found, -2) if "%" in whole else found


def concat(frame: Frame, *parts: Any) -> Any:
    pieces: list[str] = []
    for part in parts:
        for item in part if isinstance(part, tuple) else (part,):
            if type(item) is ErrorValue:
                return item
            pieces.append(text_of(local(item, frame.world)))
    return bounded("".join(pieces))


def textjoin(frame: Frame, separator: str, skip_blank: Any, *parts: Any) -> Any:
    """Texts and lists joined by a separator, blank ones left out if so wished."""
    pieces = [
        text_of(local(item, frame.world)) for part in parts for item in (part if isinstance(part, tuple) else (part,))
    ]
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
    plain("search", search, INTEGER, PART, text(), number("start", optional=True)),
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
    plain("matches", matches, BOOLEAN, text(), text("pattern")),
)
