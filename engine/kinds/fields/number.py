"""What the number kinds share: strict reading, exact columns, plain notation. Not a kind itself; knows no unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.locales import show_number
from engine.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column

MOST_DIGITS = 38
STORED_DIGITS = 18                             # what a 64-bit integer, SQLite's exact storage, holds in any case
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
NUMERAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
RANGE_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "between", "is blank", "is not blank")


def read_number(raw: object) -> Decimal | None:
    """An exact number out of JSON, a form's text or a Python value; blank text is None. Raises `Unfit`."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise Unfit(say("需要一个数字", "a number is needed here"))
    if isinstance(raw, str):
        text = raw.strip()
        if not text:
            return None
        _refuse_odd(text)
    elif isinstance(raw, int) and abs(raw) >= 10**MOST_DIGITS:
        raise Unfit(_too_long())
    else:
        text = repr(raw) if isinstance(raw, float) else str(raw)
    return _bounded(Decimal(text))


def _refuse_odd(text: str) -> None:
    if len(text) > MOST_DIGITS + 10:
        raise Unfit(_too_long())
    if GROUPED.fullmatch(text):
        raise Unfit(say("“{text}” 请去掉千位分隔符，写作 1234.5",
                        "“{text}”: leave out the thousands separators, as in 1234.5", text=text))
    if not NUMERAL.fullmatch(text):
        raise Unfit(say("“{text}” 不是数字，请写作 1234.5",
                        "“{text}” is not a number; write it as in 1234.5", text=text))


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Unfit(say("需要一个有限的数字", "a finite number is needed here"))
    _, digits, exponent = value.as_tuple()
    if len(digits) > MOST_DIGITS or abs(int(exponent)) > MOST_DIGITS or value.adjusted() >= MOST_DIGITS:
        raise Unfit(_too_long())
    return value if value else Decimal(0)


def _too_long() -> Any:
    return say("数字最多 {most} 位", "a number may have {most} digits at most", most=MOST_DIGITS)


def plain_notation(value: Decimal, least: int = 0) -> str:
    """Digits and a point, no exponent, no idle zeros beyond `least` decimals: `1234.50`."""
    whole, _, decimals = format(value, "f").partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def decimals_of(value: Decimal) -> int:
    """How many decimals the value really has (idle zeros do not count)."""
    return len(plain_notation(value).partition(".")[2])


@lru_cache(maxsize=64)
def _bound(scale: int) -> Decimal:
    """What a stored number with so many decimals stays below."""
    return Decimal(10) ** (STORED_DIGITS - scale)


@lru_cache(maxsize=512)
def _typed(unit: str, scale: int) -> Type:
    return Type("number", unit=unit, scale=scale)


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A field that holds one exact number. Kinds say `scale` (decimals kept) and `shown` (least decimals shown)."""

    widget: ClassVar[str] = "number"
    operators: ClassVar[tuple[str, ...]] = RANGE_OPERATORS
    unit_name: ClassVar[str] = ""

    @property
    def scale(self) -> int:
        """Decimals that a stored value keeps."""
        return 6

    @property
    def smallest(self) -> int:
        """The decimals of the smallest part in which an amount is spread in proportion: cents of money."""
        return self.scale

    @property
    def shown(self) -> int:
        """Decimals that are shown at least."""
        return 0

    @cached_property
    def type(self) -> Type:
        return _typed(self.typed_unit, self.scale)

    @property
    def typed_unit(self) -> str:
        """What it is an amount of, as expressions have it: `money:EUR`, `quantity`, blank."""
        return self.unit_name

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column

        from engine.expressions.numbers import Exact

        return (Column(self.name, Exact(self.scale)),)

    def from_row(self, row: Mapping[str, Any]) -> Decimal | None:
        value = row[self.name]
        return None if value is None else Decimal(value)

    def parse(self, raw: object) -> Decimal | None:
        """Strict: ASCII digits, a point, no separators; floats by their shortest notation; 38 digits at most."""
        value = read_number(raw)
        if value is not None:
            self._refuse_large(value)
        return value

    def parse_input(self, text: str) -> Decimal | None:
        """Like `parse`, but a person may group the thousands: `1,234.50`."""
        bare = text.strip()
        return self.parse(bare.replace(",", "") if GROUPED.fullmatch(bare) else bare)

    def check_exact(self, value: Any) -> None:
        plain = value is None or isinstance(value, int) or -int(value.as_tuple().exponent) <= self.scale
        if not plain and decimals_of(value) > self.scale:
            raise Unfit(self._too_fine())

    def check_value(self, value: Any) -> None:
        if value is not None:
            self.check_exact(value)
            self._refuse_large(value)

    def _refuse_large(self, value: Decimal) -> None:
        if abs(value) >= _bound(self.scale):
            raise Unfit(say("数字过大：整数部分最多 {most} 位",
                            "the number is too large: {most} digits before the point at most",
                            most=STORED_DIGITS - self.scale))

    def _too_fine(self) -> Any:
        return say("最多 {most} 位小数", "{most} decimals at most", most=self.scale)

    def fit(self, value: Any) -> Decimal | None:
        number = read_number(value)
        if number is None:
            return None
        rounded = number.quantize(Decimal(1).scaleb(-self.scale), context=WIDE)
        self.check_value(rounded)
        return rounded if rounded else Decimal(0)

    def format(self, value: Any, language: str) -> str:
        return "" if value is None else show_number(value, language, self.shown, max(self.scale, self.shown))

    def to_json(self, value: Any) -> str | None:
        """Exact decimal notation as a string: `"1234.50"`."""
        return None if value is None else plain_notation(value, self.shown)
