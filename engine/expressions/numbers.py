"""Exact numbers in the database: NUMERIC on PostgreSQL, scaled integers on SQLite. Knows no expressions.

A stored number has a scale (`Exact`). A product or a quotient has none (`AnyScale`): on SQLite it travels as decimal
text, made by functions that `register` gives to the connection, so that no integer ever overflows into a float."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Numeric, String, func, literal, type_coerce
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.expressions.arithmetic import WIDE, rounded
from engine.expressions.calculations import Calculation
from engine.expressions.registered import register

__all__ = ["AnyScale", "Exact", "LIMIT", "add", "bind_number", "number_of", "register", "scale_of", "widened"]

DIGITS = 38
# Stored magnitudes stay below 2^60, so that eight of them add up within SQLite's 64-bit integers.
LIMIT = 1 << 60
MOST_ADDED = 8


class Exact(TypeDecorator[Decimal]):
    """A decimal with `scale` digits after the point. On SQLite the column holds value × 10^scale as an integer.

    Values with more decimals are rounded half-up; on SQLite one beyond 2^60 raises OverflowError."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        super().__init__(DIGITS, scale)
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(DIGITS, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        fitted = rounded(Decimal(value), self.scale, None)
        if dialect.name != "sqlite":
            return fitted
        scaled = int(fitted.scaleb(self.scale, WIDE))
        if abs(scaled) >= LIMIT:
            raise OverflowError(f"{value} does not fit into a stored number with {self.scale} decimals")
        return scaled

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """One call per value: a page of a list reads hundreds of numbers."""
        exponent = -self.scale

        def scaled(value: Any) -> Decimal | None:
            return None if value is None else Decimal(int(value)).scaleb(exponent, WIDE)

        def exact(value: Any) -> Decimal | None:
            return None if value is None else Decimal(value)

        return scaled if dialect.name == "sqlite" else exact

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal


class AnyScale(TypeDecorator[Decimal]):
    """A decimal of any scale, the result of a calculation; never a column's type. On SQLite it is decimal text."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else Numeric(asdecimal=True))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return format(value, "f") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal


ANY_SCALE = AnyScale()


def scale_of(element: ColumnElement[Any]) -> int | None:
    """The scale of a number in SQL; None for a calculated one."""
    return element.type.scale if isinstance(element.type, Exact) else None


def number_of(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as an exact number: whole-number columns (`id`, `position`) become numbers of scale 0."""
    if isinstance(column.type, (Exact, AnyScale)):
        return column
    if isinstance(column.type, Integer):
        return type_coerce(column, Exact(0))
    raise TypeError(f"{column} holds no exact number")


def bind_number(value: Decimal, beside: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """A constant, in the scale of what it stands beside if that holds it exactly."""
    scale = scale_of(beside) if beside is not None else None
    return literal(value, Exact(scale) if scale is not None and fits(value, scale) else ANY_SCALE)


def fits(value: Decimal, scale: int) -> bool:
    """Whether a stored number of so many decimals is exactly this value."""
    return value == rounded(value, scale, None) and value.scaleb(scale, WIDE).copy_abs() < LIMIT


def widened(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without a scale of its own, so that it can stand beside any other."""
    return element if scale_of(element) is None else Calculation("wide", (element,), ANY_SCALE)


def add(op: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    """`left + right` or `left - right` (`add`, `subtract`), natively where both have one scale and few are added."""
    scale = scale_of(left)
    if scale is not None and scale == scale_of(right) and weight(left) + weight(right) <= MOST_ADDED:
        return Calculation(op, (left, right), left.type)
    return Calculation(op, (left, right), ANY_SCALE)


def weight(element: ColumnElement[Any]) -> int:
    """How many stored numbers are added up natively in an element."""
    if isinstance(element, Calculation) and element.operation in ("add", "subtract"):
        return sum(weight(part) for part in element.operands)
    inner = getattr(element, "clauses", None)
    if inner is not None and not isinstance(element, BindParameter):
        return max((weight(part) for part in inner), default=1)
    return 1


def blank_as_zero(element: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number whose blank counts as 0."""
    return func.coalesce(element, literal(Decimal(0), element.type), type_=element.type)


def best_of(op: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    """The `greatest` or `least` of two numbers; a blank leaves the other."""
    scale = scale_of(left)
    return Calculation(op, (left, right), left.type if scale is not None and scale == scale_of(right) else ANY_SCALE)
