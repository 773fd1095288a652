"""Functions of numbers, with spreadsheet results. Knows no rows."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal, InvalidOperation
from typing import Any

from engine.expressions.arithmetic import (
    CONTEXT,
    DIVISION_BY_ZERO,
    NO_NUMBER,
    ONE,
    WIDE,
    ZERO,
    divide,
    modulo,
    power,
    round_half_up,
    rounded,
)
from engine.expressions.functions.base import Function, Param, first_type, number
from engine.expressions.types import INTEGER, NUMBER
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


def int_(value: Decimal) -> Decimal:
    """The whole number below."""
    return value.to_integral_value(ROUND_FLOOR)


def sqrt(value: Decimal) -> Any:
    return NO_NUMBER if value < 0 else round_half_up(WIDE.sqrt(value), 12)


def sign(value: Decimal) -> Decimal:
    return Decimal((value > 0) - (value < 0))


def _multiples(value: Decimal, step: Decimal) -> Any:
    return divide(value, step)


def ceiling(value: Decimal, step: Decimal = ONE) -> Any:
    """The next multiple of `step` upwards (away from zero for a negative step beside a negative number)."""
    return _to_multiple(value, step, "ROUND_CEILING")


def floor(value: Decimal, step: Decimal = ONE) -> Any:
    """The next multiple of `step` downwards."""
    if not step:
        return DIVISION_BY_ZERO if value else ZERO
    return _to_multiple(value, step, "ROUND_FLOOR")


def mround(value: Decimal, step: Decimal) -> Any:
    """The nearest multiple of `step`; the signs must agree."""
    if value and step and (value < 0) != (step < 0):
        return NO_NUMBER
    return _to_multiple(value, step, "ROUND_HALF_UP")


def _to_multiple(value: Decimal, step: Decimal, mode: str) -> Any:
    if not step or not value:
        return ZERO
    if value > 0 > step:
        return NO_NUMBER
    try:
        count = WIDE.divide(value, step).to_integral_value(mode)
        return CONTEXT.multiply(count, step)
    except InvalidOperation:
        return NO_NUMBER


def quotient(value: Decimal, divisor: Decimal) -> Any:
    """The whole part of a division."""
    return WIDE.divide(value, divisor).to_integral_value(ROUND_DOWN) if divisor else DIVISION_BY_ZERO


def pmt(rate: Decimal, periods: Decimal, present: Decimal, future: Decimal = ZERO, at_start: Decimal = ZERO) -> Any:
    """The payment per period of a loan, negative as money that goes out."""
    if not periods:
        return NO_NUMBER
    if not rate:
        return divide(-(present + future), periods)
    growth = power(ONE + rate, periods)
    if isinstance(growth, ErrorValue):
        return growth
    due = WIDE.multiply(rate, WIDE.add(WIDE.multiply(present, growth), future))
    spread = WIDE.multiply(ONE + rate * at_start, growth - ONE)
    return divide(-due, spread)


def plain(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, **options)


NUMBERS: tuple[Function, ...] = (
    plain("round", round_, first_type, number(), PLACES, sql=True, browser=True),
    plain("roundup", roundup, first_type, number(), PLACES, sql=True, browser=True),
    plain("rounddown", rounddown, first_type, number(), PLACES, sql=True, browser=True),
    plain("trunc", rounddown, first_type, number(), PLACES, sql=True, browser=True),
    plain("int", int_, first_type, number(), browser=True),
    plain("abs", abs, first_type, number(), sql=True, browser=True),
    plain("mod", modulo, first_type, number(), number("divisor"), browser=True),
    plain("power", power, NUMBER, number(), number("exponent")),
    plain("sqrt", sqrt, NUMBER, number()),
    plain("sign", sign, INTEGER, number(), browser=True),
    plain("ceiling", ceiling, first_type, number(), number("step", optional=True)),
    plain("floor", floor, first_type, number(), number("step", optional=True)),
    plain("mround", mround, first_type, number(), number("step")),
    plain("quotient", quotient, NUMBER, number(), number("divisor")),
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
