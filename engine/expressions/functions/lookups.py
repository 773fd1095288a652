"""Spreadsheet look-alikes on lists: conditional sums, look-ups. A list is a path through rows or `[a, b]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import DIVISION_BY_ZERO, EXACT, NO_MATCH, NO_NUMBER, ONE, ZERO, divide, wrong_value
from engine.expressions.comparing import compare, equal
from engine.expressions.functions.base import Function, Param, number, value
from engine.expressions.functions.texts import matches, value_
from engine.expressions.types import ANY, INTEGER, NUMBER, Type
from engine.expressions.values import ErrorValue

CRITERION = re.compile(r"^(<=|>=|<>|!=|=|<|>)?(.*)$", re.DOTALL)
UNEQUAL = wrong_value("列表长度不同", "The lists differ in length")
WRONG_MODE = wrong_value("没有这种匹配或查找方式", "There is no such way of matching or searching")
OUTSIDE = ErrorValue("#REF!", NO_NUMBER.reason)
Test = Callable[[Any], bool]
VERDICTS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def alike(found: Any, wanted: Any) -> int | ErrorValue | None:
    """How two values stand to each other, large and small letters alike."""
    both = isinstance(found, str) and isinstance(wanted, str)
    return compare(found.casefold(), wanted.casefold()) if both else compare(found, wanted)


def criterion(wanted: Any) -> Test:
    """A test out of a value, or out of a text such as `>=10`, `<>x`, `a*`."""
    if not isinstance(wanted, str):
        return lambda found: equal(found, wanted) is True
    match = CRITERION.match(wanted)
    assert match is not None
    sign, rest = match[1] or "=", match[2]
    as_number = value_(rest) if rest else None
    if isinstance(as_number, Decimal):
        return _compared(sign, as_number)
    if sign in ("=", "<>", "!="):
        positive = sign == "="
        return lambda found: (
            (matches(found or "", rest) if isinstance(found, str) or found is None else False) is positive
        )
    return _compared(sign, rest)


def _compared(sign: str, wanted: Any) -> Test:
    def test(found: Any) -> bool:
        if type(found) is not type(wanted):
            return sign in ("<>", "!=")
        order = alike(found, wanted)
        if not isinstance(order, int):
            return sign in ("<>", "!=")
        return VERDICTS[sign](order)

    return test


def chosen(pairs: Sequence[Any], values: Sequence[Any]) -> list[Any] | ErrorValue:
    """The values at the places where every (list, criterion) fits."""
    kept = list(range(len(values)))
    for place in range(0, len(pairs) - 1, 2):
        if len(pairs[place]) != len(values):
            return UNEQUAL
        test = criterion(pairs[place + 1])
        kept = [index for index in kept if test(pairs[place][index])]
    found = [values[index] for index in kept]
    return next((item for item in found if isinstance(item, ErrorValue)), found)


def numeric(found: list[Any] | ErrorValue, finish: Callable[[list[Decimal]], Any]) -> Any:
    """A figure over the numbers among values."""
    if isinstance(found, ErrorValue):
        return found
    return finish([item for item in found if isinstance(item, Decimal)])


def added(numbers: list[Decimal]) -> Decimal:
    total = ZERO
    for item in numbers:
        total = EXACT.add(total, item)
    return total


def mean(numbers: list[Decimal]) -> Any:
    return divide(added(numbers), Decimal(len(numbers))) if numbers else DIVISION_BY_ZERO


def single(finish: Callable[[list[Decimal]], Any]) -> Any:
    """The body of `sumif(list, criterion [, values])`."""
    return lambda tested, wanted, values=None: numeric(
        chosen((tested, wanted), tested if values is None else values), finish
    )


def several(finish: Callable[[list[Decimal]], Any]) -> Any:
    """The body of `sumifs(values, list, criterion, …)`."""
    return lambda values, *pairs: numeric(chosen(pairs, values), finish)


def countif(tested: Sequence[Any], wanted: Any) -> Any:
    return countifs(tested, wanted)


def countifs(*pairs: Any) -> Any:
    found = chosen(pairs, pairs[0])
    return found if isinstance(found, ErrorValue) else Decimal(len(found))


def single_values(given: Sequence[Any]) -> list[Any]:
    """Values and lists of them as one list."""
    return [item for part in given for item in (single_values(part) if isinstance(part, tuple) else [part])]


def counta(*given: Any) -> Decimal:
    """How many values there are: all that are not blank."""
    return Decimal(sum(1 for item in single_values(given) if item is not None and item != ""))


def countblank(*given: Any) -> Decimal:
    return Decimal(len(single_values(given))) - counta(*given)


def sumproduct(*lists: Sequence[Any]) -> Any:
    """The sum of the products of values at the same places."""
    if len({len(items) for items in lists}) > 1:
        return UNEQUAL
    total = ZERO
    for factors in zip(*lists, strict=True):
        product = ONE
        for factor in factors:
            if isinstance(factor, ErrorValue):
                return factor
            product = EXACT.multiply(product, factor if isinstance(factor, Decimal) else ZERO)
        total = EXACT.add(total, product)
    return total


def place_of(wanted: Any, items: Sequence[Any], kind: int) -> int | None:
    """The place (from 0) of an equal value; with kind 1 of the last not above it, with -1 of the last not below it."""
    if kind == 0:
        test = criterion(wanted) if isinstance(wanted, str) and not CRITERION.match(wanted)[1] else None  # type: ignore[index]
        return next((i for i, item in enumerate(items) if (test(item) if test else _same(item, wanted))), None)
    found: int | None = None
    for place, item in enumerate(items):
        order = alike(item, wanted)
        if isinstance(order, int) and order * kind <= 0:
            found = place
        elif isinstance(order, int):
            break
    return found


def match(wanted: Any, items: Sequence[Any], kind: Decimal = ONE) -> Any:
    place = place_of(wanted, items, int(kind))
    return NO_MATCH if place is None else Decimal(place + 1)


def index(items: Sequence[Any], place: Decimal, column: Decimal | None = None) -> Any:
    """The value at a place from 1; of a list of lists with a column."""
    if not 1 <= place <= len(items):
        return OUTSIDE
    found = items[int(place) - 1]
    if column is None:
        return found
    return index(found, column) if isinstance(found, tuple) else OUTSIDE


def lookup(wanted: Any, items: Sequence[Any], results: Sequence[Any] | None = None) -> Any:
    """The result beside the last value not above the wanted one, in a sorted list."""
    return _beside(place_of(wanted, items, 1), items if results is None else results)


def xlookup(
    wanted: Any,
    items: Sequence[Any],
    results: Sequence[Any],
    otherwise: Any = NO_MATCH,
    match_mode: Decimal = ZERO,
    search_mode: Decimal = ONE,
) -> Any:
    """The result beside the first value that fits, else `otherwise`.

    `match_mode`: 0 an equal value, -1 else the next smaller, 1 else the next larger, 2 a pattern with `?` and `*`.
    `search_mode`: 1 and 2 from the first, -1 and -2 from the last."""
    if match_mode not in (-1, 0, 1, 2) or search_mode not in (-2, -1, 1, 2):
        return WRONG_MODE
    places = list(range(len(items)))
    ordered = places if search_mode > 0 else places[::-1]
    test = criterion("=" + wanted) if match_mode == 2 and isinstance(wanted, str) else lambda item: _same(item, wanted)
    place = next((place for place in ordered if test(items[place])), None)
    if place is None and match_mode in (-1, 1):
        place = _next(wanted, items, ordered, int(match_mode))
    return otherwise if place is None else _beside(place, results)


def _same(found: Any, wanted: Any) -> bool:
    """Whether values are equal, large and small letters alike."""
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold()
    return equal(found, wanted) is True


def _next(wanted: Any, items: Sequence[Any], places: Sequence[int], side: int) -> int | None:
    """The place of the greatest value below the wanted one (side -1), or of the least above it (side 1)."""
    best: int | None = None
    for place in places:
        order = alike(items[place], wanted)
        if not isinstance(order, int) or order * side <= 0:
            continue
        nearer = None if best is None else alike(items[place], items[best])
        if best is None or (isinstance(nearer, int) and nearer * side < 0):
            best = place
    return best


def _beside(place: int | None, results: Sequence[Any]) -> Any:
    if place is None:
        return NO_MATCH
    return results[place] if place < len(results) else OUTSIDE


def vlookup(wanted: Any, table: Sequence[Any], column: Decimal, near: Any = True) -> Any:
    """The value in a column of the row whose first value fits; `table` is a list of lists."""
    rows = [row for row in table if isinstance(row, tuple) and row]
    place = place_of(wanted, [row[0] for row in rows], 0 if near is False else 1)
    return NO_MATCH if place is None else index(rows[place], column)


def hlookup(wanted: Any, table: Sequence[Any], row: Decimal, near: Any = True) -> Any:
    """As `vlookup`, across: the first list holds what is looked for."""
    lists = [line for line in table if isinstance(line, tuple)]
    return vlookup(wanted, list(zip(*lists, strict=False)), row, near)


def element(types: Sequence[Type]) -> Type:
    of = types[0].of if types and types[0].name == "list" else None
    return of or ANY


def results_of(types: Sequence[Type]) -> Type:
    return element(types[2:3]) if len(types) > 2 else element(types[1:2])


def summed(types: Sequence[Type]) -> Type:
    kind = element(types[2:3]) if len(types) > 2 and types[2].name == "list" else element(types)
    return kind if kind.name == "number" else NUMBER


def plain(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, **options)


def items(name: str = "list", **options: Any) -> Param:
    return Param(name, "list", **options)


WANTED = value("criterion")
VALUES, MORE = Param("list", "values"), Param("list", "values", optional=True, many=True)
TABLE = Param("table", "table")
PAIRS = (items(), WANTED, items(optional=True), value("criterion", optional=True, many=True))

LOOKUPS: tuple[Function, ...] = (
    plain("sumif", single(added), summed, items(), WANTED, items("values", optional=True)),
    plain("averageif", single(mean), summed, items(), WANTED, items("values", optional=True)),
    plain("countif", countif, INTEGER, items(), WANTED),
    plain("sumifs", several(added), summed, items("values"), *PAIRS, group=2),
    plain("averageifs", several(mean), summed, items("values"), *PAIRS, group=2),
    plain("minifs", several(lambda found: min(found, default=ZERO)), summed, items("values"), *PAIRS, group=2),
    plain("maxifs", several(lambda found: max(found, default=ZERO)), summed, items("values"), *PAIRS, group=2),
    plain("countifs", countifs, INTEGER, *PAIRS, group=2),
    plain("counta", counta, INTEGER, VALUES, MORE),
    plain("countblank", countblank, INTEGER, VALUES, MORE),
    plain("sumproduct", sumproduct, NUMBER, items(), items(optional=True, many=True)),
    plain("match", match, INTEGER, value("wanted"), items(), number("kind", optional=True)),
    plain("index", index, element, Param("list", "values"), number("place"), number("column", optional=True)),
    plain("lookup", lookup, results_of, value("wanted"), items(), items("results", optional=True)),
    plain(
        "xlookup",
        xlookup,
        results_of,
        value("wanted"),
        items(),
        items("results"),
        value("otherwise", optional=True),
        number("match_mode", optional=True),
        number("search_mode", optional=True),
    ),
    plain("vlookup", vlookup, ANY, value("wanted"), TABLE, number("column"), value("near", optional=True)),
    plain("hlookup", hlookup, ANY, value("wanted"), TABLE, number("row"), value("near", optional=True)),
)
