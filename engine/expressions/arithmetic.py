"""Exact decimals, blanks and errors: what Python and SQLite's registered functions share. Knows no nodes."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any

from engine.expressions.values import Duration, ErrorValue, Range, Ref, Rows
from engine.texts import Text, say

TRAPS = [InvalidOperation, DivisionByZero, Overflow]
CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP, Emin=-6143, Emax=6144, traps=TRAPS)
# Sums, differences and products are exact: what 34 digits cannot hold raises instead of being rounded in silence.
EXACT = Context(prec=34, rounding=ROUND_HALF_UP, Emin=-6143, Emax=6144, traps=[*TRAPS, Inexact])
BEYOND = (Overflow, InvalidOperation, Inexact)
ROUNDING = Context(prec=200, Emin=-6143, Emax=6144, traps=TRAPS)
WIDE = Context(prec=80, rounding=ROUND_HALF_UP, Emin=-6143, Emax=6144, traps=TRAPS)
ZERO, ONE = Decimal(0), Decimal(1)
MOST_PLACES = 60
MOST_DIGITS = 100
STEPS = {places: ONE.scaleb(-places) for places in range(-MOST_PLACES, MOST_PLACES + 1)}
LIMIT_TEXT = 65536
LIMIT_EXPONENT = 100_000

DIVISION_BY_ZERO = ErrorValue("#DIV/0!", say(zh="除数为零", en="Division by zero"))
TOO_LARGE = ErrorValue("#NUM!", say(zh="数字过大", en="The number is too large"))
TOO_LONG = ErrorValue("#VALUE!", say(zh="文本过长", en="The text is too long"))
NO_NUMBER = ErrorValue("#NUM!", say(zh="没有这样的数", en="There is no such number"))
NO_DATE = ErrorValue("#NUM!", say(zh="没有这样的日期", en="There is no such date"))
NO_MATCH = ErrorValue("#N/A", say(zh="没有匹配项", en="Nothing matches"))


class Spread(Exception):
    """Carries an error out of a source: one of its conditions is an error, so its rows are not known."""

    def __init__(self, error: ErrorValue) -> None:
        super().__init__(error.code)
        self.error = error


def wrong_value(zh: str, en: str, **holes: object) -> ErrorValue:
    """`#VALUE!` with its reason."""
    return ErrorValue("#VALUE!", say(zh=zh, en=en, **holes))


def not_available(reason: Text) -> ErrorValue:
    """`#N/A` with its reason."""
    return ErrorValue("#N/A", reason)


UNLIKE = wrong_value("无法比较", "These cannot be compared")


def divide(left: Decimal, right: Decimal) -> Decimal | ErrorValue:
    """The quotient, rounded half-up to 12 decimals."""
    if not right:
        return DIVISION_BY_ZERO
    try:
        return fit(half_up(WIDE, left, right))
    except InvalidOperation:
        return TOO_LARGE


def half_up(context: Context, left: Decimal, right: Decimal) -> Decimal:
    """left / right to 12 decimals, rounded once: the remainder decides, not a longer quotient."""
    scaled, divisor = context.scaleb(left.copy_abs(), 12), right.copy_abs()
    whole = context.divide_int(scaled, divisor)
    rest = context.subtract(scaled, context.multiply(whole, divisor))
    if context.add(rest, rest) >= divisor:
        whole = context.add(whole, ONE)
    result = context.scaleb(whole, -12)
    return result.copy_negate() if (left < 0) != (right < 0) and result else result


def fit(number: Decimal) -> Decimal | ErrorValue:
    """The number, or an error where 34 digits cannot hold it."""
    try:
        return EXACT.plus(number)
    except BEYOND:
        return TOO_LARGE


def power(base: Decimal, exponent: Decimal) -> Decimal | ErrorValue:
    """base ^ exponent, rounded to 34 digits for whole exponents, to 12 decimals for others."""
    if exponent.copy_abs() > LIMIT_EXPONENT:
        return TOO_LARGE
    if not base and exponent <= 0:
        return NO_NUMBER if not exponent else DIVISION_BY_ZERO
    try:
        if exponent == exponent.to_integral_value():
            if exponent < 0:
                return divide(ONE, CONTEXT.power(base, exponent.copy_negate()))
            return _whole_digits(CONTEXT.power(base, exponent))
        if base < 0:
            return NO_NUMBER
        return _whole_digits(round_half_up(WIDE.power(base, exponent), 12))
    except (Overflow, InvalidOperation):
        return TOO_LARGE


def _whole_digits(number: Decimal) -> Decimal | ErrorValue:
    """A power whose whole part 34 digits hold; its decimals are rounded to what is left, the tiniest to none."""
    if number and number.adjusted() < -MOST_DIGITS:
        return ZERO
    return TOO_LARGE if number and number.adjusted() >= CONTEXT.prec else CONTEXT.plus(number)


def round_half_up(number: Decimal, places: int) -> Decimal:
    """Rounded half away from zero to `places` decimals (negative: tens, hundreds …)."""
    return rounded(number, places, None)


def rounded(number: Decimal, places: int, mode: str | None) -> Decimal:
    """Rounded to `places` decimals by a rounding mode of `decimal`; None is half away from zero."""
    places = max(-MOST_PLACES, min(places, MOST_PLACES))
    if number.adjusted() > MOST_DIGITS:
        return number
    result = number.quantize(STEPS[places], mode or ROUND_HALF_UP, ROUNDING)
    result = result if places >= 0 else result.quantize(ONE, ROUND_HALF_UP, ROUNDING)
    return result if result else result.copy_abs()


def modulo(number: Decimal, divisor: Decimal) -> Decimal | ErrorValue:
    """The rest of a division, with the sign of the divisor, as spreadsheets have it."""
    if not divisor:
        return DIVISION_BY_ZERO
    try:
        rest = WIDE.remainder(number, divisor)
    except InvalidOperation:
        return TOO_LARGE
    if not rest:
        return ZERO
    return WIDE.add(rest, divisor) if (rest < 0) != (divisor < 0) else rest


def plain_number(number: Decimal) -> str:
    """Without exponent and without trailing zeros: `12.5`, `1000`, `0`."""
    if not number:
        return "0"
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def text_of(value: Any) -> str:
    """A value as text: blank is "", numbers plain, dates ISO, links by title, lists joined by comma."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, Range):
        return f"{text_of(value.start)} – {text_of(value.end)}".strip()
    if isinstance(value, Ref):
        return value.title or str(value.id)
    if isinstance(value, (tuple, list)):
        return ", ".join(text_of(item) for item in value)
    return "" if isinstance(value, (Rows, ErrorValue)) else row_text(value)


