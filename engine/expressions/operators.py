"""The static rules of operators: which types go together, and what comes out. Knows no names and no rows."""

from __future__ import annotations

from engine.expressions.types import BOOLEAN, DATE, DATETIME, DURATION, NUMBER, TEXT, TIME, Type

UNITS_OF_VALUE = ("money", "quantity")
NO_DAYS = ("money", "percent")
SCALARS = ("number", "text", "boolean", "date", "datetime", "time", "duration", "choice", "record", "blank", "any")


class UnitClash(Exception):
    """Money and quantity, or two currencies, meet where they cannot."""


def family(unit: str) -> str:
    """`money` of `money:EUR`."""
    return unit.partition(":")[0]


def arithmetic_type(op: str, left: Type, right: Type) -> Type | None:
    """The type of `left op right` for `+ - * / ^`; None if the operator does not take these; raises `UnitClash`."""
    if "any" in (left.name, right.name) and left.name in SCALARS and right.name in SCALARS:
        return _with_any(op, left, right)
    if left.name == "blank" or right.name == "blank":
        other = right if left.name == "blank" else left
        return (
            unstored(other)
            if other.name in ("number", "duration", "date", "datetime")
            else NUMBER
            if other.name == "blank"
            else None
        )
    if left.name == right.name == "number":
        return Type("number", unit=_unit(op, left.unit, right.unit))
    if any(kind.name == "number" and family(kind.unit) in NO_DAYS for kind in (left, right)) and not _times(op):
        return None
    return _temporal(op, left, right)


def _times(op: str) -> bool:
    """Durations are multiplied by any number; only plain ones and quantities are days."""
    return op in ("*", "/")


def unstored(kind: Type) -> Type:
    return Type(kind.name, unit=kind.unit)


def _with_any(op: str, left: Type, right: Type) -> Type:
    other = right if left.name == "any" else left
    if other.name in ("date", "datetime", "duration"):
        return Type("any")
    return Type("any") if other.name == "any" or op in "+-" else NUMBER


def _unit(op: str, left: str, right: str) -> str:
    if op in ("+", "-"):
        return mixed_unit(left, right)
    if op == "^":
        return ""
    kinds = {family(left), family(right)}
    if op == "*":
        return _product(left, right, kinds)
    if family(left) == "money":
        if family(right) == "money":
            mixed_unit(left, right)
            return ""
        return left
    if left == right:
        return ""
    return left if family(right) not in UNITS_OF_VALUE else ""


def _product(left: str, right: str, kinds: set[str]) -> str:
    if kinds == {"money"}:
        raise UnitClash
    for unit in (left, right):
        if family(unit) == "money":
            return unit
    if left == right:
        return "percent" if left == "percent" else ""
    for unit in (left, right):
        if family(unit) == "quantity":
            return unit
    return ""


def mixed_unit(left: str, right: str) -> str:
    """The unit of a sum, a comparison or a choice between two numbers; raises `UnitClash`."""
    if left == right:
        return left
    for one, other in ((left, right), (right, left)):
        if one in ("", "percent"):
            return other
        if one == family(other):
            return other
    raise UnitClash


def _temporal(op: str, left: Type, right: Type) -> Type | None:
    table: dict[tuple[str, str, str], Type] = {
        ("date", "+", "number"): DATE,
        ("date", "-", "number"): DATE,
        ("number", "+", "date"): DATE,
        ("date", "+", "duration"): DATE,
        ("date", "-", "duration"): DATE,
        ("duration", "+", "date"): DATE,
        ("datetime", "+", "duration"): DATETIME,
        ("datetime", "-", "duration"): DATETIME,
        ("duration", "+", "datetime"): DATETIME,
        ("datetime", "+", "number"): DATETIME,
        ("datetime", "-", "number"): DATETIME,
        ("date", "-", "date"): NUMBER,
        ("datetime", "-", "datetime"): DURATION,
        ("time", "+", "duration"): TIME,
        ("time", "-", "duration"): TIME,
        ("time", "-", "time"): DURATION,
        ("duration", "+", "duration"): DURATION,
        ("duration", "-", "duration"): DURATION,
        ("duration", "*", "number"): DURATION,
        ("number", "*", "duration"): DURATION,
        ("duration", "/", "number"): DURATION,
        ("duration", "/", "duration"): NUMBER,
    }
    return table.get((left.name, op, right.name))


def sign_type(kind: Type) -> Type | None:
    """The type of `-x`."""
    if kind.name in ("number", "duration", "any"):
        return Type(kind.name, unit=kind.unit)
    return NUMBER if kind.name == "blank" else None


def join_type(kind: Type) -> Type | None:
    """`&` takes every single value."""
    return TEXT if kind.name in SCALARS else None


def condition_type(kind: Type) -> Type | None:
    """`and or not`, `where`, conditions take yes or no."""
    return BOOLEAN if kind.name in ("boolean", "any", "blank") else None


def comparable(left: Type, right: Type, *, order: bool) -> bool:
    """Whether `=` (with `order`: `<`) makes sense between two types; raises `UnitClash`."""
    names = {left.name, right.name}
    if names & {"any", "blank"}:
        return not (order and names & {"record", "rows", "list"})
    if names == {"number"}:
        mixed_unit(left.unit, right.unit)
        return True
    if names <= {"text", "choice"} or names <= {"date", "datetime"}:
        return True
    if names == {"record"}:
        return not order and bool(not left.objects or not right.objects or set(left.objects) & set(right.objects))
    if names == {"list"} or names == {"boolean"}:
        return not order
    if names == {"range"}:
        return not order
    return len(names) == 1 and names <= {"time", "duration"}


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of type `given` can stand where `wanted` is expected."""
    if "any" in (given.name, wanted.name) or given.name == "blank":
        return True
    if wanted.name == "number" and given.name == "number":
        clash = {family(given.unit), family(wanted.unit)} == set(UNITS_OF_VALUE)
        return not clash and not (":" in given.unit and ":" in wanted.unit and given.unit != wanted.unit)
    if wanted.name == "text":
        return given.name in ("text", "choice")
    if wanted.name == "choice":
        return given.name in ("text", "choice")
    if wanted.name == "datetime":
        return given.name in ("date", "datetime")
    if wanted.name == "record":
        return given.name == "record" and bool(
            not given.objects or not wanted.objects or set(given.objects) & set(wanted.objects)
        )
    if wanted.name == "rows":
        return given.name in ("rows", "list") and bool(
            not wanted.objects or not given.objects or set(given.objects) & set(wanted.objects)
        )
    if wanted.name == "list":
        return _fits_list(given, wanted)
    return given.name == wanted.name


def _fits_list(given: Type, wanted: Type) -> bool:
    of = wanted.of or Type("any")
    if given.name == "list":
        return fits(given.of or Type("any"), of)
    if given.name == "rows":
        return fits(Type("record", objects=given.objects), of)
    return fits(given, of)
