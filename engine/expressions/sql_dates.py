"""Arithmetic of dates in SQL. Knows only terms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, cast, func, literal

from engine.expressions import terms
from engine.expressions.calculations import Calculation
from engine.expressions.numbers import Exact, scale_of
from engine.expressions.terms import DATE_TYPE, NotInSql, Term
from engine.expressions.types import Type
from engine.expressions.values import Duration

DAY = 86400
MOST_DAYS = 4_000_000                          # more than the whole calendar has, in days and so in months


def dated(op: str, left: Term, right: Term, kind: Type) -> Term:
    """`date ± number`, `date ± duration`, `date - date`; moments and durations alone stay in Python."""
    if left.type.name == right.type.name == "date" and op == "-":
        return days_between(left, right, kind)
    if op == "+" and right.type.name == "date":
        left, right = right, left
    if left.type.name != "date" or op not in ("+", "-"):
        raise NotInSql("moments and durations")
    start = terms.bound(left)
    sign = 1 if op == "+" else -1
    error = terms.either(left.error, right.error)
    if right.constant and isinstance(right.value, Duration):
        return moved(kind, start, _by_duration(start, right.value, sign), error)
    days = whole_number(right)
    by = days if sign > 0 else -days
    return moved(kind, start, Calculation("add_days", (start, func.coalesce(by, 0)), DATE_TYPE), error)


def moved(kind: Type, start: ColumnElement[Any], end: ColumnElement[Any], error: ColumnElement[bool] | None) -> Term:
    """A date that was moved: an error where that leads out of the calendar."""
    return Term(kind, end, error=terms.either(error, and_(start.is_not(None), end.is_(None))))


def day_of(term: Term, zone: str) -> ColumnElement[Any]:
    """A date, or the day of a moment."""
    column = terms.bound(term)
    return terms.local_day(column, zone) if term.type.name == "datetime" else column


def days_between(left: Term, right: Term, kind: Type) -> Term:
    """The number of days from `right` to `left`."""
    days = Calculation("days", (terms.bound(left), terms.bound(right)), Exact(0))
    return Term(kind, days, error=terms.either(left.error, right.error))


def whole_number(term: Term) -> ColumnElement[int]:
    """A number of days or months as a plain integer in SQL."""
    if term.constant:
        if term.value is not None and not isinstance(term.value, Decimal):
            raise NotInSql("a duration")
        return literal(max(-MOST_DAYS, min(int(term.value or 0), MOST_DAYS)), Integer())
    column = terms.exact(term)
    if scale_of(column) != 0:
        raise NotInSql("days that are not stored whole")
    return cast(column, BigInteger())


def _by_duration(start: ColumnElement[Any], by: Duration, sign: int) -> ColumnElement[Any]:
    if by.working_days or by.working_seconds or by.seconds % DAY:
        raise NotInSql("working time")
    if by.months:
        start = Calculation("add_months", (start, literal(sign * by.months, Integer())), DATE_TYPE)
    days = int(by.seconds / DAY)
    return Calculation("add_days", (start, literal(sign * days, Integer())), DATE_TYPE) if days else start
