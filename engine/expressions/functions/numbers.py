"""Functions of numbers, with spreadsheet results. Knows no rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from engine.expressions.arithmetic import (
    NO_NUMBER,
    ONE,
    WIDE,
    ZERO,
    divide,
    modulo,
    plain_number,
    power,
    round_half_up,
    rounded,
)
from engine.expressions.functions.base import Function, Param, first_type, number, value
from engine.expressions.multiples import ceiling, floor, int_, mround, quotient, sign
from engine.expressions.types import INTEGER, NUMBER, TEXT
from engine.expressions.values import ErrorValue

PLACES = Param("places", "number", optional=True)


def round_(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """Half away from zero."""
    return round_half_up(value, int(places))


def roundup(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """Away from zero."""
    return rounded(value, int(places), ROUND_UP)


def rounddown(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """Towards zero."""
    return rounded(value, int(places), ROUND_DOWN)


def sqrt(value: Decimal) -> Any:
    return NO_NUMBER if value < 0 else round_half_up(WIDE.sqrt(value), 12)


def bucket(value: Any, bounds: Sequence[Any]) -> Any:
    """The name of the span between two bounds in which a number lies: `< 0`, `0 – 29`, `90 +`; blank gives blank.

    Whole bounds name whole numbers; with other bounds the upper one is left out of the span: `0 – < 2.5`."""
    if value is None:
        return None
    found = [bound for bound in bounds if isinstance(bound, Decimal)]
    if not found or found != sorted(found) or not isinstance(value, Decimal):
        return NO_NUMBER
    place = sum(1 for bound in found if bound <= value)
    return bucket_names(found)[place]


def bucket_names(bounds: Sequence[Decimal]) -> list[str]:
    """The names of all spans, from below the first bound to above the last."""
    whole = all(bound == bound.to_integral_value() for bound in bounds)
    names = [f"< {plain_number(bounds[0])}"]
    for low, high in zip(bounds, bounds[1:], strict=False):
        end = plain_number(high - 1) if whole else f"< {plain_number(high)}"
        names.append(f"{plain_number(low)} – {end}")
    return [*names, f"{plain_number(bounds[-1])} +"]


def pmt(rate: Decimal, periods: Decimal, present: Decimal, future: Decimal = ZERO, at_start: Decimal = ZERO) -> Any:
    """The payment per period of a loan, negative as money that goes out."""
    if not periods:
        return NO_NUMBER
    if not rate:
        return divide(WIDE.add(present, future).copy_negate(), periods)
    growth = power(WIDE.add(ONE, rate), periods)
    if isinstance(growth, ErrorValue):
        return growth
    due = WIDE.multiply(rate, WIDE.add(WIDE.multiply(present, growth), future))
    spread = WIDE.multiply(WIDE.fma(rate, at_start, ONE), WIDE.subtract(growth, ONE))
    return divide(due.copy_negate(), spread)


def plain(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, **options)


NUMBERS: tuple[Function, ...] = (
    plain("round", round_, first_type, number(), PLACES, sql=True, browser=True),
    plain("roundup", roundup, first_type, number(), PLACES, sql=True, browser=True),
    plain("rounddown", rounddown, first_type, number(), PLACES, sql=True, browser=True),
    plain("trunc", rounddown, first_type, number(), PLACES, sql=True, browser=True),
    plain("int", int_, first_type, number(), sql=True, browser=True),
    plain("abs", Decimal.copy_abs, first_type, number(), sql=True, browser=True),
    plain("mod", modulo, first_type, number(), number("divisor"), sql=True, browser=True),
    plain("power", power, NUMBER, number(), number("exponent")),
    plain("sqrt", sqrt, NUMBER, number()),
    plain("sign", sign, INTEGER, number(), sql=True, browser=True),
    plain("ceiling", ceiling, first_type, number(), number("step", optional=True), sql=True, browser=True),
    plain("floor", floor, first_type, number(), number("step", optional=True), sql=True, browser=True),
    plain("mround", mround, first_type, number(), number("step"), sql=True, browser=True),
    plain("bucket", bucket, TEXT, value("number"), Param("bounds", "list"), sql=True),
    plain("quotient", quotient, NUMBER, number(), number("divisor"), sql=True, browser=True),
    plain(
        "pmt",
        pmt,
        first_type,
        number("rate"),
        number("periods"),
        number("present"),
        number("future", optional=True),
        number("at_start", optional=True),
    ),
)
