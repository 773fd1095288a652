"""Exact numbers in the database: NUMERIC on PostgreSQL, scaled integers on SQLite. Knows no expressions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.expressions.arithmetic import WIDE

DIGITS = 38
# Stored magnitudes stay below 2^60, so that eight of them add up within SQLite's 64-bit integers.
LIMIT = 1 << 60


class Exact(TypeDecorator[Decimal]):
    """A decimal with `scale` digits after the point. On SQLite the column holds value × 10^scale as an integer."""

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
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP, WIDE)
        if dialect.name != "sqlite":
            return rounded
        scaled = int(rounded.scaleb(self.scale, WIDE))
        if abs(scaled) >= LIMIT:
            raise OverflowError(f"{value} does not fit into a stored number with {self.scale} decimals")
        return scaled

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(int(value)).scaleb(-self.scale, WIDE) if dialect.name == "sqlite" else Decimal(value)


def register(connection: Any) -> None:
    """Gives a raw SQLite connection the decimal functions that expressions in SQL use."""
