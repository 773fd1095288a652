"""Functions over the rows of a report: a row's value beside those of the others. Bodies get all values in order.

A report works them out when its rows are known; anywhere else they are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import NO_NUMBER, ONE, ZERO, divide, plus, times, wrong_value
from engine.expressions.comparing import empty, ordering_key
from engine.expressions.functions.base import Function, Param, first_type, number, value
from engine.expressions.types import INTEGER, NUMBER
from engine.expressions.values import Duration, ErrorValue

Values = Sequence[Any]
OUTSIDE = wrong_value("只能用于报表的列", "Only a column of a report has other rows beside it")


def running(values: Values) -> list[Any]:
    """The sum of a row's value and of all above it; a blank adds nothing, an error stays from there on."""
    total: Any = ZERO
    found = []
    for item in values:
        if type(total) is not ErrorValue:
            total = item if type(item) is ErrorValue else total if item is None else plus(total, item)
        found.append(total)
    return found


def share(values: Values) -> list[Any]:
    """A row's part of the sum of all rows."""
    total = running(values)[-1] if values else ZERO
    if type(total) is ErrorValue:
        return [total] * len(values)
    return [divide(ZERO if item is None else item, total) for item in values]


def rank(values: Values) -> list[Any]:
    """The place of a row, the least value first (`rank(-sold)`: the greatest); equal values share a place."""
    order = sorted((item for item in values if not empty(item)), key=ordering_key)
    places: dict[Any, int] = {}
    for place, item in enumerate(order, 1):
        places.setdefault(ordering_key(item), place)
    return [item if empty(item) else Decimal(places[ordering_key(item)]) for item in values]


def ntile(values: Values, tiles: Any) -> list[Any]:
    """The rows in so many groups of equal size, the least values in group 1; what is left over goes to the first."""
    if not isinstance(tiles, Decimal) or tiles < 1:
        return [NO_NUMBER] * len(values)
    count = int(tiles)
    filled = [place for place, item in enumerate(values) if not empty(item)]
    order = sorted(filled, key=lambda place: ordering_key(values[place]))
    size, more = divmod(len(order), count)
    found: list[Any] = [item if empty(item) else None for item in values]
    start = 0
    for tile in range(1, min(count, len(order)) + 1):
        end = start + size + (1 if tile <= more else 0)
        for place in order[start:end]:
            found[place] = Decimal(tile)
        start = end
    return found


def percentile(values: Any, part: Decimal) -> Any:
    """The value below which a part of the values lies, between two of them in proportion."""
    found = list(values)
    error = next((item for item in found if type(item) is ErrorValue), None)
    if error is not None:
        return error
    if not found or not ZERO <= part <= ONE:
        return NO_NUMBER
    found.sort(key=ordering_key)
    whole, rest = divmod(part * (len(found) - 1), ONE)
    low = found[int(whole)]
    return low if not rest else _between(low, found[int(whole) + 1], rest)


def _between(low: Any, high: Any, part: Decimal) -> Any:
    """The value so far from one to the other; durations too."""
    if not isinstance(low, Duration):
        return low + (high - low) * part
    way = plus(high, times(low, Decimal(-1)))
    return plus(low, times(way, part) if isinstance(way, Duration) else way)


def outside(*values: Any) -> ErrorValue:
    return OUTSIDE


def window(name: str, over: Callable[..., list[Any]], gives: Any, *params: Param) -> Function:
    return Function(name, params, gives, outside, window=over)


def figure(name: str) -> Function:
    """`opening(on_hand)`: the checker makes it a sum of the measure as it was then."""
    source = Param("source", "source")
    return Function(name, (source,), first_type, outside, form="aggregate", over=("number",), figure=name)


WINDOWS: tuple[Function, ...] = (
    *(figure(name) for name in ("opening", "closing", "turnover", "inflow", "outflow")),
    window("running", running, first_type, number("value")),
    window("share", share, NUMBER, number("value")),
    window("rank", rank, INTEGER, value("value")),
    window("ntile", ntile, INTEGER, number("tiles"), value("value")),
    Function(
        "percentile",
        (Param("source", "source"), number("part")),
        first_type,
        percentile,
        form="aggregate",
        over=("number", "duration"),
    ),
)
