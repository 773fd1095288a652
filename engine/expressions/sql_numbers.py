"""Whole parts, multiples and the calendar's numbers in SQL, with Python's results. Knows only terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlalchemy import Integer, literal

from engine.expressions import terms
from engine.expressions.calculations import Calculation
from engine.expressions.moments import PERIODS
from engine.expressions.numbers import ANY_SCALE, Exact, bind_number
from engine.expressions.sql_dates import day_of
from engine.expressions.terms import DATE_TYPE, TEXT_TYPE, NotInSql, Term
from engine.expressions.types import Type

Builder = Callable[[Sequence[Term], Type, str], Term]

# By the kind of numbering: the ISO weekday that comes first, and its number.
WEEKDAYS = {1: (7, 1), 2: (1, 1), 3: (1, 0), **{first + 10: (first, 1) for first in range(1, 8)}}


def whole(op: str) -> Builder:
    """`int`, `sign`: of one number."""

    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        return Term(kind, Calculation(op, (terms.as_number(args[0]),), ANY_SCALE), error=args[0].error)

    return build


def divided(op: str) -> Builder:
    """`mod`, `quotient`: an error where the divisor is zero."""

    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        first, second = terms.both_numbers(args[0], args[1])
        zero = terms.compared("eq", second, bind_number(Decimal(0), second))
        error = terms.either(args[0].error, args[1].error, zero)
        return Term(kind, Calculation(op, (first, second), ANY_SCALE), error=error)

    return build


def multiple(op: str) -> Builder:
    """`floor`, `ceiling`, `mround` to a constant step above zero."""

    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        step = args[1].value if len(args) > 1 else Decimal(1)
        if (len(args) > 1 and not args[1].constant) or not isinstance(step, Decimal) or step <= 0:
            raise NotInSql("a step that is not constant")
        number = terms.as_number(args[0])
        error = args[0].error
        if op == "mround":
            error = terms.either(error, terms.compared("lt", number, bind_number(Decimal(0), number)))
        return Term(kind, Calculation(op, (number, literal(step, ANY_SCALE)), ANY_SCALE), error=error)

    return build


def weekday(args: Sequence[Term], kind: Type, zone: str) -> Term:
    """The number of the day in its week, from a constant first day."""
    numbering = args[1].value if len(args) > 1 else Decimal(1)
    if (len(args) > 1 and not args[1].constant) or numbering not in WEEKDAYS:
        raise NotInSql("a numbering that is not constant")
    first, low = WEEKDAYS[int(numbering)]
    parts = (day_of(args[0], zone), literal(first, Integer()), literal(low, Integer()))
    return Term(kind, Calculation("weekday", parts, Exact(0)), error=terms.either(*(arg.error for arg in args)))


def quarter_end(args: Sequence[Term], kind: Type, zone: str) -> Term:
    """The last day of the quarter."""
    start = Calculation("start_of", (literal("quarter", TEXT_TYPE), day_of(args[0], zone)), DATE_TYPE)
    return Term(kind, Calculation("month_end", (start, literal(2, Integer())), DATE_TYPE), error=args[0].error)


def period(args: Sequence[Term], kind: Type, zone: str) -> Term:
    """The name of a period of a constant unit."""
    unit = args[1].value if len(args) > 1 else "month"
    patterns = {name: pattern for pattern, name in PERIODS.items()}
    if (len(args) > 1 and not args[1].constant) or not isinstance(unit, str) or unit.lower() not in patterns:
        raise NotInSql("a unit that is not constant")
    parts = (literal(patterns[unit.lower()], TEXT_TYPE), day_of(args[0], zone))
    return Term(kind, Calculation("period", parts, TEXT_TYPE), error=terms.either(*(arg.error for arg in args)))
