"""The functions that a SQLite connection needs for exact calculation and dates: the same code as Python's own meaning.

A number comes as (value, scale): a scaled integer, or decimal text with scale -1. Blank in, blank out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions.arithmetic import ROUNDING, WIDE, divide, modulo, plain_number, rounded
from engine.expressions.moments import PERIODS, add_months, month_end, period_name, period_start
from engine.expressions.multiples import ceiling, floor, int_, mround, quotient, sign
from engine.expressions.values import ErrorValue


def decimal(value: Any, scale: int) -> Decimal:
    """The number that (value, scale) stands for."""
    return Decimal(value) if scale < 0 else WIDE.scaleb(Decimal(value), -scale)


def _binary(exact: Callable[[Decimal, Decimal], Any]) -> Callable[..., str | None]:
    def call(left: Any, left_scale: int, right: Any, right_scale: int) -> str | None:
        if left is None or right is None:
            return None
        result = exact(decimal(left, left_scale), decimal(right, right_scale))
        return None if isinstance(result, ErrorValue) else plain_number(result)

    return call


def _unary(exact: Callable[[Decimal], Decimal]) -> Callable[..., str | None]:
    return lambda value, scale: None if value is None else plain_number(exact(decimal(value, scale)))


def _compare(left: Any, left_scale: int, right: Any, right_scale: int) -> int | None:
    if left is None or right is None:
        return None
    first, second = decimal(left, left_scale), decimal(right, right_scale)
    return (first > second) - (first < second)


def _choice(pick: Callable[..., Decimal]) -> Callable[..., str | None]:
    """The greater or lesser of two; a blank leaves the other."""

    def call(*marked: Any) -> str | None:
        found = [decimal(marked[i], marked[i + 1]) for i in range(0, len(marked), 2) if marked[i] is not None]
        return plain_number(pick(found)) if found else None

    return call


class _Sum:
    """`sum` over decimals; blanks do not count, nothing at all is blank."""

    def __init__(self) -> None:
        self.total: Decimal | None = None

    def step(self, value: Any, scale: int) -> None:
        if value is not None:
            number = decimal(value, scale)
            self.total = number if self.total is None else ROUNDING.add(self.total, number)

    def finalize(self) -> str | None:
        return None if self.total is None else plain_number(self.total)


class _Minimum(_Sum):
    def step(self, value: Any, scale: int) -> None:
        if value is not None:
            number = decimal(value, scale)
            self.total = number if self.total is None else self.better(self.total, number)

    @staticmethod
    def better(known: Decimal, found: Decimal) -> Decimal:
        return min(known, found)


class _Maximum(_Minimum):
    @staticmethod
    def better(known: Decimal, found: Decimal) -> Decimal:
        return max(known, found)


def _to_places(mode: str | None) -> Callable[[Decimal, Decimal], Any]:
    return lambda number, places: rounded(number, int(places), mode)


def day(text: str) -> dt.date:
    """The date in a date's or moment's text."""
    return dt.date.fromisoformat(text[:10])


def _dated(exact: Callable[..., Any]) -> Callable[..., Any]:
    """A function of dates: blank if anything is blank or the date does not exist."""

    def call(*args: Any) -> Any:
        if any(arg is None for arg in args):
            return None
        try:
            result = exact(*args)
        except (ValueError, OverflowError):
            return None
        return result.isoformat() if isinstance(result, dt.date) else result

    return call


def _local_day(moment: str, zone: str) -> dt.date:
    return dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date()


def _part(unit: str, date: str) -> int:
    found = day(date)
    return {"year": found.year, "quarter": (found.month + 2) // 3, "month": found.month, "day": found.day}[unit]


SCALARS: dict[str, tuple[int, Callable[..., Any]]] = {
    "fw_add": (4, _binary(ROUNDING.add)),
    "fw_subtract": (4, _binary(ROUNDING.subtract)),
    "fw_multiply": (4, _binary(ROUNDING.multiply)),
    "fw_divide": (4, _binary(divide)),
    "fw_mod": (4, _binary(modulo)),
    "fw_sign": (2, _unary(sign)),
    "fw_int": (2, _unary(int_)),
    "fw_quotient": (4, _binary(quotient)),
    "fw_floor": (4, _binary(floor)),
    "fw_ceiling": (4, _binary(ceiling)),
    "fw_mround": (4, _binary(mround)),
    "fw_negative": (2, _unary(ROUNDING.minus)),
    "fw_absolute": (2, _unary(Decimal.copy_abs)),
    "fw_wide": (2, _unary(ROUNDING.plus)),
    "fw_compare": (4, _compare),
    "fw_round": (4, _binary(_to_places(None))),
    "fw_roundup": (4, _binary(_to_places(ROUND_UP))),
    "fw_rounddown": (4, _binary(_to_places(ROUND_DOWN))),
    "fw_greatest": (4, _choice(max)),
    "fw_least": (4, _choice(min)),
    "fw_right": (2, lambda text, count: None if text is None else text[max(0, len(text) - int(count)) :]),
    "fw_days": (2, _dated(lambda a, b: (day(a) - day(b)).days)),
    "fw_add_days": (2, _dated(lambda date, days: day(date) + dt.timedelta(days=int(days)))),
    "fw_add_months": (2, _dated(lambda date, months: add_months(day(date), int(months)))),
    "fw_month_end": (2, _dated(lambda date, months: month_end(day(date), int(months)))),
    "fw_start_of": (2, _dated(lambda unit, date: period_start(unit, day(date)))),
    "fw_part": (2, _dated(_part)),
    "fw_weekday": (3, _dated(lambda date, first, low: (day(date).isoweekday() - first) % 7 + low)),
    "fw_period": (2, _dated(lambda pattern, date: period_name(PERIODS[pattern], day(date)))),
    "fw_local_day": (2, _dated(_local_day)),
}
AGGREGATES: dict[str, type[_Sum]] = {"fw_sum": _Sum, "fw_minimum": _Minimum, "fw_maximum": _Maximum}


def collate(left: str, right: str) -> int:
    """The order of decimal texts as numbers."""
    first, second = Decimal(left), Decimal(right)
    return (first > second) - (first < second)


def register(connection: Any) -> None:
    """Gives a raw SQLite connection the functions that expressions in SQL use."""
    for name, (count, function) in SCALARS.items():
        connection.create_function(name, count, function, deterministic=True)
    for name, aggregate in AGGREGATES.items():
        connection.create_aggregate(name, 2, aggregate)
    connection.create_collation("fw_decimal", collate)
