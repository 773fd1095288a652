"""Whole parts and multiples of numbers, with spreadsheet results. Knows no functions and no rows."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

from engine.expressions.arithmetic import CONTEXT, DIVISION_BY_ZERO, NO_NUMBER, ONE, WIDE, ZERO


def int_(value: Decimal) -> Decimal:
    """The whole number below."""
    return value.to_integral_value(ROUND_FLOOR)


def sign(value: Decimal) -> Decimal:
    return Decimal((value > 0) - (value < 0))


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
