"""Calculations in SQL: spelled differently for SQLite and PostgreSQL, with one result. Knows no nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

# A quotient is taken to 40 decimals before it is rounded to 12: rounding twice then never differs from rounding once.
FORTY_ZEROS = "0." + "0" * 40
INFIX = {"add": "+", "subtract": "-", "multiply": "*"}
ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}


class Calculation(FunctionElement[Any]):
    """An `operation` over `operands`; its type says how the result is read."""

    inherit_cache = True
    name = "calculation"
    _traverse_internals = [
        *FunctionElement._traverse_internals,
        ("operation", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, op: str, operands: Sequence[ColumnElement[Any]], type_: TypeEngine[Any]) -> None:
        self.operation = op
        self.type = type_
        super().__init__(*operands)

    @property
    def operands(self) -> list[ColumnElement[Any]]:
        return list(self.clauses)


@compiles(Calculation, "postgresql")
def on_postgresql(element: Calculation, compiler: SQLCompiler, **options: Any) -> str:
    """Native operators and functions of NUMERIC, DATE and TEXT."""
    parts = [compiler.process(part, **options) for part in element.operands]
    return POSTGRESQL[element.operation](*parts)


@compiles(Calculation)
def on_sqlite(element: Calculation, compiler: SQLCompiler, **options: Any) -> str:
    """Integers natively where their scales agree, registered functions elsewhere."""
    parts = [compiler.process(part, **options) for part in element.operands]
    if element.operation not in SCALED:
        return SQLITE[element.operation](*parts)
    scales = [getattr(part.type, "scale", None) for part in element.operands]
    own = getattr(element.type, "scale", None)
    if own is not None and element.operation in INFIX:
        return f"({parts[0]} {INFIX[element.operation]} {parts[1]})"
    if element.operation in ORDER and scales[0] is not None and scales[0] == scales[1]:
        return f"({parts[0]} {ORDER[element.operation]} {parts[1]})"
    if own is not None and element.operation in ("negative", "absolute"):
        return f"(-{parts[0]})" if element.operation == "negative" else f"abs({parts[0]})"
    if own is not None and element.operation in ("greatest", "least"):
        chosen = f"{'max' if element.operation == 'greatest' else 'min'}({parts[0]}, {parts[1]})"
        return f"coalesce({chosen}, {parts[0]}, {parts[1]})"
    marked = ", ".join(f"{part}, {-1 if scale is None else scale}" for part, scale in zip(parts, scales, strict=True))
    if element.operation in ORDER:
        return f"(fw_compare({marked}) {ORDER[element.operation]} 0)"
    return f"fw_{element.operation}({marked})"


def _infix(sign: str) -> Callable[[str, str], str]:
    return lambda left, right: f"({left} {sign} {right})"


def in_calendar(place: str, first: int, last: int, date: str) -> str:
    """A moved date of PostgreSQL, NULL where its place is not within the years 1 to 9999, which Python's dates have."""
    return f"(CASE WHEN {place} BETWEEN {first} AND {last} THEN {date} END)"


def months_of(date: str, more: str) -> str:
    """The place of a month among all months, so many months later."""
    return f"date_part('year', {date})::bigint * 12 + date_part('month', {date})::bigint - 1 + ({more})"


# Operations whose operands are numbers with scales.
SCALED = frozenset(
    (
        *INFIX,
        *ORDER,
        "divide",
        "negative",
        "absolute",
        "wide",
        "round",
        "roundup",
        "rounddown",
        "greatest",
        "least",
        "sum",
        "minimum",
        "maximum",
        "mod",
        "sign",
        "int",
        "quotient",
        "floor",
        "ceiling",
        "mround",
    )
)

