"""Aggregates: functions over the rows of a source. Bodies get an iterator of values; errors among them spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions import arithmetic
from engine.expressions.arithmetic import BEYOND, EXACT, NO_MATCH, NO_NUMBER, ONE, TOO_LARGE, ZERO, bounded, divide
from engine.expressions.comparing import ordering_key, same_key
from engine.expressions.functions.base import Function, Param, first_type, number, text
from engine.expressions.scope import Frame
from engine.expressions.types import ANY, BOOLEAN, INTEGER, TEXT, Type, list_of
from engine.expressions.values import Duration, ErrorValue, Row
from engine.expressions.wording import wording

SOURCE = Param("source", "source")
ADDED = ("number", "duration")
ORDERED = ("number", "duration", "date", "datetime", "time", "text", "choice")


def total(values: Iterator[Any]) -> Any:
    """The sum; nothing gives 0; durations give a duration."""
    result: Any = None
    for value in values:
        if type(value) is ErrorValue:
            return value
        result = value if result is None else arithmetic.plus(result, value)
        if type(result) is ErrorValue:
            return result
    return ZERO if result is None else result


def product(values: Iterator[Any]) -> Any:
    result: Any = None
    for value in values:
        if type(value) is ErrorValue:
            return value
        try:
            result = value if result is None else EXACT.multiply(result, value)
        except BEYOND:
            return TOO_LARGE
    return ZERO if result is None else result


def count(values: Iterator[Any]) -> Any:
    found = 0
    for value in values:
        if type(value) is ErrorValue:
            return value
        found += 1
    return Decimal(found)


def count_unique(values: Iterator[Any]) -> Any:
    seen = set()
    for value in values:
        if type(value) is ErrorValue:
            return value
        seen.add(same_key(value))
    return Decimal(len(seen))


def collected(values: Iterator[Any]) -> list[Any] | ErrorValue:
    """All values, or the first error among them."""
    found = []
    for value in values:
        if type(value) is ErrorValue:
            return value
        found.append(value)
    return found


def average(values: Iterator[Any]) -> Any:
    found = collected(values)
    if isinstance(found, ErrorValue):
        return found
    return share(total(iter(found)), len(found))


def share(whole: Any, parts: int) -> Any:
    """A sum divided by how many it has."""
    if type(whole) is ErrorValue:
        return whole
    if isinstance(whole, Duration):
        return arithmetic.part_of(whole, Decimal(parts))
    return divide(whole, Decimal(parts))


def in_order(values: Iterator[Any], descending: bool = False) -> list[Any] | ErrorValue:
    """The values sorted, or the first error; values of different types have no order."""
    found = collected(values)
    if isinstance(found, ErrorValue):
        return found
    try:
        return sorted(found, key=ordering_key, reverse=descending)
    except TypeError:
        return arithmetic.UNLIKE


def least(values: Iterator[Any]) -> Any:
    found = in_order(values)
    return found if isinstance(found, ErrorValue) else found[0] if found else None


def greatest(values: Iterator[Any]) -> Any:
    found = in_order(values, descending=True)
    return found if isinstance(found, ErrorValue) else found[0] if found else None


def median(values: Iterator[Any]) -> Any:
    found = in_order(values)
    if isinstance(found, ErrorValue):
        return found
    if not found:
        return NO_NUMBER
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else share(arithmetic.plus(found[middle - 1], found[middle]), 2)


def first(values: Iterator[Any]) -> Any:
    return next(values, None)


def last(values: Iterator[Any]) -> Any:
    result = None
    for value in values:
        result = value
    return result


def only(values: Iterator[Any]) -> Any:
    """The one value; none or several are an error."""
    found = list(values)
    if len(found) == 1:
        return found[0]
    return (
        arithmetic.wrong_value("应恰有一个，实有 {n} 个", "Exactly one is wanted, there are {n}", n=len(found))
        if found
        else NO_MATCH
    )


def exists(values: Iterator[Any]) -> Any:
    for value in values:
        if type(value) is ErrorValue:
            return value
        if value is True or isinstance(value, Row):
            return True
        if value is not False and value is not None:
            return True
    return False


def every(values: Iterator[Any]) -> Any:
    for value in values:
        if type(value) is ErrorValue:
            return value
        if value is not True:
            return False
    return True


def as_list(values: Iterator[Any]) -> Any:
    found = collected(values)
    return found if isinstance(found, ErrorValue) else tuple(found)


def join(frame: Frame, values: Iterator[Any], separator: str = ", ") -> Any:
    """The values as texts, links by their titles."""
    words: list[str] = []
    for value in values:
        word = wording(value, frame.world)
        if isinstance(word, ErrorValue):
            return word
        words.append(word)
    return bounded(separator.join(words))


def nth_large(values: Iterator[Any], place: Decimal) -> Any:
    return nth(values, place, True)


def nth_small(values: Iterator[Any], place: Decimal) -> Any:
    return nth(values, place, False)


def nth(values: Iterator[Any], place: Decimal, descending: bool) -> Any:
    found = in_order(values, descending)
    if isinstance(found, ErrorValue):
        return found
    return found[int(place) - 1] if ONE <= place < len(found) + 1 else NO_NUMBER


def listed(types: Sequence[Type]) -> Type:
    return list_of(first_type(types))


def sum_type(types: Sequence[Type]) -> Type:
    kind = first_type(types)
    return kind if kind.name in ("number", "duration") else ANY if kind.name == "any" else Type("number")


def aggregate(name: str, body: Any, gives: Any, *more: Param, **options: Any) -> Function:
    return Function(name, (SOURCE, *more), gives, body, form="aggregate", **options)


AGGREGATES: tuple[Function, ...] = (
    aggregate("sum", total, sum_type, over=ADDED, scalars=True, sql=True, browser=True),
    aggregate("count", count, INTEGER, row="optional", scalars=True, sql=True, browser=True),
    aggregate("count_unique", count_unique, INTEGER, row="optional", sql=True, browser=True),
    aggregate("average", average, sum_type, over=ADDED, scalars=True, sql=True, browser=True),
    aggregate("min", least, first_type, over=ORDERED, scalars=True, sql=True, browser=True),
    aggregate("max", greatest, first_type, over=ORDERED, scalars=True, sql=True, browser=True),
    aggregate("median", median, first_type, over=ADDED, scalars=True),
    aggregate("product", product, sum_type, over=("number",), scalars=True, browser=True),
    aggregate("first", first, first_type, row="optional", blanks=True, sql=True, browser=True),
    aggregate("last", last, first_type, row="optional", blanks=True, browser=True),
    aggregate("only", only, first_type, row="optional", blanks=True),
    aggregate("exists", exists, BOOLEAN, row="optional", blanks=True, sql=True, browser=True),
    aggregate("any", exists, BOOLEAN, row="condition", blanks=True, sql=True, browser=True),
    aggregate("all", every, BOOLEAN, row="condition", blanks=True, sql=True, browser=True),
    aggregate("list", as_list, listed, row="optional"),
    aggregate("join", join, TEXT, text("separator", optional=True), frame=True, browser=True),
    aggregate("large", nth_large, first_type, number("place"), over=ORDERED),
    aggregate("small", nth_small, first_type, number("place"), over=ORDERED),
)
