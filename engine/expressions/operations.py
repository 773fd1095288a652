"""Closures of operators over values: chosen once by the static types, nothing decided again at run time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from engine.expressions import moments
from engine.expressions.arithmetic import (
    BEYOND,
    CONTEXT,
    DIVISION_BY_ZERO,
    EXACT,
    TOO_LARGE,
    ZERO,
    Spread,
    bounded,
    divide,
    part_of,
    power,
    times,
    wrong_value,
)
from engine.expressions.comparing import compare, contains, duration_seconds, equal, identity
from engine.expressions.scope import Frame
from engine.expressions.types import Type
from engine.expressions.values import Duration, ErrorValue
from engine.expressions.wording import wording

Run: TypeAlias = Callable[[Frame], Any]


def _numbers(exact: Callable[[Decimal, Decimal], Any]) -> Callable[[Run, Run], Run]:
    """The closure of a number operator: blanks are 0, errors spread, too large a result is an error."""

    def slow(left: Any, right: Any) -> Any:
        if type(left) is ErrorValue:
            return left
        if type(right) is ErrorValue:
            return right
        return temporal_or(exact, ZERO if left is None else left, ZERO if right is None else right)

    def build(left: Run, right: Run) -> Run:
        def run(frame: Frame) -> Any:
            a = left(frame)
            b = right(frame)
            try:
                return exact(a, b)
            except TypeError:
                return slow(a, b)
            except BEYOND:
                return TOO_LARGE

        return run

    return build


def temporal_or(exact: Callable[[Decimal, Decimal], Any], left: Any, right: Any) -> Any:
    try:
        return exact(left, right)
    except TypeError:
        return wrong_value("无法计算", "These cannot be calculated with")
    except BEYOND:
        return TOO_LARGE


def _quotient(left: Decimal, right: Decimal) -> Any:
    if type(left) is not Decimal or type(right) is not Decimal:
        raise TypeError
    return divide(left, right)


def _power(base: Decimal, exponent: Decimal) -> Any:
    if type(base) is not Decimal or type(exponent) is not Decimal:
        raise TypeError
    return power(base, exponent)


NUMBER_OPERATORS: dict[str, Callable[[Run, Run], Run]] = {
    "+": _numbers(EXACT.add),
    "-": _numbers(EXACT.subtract),
    "*": _numbers(EXACT.multiply),
    "/": _numbers(_quotient),
    "^": _numbers(_power),
}


def arithmetic(op: str, left: Run, right: Run, left_type: Type, right_type: Type) -> Run:
    """The closure of `+ - * / ^`."""
    plain = ("number", "blank")
    if left_type.name in plain and right_type.name in plain:
        return NUMBER_OPERATORS[op](left, right)

    dated = ("date", "datetime", "time")
    left_dated, right_dated = left_type.name in dated, right_type.name in dated
    left_length, right_length = left_type.name == "duration", right_type.name == "duration"

    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        if type(a) is ErrorValue:
            return a
        if type(b) is ErrorValue:
            return b
        if (left_dated and a is None) or (right_dated and b is None):
            return None
        a = NO_TIME if a is None and left_length else a
        b = NO_TIME if b is None and right_length else b
        try:
            return calculate(op, a, b, frame)
        except Spread as spread:
            return spread.error
        except ArithmeticError:
            return TOO_LARGE

    return run


def calculate(op: str, left: Any, right: Any, frame: Frame) -> Any:
    """`left op right` where dates, moments or durations take part; a blank date gives a blank."""
    if isinstance(left, (Decimal, type(None))) and isinstance(right, (Decimal, type(None))):
        if left is None and right is None:
            return None
        return temporal_or(CALCULATED[op], ZERO if left is None else left, ZERO if right is None else right)
    if op in ("+", "-"):
        return _shifted(op, left, right, frame)
    if isinstance(left, Duration) and isinstance(right, Duration):
        length = duration_seconds(right)
        return divide(duration_seconds(left), length) if length else DIVISION_BY_ZERO
    if isinstance(left, Duration):
        factor = ZERO if right is None else right
        return times(left, factor) if op == "*" else part_of(left, factor)
    if isinstance(right, Duration) and op == "*":
        return times(right, ZERO if left is None else left)
    return wrong_value("无法计算", "These cannot be calculated with")


NO_TIME = Duration()
CALCULATED: dict[str, Callable[[Decimal, Decimal], Any]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": _quotient,
    "^": _power,
}


def _shifted(op: str, left: Any, right: Any, frame: Frame) -> Any:
    sign = 1 if op == "+" else -1
    if op == "+" and isinstance(right, (dt.date, dt.time)) and not isinstance(left, (dt.date, dt.time)):
        left, right = right, left
    if isinstance(left, Duration) and isinstance(right, (Duration, type(None))):
        return moments.add_durations(left, right, sign)
    if left is None:
        return moments.add_durations(Duration(), right, sign) if isinstance(right, Duration) else None
    if right is None:
        return left
    if isinstance(left, (dt.date, dt.time)) and isinstance(right, (dt.date, dt.time)):
        return moments.difference(left, right, frame.world)
    return moments.shift(left, right, sign, frame.world)


def negative(arg: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = arg(frame)
        if type(value) is Decimal:
            return CONTEXT.minus(value)
        if value is None:
            return ZERO
        if isinstance(value, Duration):
            return moments.add_durations(Duration(), value, -1)
        return value if type(value) is ErrorValue else wrong_value("不是数字", "This is not a number")

    return run


def joined(args: list[Run]) -> Run:
    def run(frame: Frame) -> Any:
        pieces: list[str] = []
        for arg in args:
            value = arg(frame)
            word = value if type(value) is str else wording(value, frame.world)
            if isinstance(word, ErrorValue):
                return word
            pieces.append(word)
        return bounded("".join(pieces))

    return run


def all_of(args: list[Run]) -> Run:
    """`and`: left to right; what follows a false is not evaluated."""

    def run(frame: Frame) -> Any:
        for arg in args:
            value = arg(frame)
            if value is not True:
                return value if type(value) is ErrorValue else False
        return True

    return run


def any_of(args: list[Run]) -> Run:
    """`or`: left to right; what follows a true is not evaluated."""

    def run(frame: Frame) -> Any:
        for arg in args:
            value = arg(frame)
            if value is True:
                return True
            if type(value) is ErrorValue:
                return value
        return False

    return run


def negated(arg: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = arg(frame)
        return value if type(value) is ErrorValue else value is not True

    return run


def equality(left: Run, right: Run, wanted: bool, left_type: Type, right_type: Type) -> Run:
    """`=` and `!=`; values whose static types are alike compare directly."""
    same = _sameness({left_type.name, right_type.name})
    if same is None:
        return _equality_of_any(left, right, wanted)

    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        if type(a) is ErrorValue:
            return a
        if type(b) is ErrorValue:
            return b
        return same(a, b) is wanted

    return run


def _sameness(names: set[str]) -> Callable[[Any, Any], bool] | None:
    """How values of these static types are the same; None where only the values tell."""
    if names <= {"text", "choice", "blank"}:
        return lambda a, b: (a or None) == (b or None)
    if names <= {"record", "blank"}:
        return lambda a, b: a is b if a is None or b is None else identity(a) == identity(b)
    if len(names - {"blank"}) == 1 and names <= {"number", "boolean", "time", "date", "blank"}:
        return lambda a, b: bool(a == b)
    return None


def _equality_of_any(left: Run, right: Run, wanted: bool) -> Run:
    def run(frame: Frame) -> Any:
        same = equal(left(frame), right(frame), frame.world.timezone)
        return same is wanted if type(same) is bool else same

    return run


ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}
DIRECT: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def ordering(op: str, left: Run, right: Run, left_type: Type, right_type: Type) -> Run:
    """`< <= > >=`; false where a side is blank."""
    verdict = ORDER[op]

    def slow(a: Any, b: Any, frame: Frame) -> Any:
        sign = compare(a, b, frame.world.timezone)
        if sign is None:
            return False
        return verdict(sign) if isinstance(sign, int) else sign

    if not (left_type.name == right_type.name and left_type.name in ("number", "date", "time")):
        return lambda frame: slow(left(frame), right(frame), frame)
    direct = DIRECT[op]

    def fast(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        try:
            return direct(a, b)
        except TypeError:
            return slow(a, b, frame)

    return fast


def membership(value: Run, container: Run) -> Run:
    def run(frame: Frame) -> Any:
        wanted = value(frame)
        if type(wanted) is ErrorValue:
            return wanted
        return contains(container(frame), wanted, frame.world.timezone)

    return run


def blankness(arg: Run) -> Run:
    """`is blank`: nothing, the empty text, an empty list; an error spreads."""

    def run(frame: Frame) -> Any:
        value = arg(frame)
        if type(value) is ErrorValue:
            return value
        return value is None or value == "" or value == () or getattr(value, "items", None) == ()

    return run