POSTGRESQL: dict[str, Callable[..., str]] = {
    **{op: _infix(sign) for op, sign in (INFIX | ORDER).items()},
    "divide": lambda a, b: f"round(({a} + {FORTY_ZEROS}) / nullif({b}, 0), 12)",
    # A rest is exact, a quotient is not; the rest takes the sign of the divisor.
    "mod": lambda a, b: f"mod(mod({a}, nullif({b}, 0)) + {b}, nullif({b}, 0))",
    "sign": lambda a: f"sign({a})",
    "int": lambda a: f"floor({a})",
    "quotient": lambda a, b: f"div({a}, nullif({b}, 0))",
    "floor": lambda a, s: f"(({a}) - mod(mod({a}, {s}) + {s}, {s}))",
    "ceiling": lambda a, s: f"(({a}) + mod(mod(-({a}), {s}) + {s}, {s}))",
    "mround": lambda a, s: f"(({a}) + 0.5 * {s} - mod(({a}) + 0.5 * {s}, {s}))",
    "negative": lambda a: f"(-{a})",
    "absolute": lambda a: f"abs({a})",
    "wide": lambda a: a,
    "round": lambda a, places: f"round({a}, {places}::integer)",
    "roundup": lambda a, p: f"(sign({a}) * ceil(abs({a}) * power(10::numeric, {p})) / power(10::numeric, {p}))",
    "rounddown": lambda a, places: f"trunc({a}, {places}::integer)",
    "greatest": lambda a, b: f"greatest({a}, {b})",
    "least": lambda a, b: f"least({a}, {b})",
    "sum": lambda a: f"sum({a})",
    "minimum": lambda a: f"min({a})",
    "maximum": lambda a: f"max({a})",
    "code_points": lambda a: f'({a} COLLATE "C")',
    "contains": lambda a, b: f"(position({b} in {a}) > 0)",
    "starts": lambda a, b: f"starts_with({a}, {b})",
    "ends": lambda a, b: f"(right({a}, length({b})) = {b})",
    "left": lambda a, n: f"left({a}, {n}::integer)",
    "right": lambda a, n: f"right({a}, {n}::integer)",
    "mid": lambda a, start, n: f"substr({a}, {start}::integer, {n}::integer)",
    "days": lambda a, b: f"(({a}) - ({b}))::numeric",
    "add_days": lambda a, n: in_calendar(
        f"({a}) - DATE '0001-01-01' + ({n})", 0, 3652058, f"(({a}) + ({n})::integer)"
    ),
    "add_months": lambda a, n: in_calendar(
        months_of(a, n), 12, 119999, f"(({a}) + make_interval(months => ({n})::integer))::date"
    ),
    "month_end": lambda a, n: in_calendar(
        months_of(a, n), 12, 119999,
        f"(date_trunc('month', {a}) + make_interval(months => ({n})::integer + 1, days => -1))::date",
    ),
    "start_of": lambda unit, a: f"date_trunc({unit}, {a})::date",
    "part": lambda unit, a: f"date_part({unit}, {a})::numeric",
    "weekday": lambda a, first, low: f"(mod(date_part('isodow', {a})::integer - {first} + 7, 7) + {low})::numeric",
    "period": lambda pattern, a: f"to_char({a}, {pattern})",
    "local_day": lambda a, zone: f"((({a}) AT TIME ZONE 'UTC') AT TIME ZONE {zone})::date",
}
SQLITE: dict[str, Callable[..., str]] = {
    "code_points": lambda a: a,
    "contains": lambda a, b: f"(instr({a}, {b}) > 0)",
    "starts": lambda a, b: f"(substr({a}, 1, length({b})) = {b})",
    "ends": lambda a, b: f"(length({b}) <= length({a}) AND substr({a}, length({a}) - length({b}) + 1) = {b})",
    "left": lambda a, n: f"substr({a}, 1, {n})",
    "right": lambda a, n: f"fw_right({a}, {n})",
    "mid": lambda a, start, n: f"substr({a}, {start}, {n})",
    "days": lambda a, b: f"fw_days({a}, {b})",
    "add_days": lambda a, n: f"fw_add_days({a}, {n})",
    "add_months": lambda a, n: f"fw_add_months({a}, {n})",
    "month_end": lambda a, n: f"fw_month_end({a}, {n})",
    "start_of": lambda unit, a: f"fw_start_of({unit}, {a})",
    "part": lambda unit, a: f"fw_part({unit}, {a})",
    "weekday": lambda a, first, low: f"fw_weekday({a}, {first}, {low})",
    "period": lambda pattern, a: f"fw_period({pattern}, {a})",
    "local_day": lambda a, zone: f"fw_local_day({a}, {zone})",
}
