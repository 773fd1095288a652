"""`duration`: a length of time. Knows no calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import DURATION, Type
from engine.expressions.values import Duration
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.number import RANGE_OPERATORS, plain_notation
from engine.kinds.fields.text import read_text
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

SCALE = 3                                      # milliseconds are kept
LARGEST = Decimal(10) ** 12
UNITS: tuple[tuple[int, str, tuple[str, ...], str, str], ...] = (  # seconds, short, words, zh, en
    (604800, "w", ("week", "weeks", "周", "星期"), "周", "week"),
    (86400, "d", ("day", "days", "天", "日"), "天", "day"),
    (3600, "h", ("hour", "hours", "hr", "hrs", "小时", "时"), "小时", "hour"),
    (60, "m", ("min", "mins", "minute", "minutes", "分钟", "分"), "分钟", "minute"),
    (1, "s", ("sec", "secs", "second", "seconds", "秒"), "秒", "second"),
)
SECONDS = {word: Decimal(seconds) for seconds, short, words, _, _ in UNITS for word in (short, *words)}
PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) *([^\W\d_]+)[ ,]*")
CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?")
ISO = re.compile(r"P(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?", re.IGNORECASE)
SHOWN = UNITS[1:]                              # weeks are read, days are shown


@dataclass(frozen=True, kw_only=True)
class Length(Field):
    """Days, hours, minutes and seconds, exact: months and working time have no fixed length and are refused."""

    kind: ClassVar[str] = "duration"
    widget: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = RANGE_OPERATORS
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return DURATION

    def columns(self) -> tuple[Column[Any], ...]:
        """The seconds."""
        from sqlalchemy import Column

        from engine.expressions.numbers import Exact

        return (Column(self.name, Exact(SCALE)),)

    def from_row(self, row: Mapping[str, Any]) -> Duration | None:
        seconds = row[self.name]
        return None if seconds is None else Duration(seconds=Decimal(seconds))

    def to_row(self, value: Any) -> dict[str, Any]:
        return {self.name: None if value is None else value.seconds}

    def parse(self, raw: object) -> Duration | None:
        """`2 days 3 hours`, `1d 2h 30m`, `2天3小时`, `1:30` (hours, minutes), `PT1H30M`; a bare number is refused."""
        if raw is None or isinstance(raw, Duration):
            return raw
        text = read_text(raw) if isinstance(raw, str) else "?"
        if text is None:
            return None
        negative, bare = text.startswith("-"), text.removeprefix("-").strip()
        seconds = _seconds(bare.replace("，", ","))
        if seconds is None:
            raise Unfit(say("时长请写作 1天 2小时 30分钟 或 1:30",
                            "write the time as 1 day 2 hours 30 minutes, or as 1:30"))
        value = Duration(seconds=-seconds if negative and seconds else seconds)
        self.check_value(value)
        return value

    def check_value(self, value: Any) -> None:
        if value is None:
            return
        if not value.exact:
            raise Unfit(inexact())
        if abs(value.seconds) >= LARGEST:
            raise Unfit(say("时长过长", "this is too long a time"))

    def format(self, value: Any, language: str) -> str:
        """`1天2小时30分钟`, `1 day 2 hours 30 minutes`."""
        if value is None:
            return ""
        zh = language.startswith("zh")
        words = [
            f"{amount}{zh_word}" if zh else f"{amount} {en_word}{'' if amount == '1' else 's'}"
            for amount, (_, _, _, zh_word, en_word) in _parts(value)
        ]
        shown = ("" if zh else " ").join(words) or ("0分钟" if zh else "0 minutes")
        return f"-{shown}" if value.seconds < 0 else shown

    def to_json(self, value: Any) -> str | None:
        """ISO 8601: `P1DT2H30M`."""
        if value is None:
            return None
        days = "".join(f"{amount}D" for amount, unit in _parts(value) if unit[1] == "d")
        rest = "".join(amount + unit[1].upper() for amount, unit in _parts(value) if unit[1] != "d")
        sign = "-" if value.seconds < 0 else ""
        return f"{sign}P{days}{'T' + rest if rest else ''}" if days or rest else "PT0S"

    def to_input(self, value: Any) -> str:
        """`1d 2h 30m`."""
        if value is None:
            return ""
        shown = " ".join(amount + unit[1] for amount, unit in _parts(value)) or "0m"
        return f"-{shown}" if value.seconds < 0 else shown


def inexact() -> Text:
    """Why months and working time cannot be kept."""
    return say("这里只能保存天、小时、分、秒：月和工作时间没有固定长度",
               "only days, hours, minutes and seconds are kept here: months and working time have no fixed length")


def _parts(value: Duration) -> list[tuple[str, tuple[int, str, tuple[str, ...], str, str]]]:
    found, rest = [], abs(value.seconds)
    for unit in SHOWN:
        amount, rest = (rest, Decimal(0)) if unit[0] == 1 else divmod(rest, unit[0])
        if amount:
            found.append((plain_notation(amount), unit))
    return found


def _seconds(text: str) -> Decimal | None:
    clock, iso = CLOCK.fullmatch(text), ISO.fullmatch(text)
    if clock is not None:
        return Decimal(clock[1]) * 3600 + Decimal(clock[2]) * 60 + Decimal(clock[3] or 0)
    if iso is not None and any(iso.groups()):
        return _sum(zip(iso.groups(), (unit[0] for unit in UNITS), strict=True))
    parts = list(PART.finditer(text))
    if not parts or sum(len(part[0]) for part in parts) != len(text) or any(p[2].lower() not in SECONDS for p in parts):
        return None
    return _sum((part[1], SECONDS[part[2].lower()]) for part in parts)


def _sum(parts: Any) -> Decimal | None:
    try:
        return sum((Decimal(amount) * seconds for amount, seconds in parts if amount), Decimal(0))
    except ArithmeticError:
        return None