def row_text(row: Any) -> str:
    """A record by its title, a row of something without titles by its id."""
    try:
        title = row.get("title")
    except KeyError:
        title = None
    return str(title) if title else str(row.id or "")


def duration_text(value: Duration) -> str:
    """`2 months 3 days 4 hours`, in the words of the language."""
    days, rest = divmod(value.seconds, 86400)
    hours, rest = divmod(rest, 3600)
    working_hours = value.working_seconds / 3600
    parts = (
        (Decimal(value.months), "months"),
        (days, "days"),
        (hours, "hours"),
        (rest / 60, "minutes"),
        (value.working_days, "working days"),
        (working_hours, "working hours"),
    )
    shown = [f"{plain_number(amount)} {unit if amount != 1 else unit[:-1]}" for amount, unit in parts if amount]
    return " ".join(shown) or "0 days"


def bounded(text: str) -> str | ErrorValue:
    """The text, or an error if it is longer than any text may become."""
    return text if len(text) <= LIMIT_TEXT else TOO_LONG


def plus(left: Any, right: Any) -> Any:
    """The sum of two numbers or two durations, none of them blank."""
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(
            left.months + right.months,
            left.seconds + right.seconds,
            left.working_days + right.working_days,
            left.working_seconds + right.working_seconds,
        )
    try:
        return EXACT.add(left, right)
    except BEYOND:
        return TOO_LARGE
    except TypeError:
        return wrong_value("无法相加", "These cannot be added")


def times(duration: Duration, factor: Decimal) -> Duration | ErrorValue:
    """A duration repeated; months stay whole."""
    months = duration.months * factor
    if months != months.to_integral_value() or abs(months) > 120000:
        return wrong_value("月数应为整数", "Months must be whole")
    return Duration(
        int(months),
        CONTEXT.multiply(duration.seconds, factor),
        CONTEXT.multiply(duration.working_days, factor),
        CONTEXT.multiply(duration.working_seconds, factor),
    )


def part_of(duration: Duration, divisor: Decimal) -> Duration | ErrorValue:
    """A duration divided by a number."""
    if not divisor:
        return DIVISION_BY_ZERO
    months = divide(Decimal(duration.months), divisor)
    if isinstance(months, ErrorValue) or months != months.to_integral_value():
        return wrong_value("月数应为整数", "Months must be whole")
    return Duration(
        int(months),
        CONTEXT.divide(duration.seconds, divisor),
        CONTEXT.divide(duration.working_days, divisor),
        CONTEXT.divide(duration.working_seconds, divisor),
    )
