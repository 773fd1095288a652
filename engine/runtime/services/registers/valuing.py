"""What a stock is worth as goods come and go: moving average, average of the month, first in first out. Pure: figures
in, figures out; knows no register and no database."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Literal, TypeAlias

from engine.expressions.values import Value

ZERO = Decimal(0)
Method: TypeAlias = Literal["moving average", "period average", "fifo"]
Place: TypeAlias = "tuple[str, int, int]"      # object, record, line
Keys: TypeAlias = "tuple[Value, ...]"
Worth: TypeAlias = "dict[tuple[Place, dt.date, Keys], Decimal]"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line moved on one day. `parts`: keys → quantity; `given` its value where the line says it itself, None
    where the engine finds it. Entries come in the order of (day, booking)."""

    place: Place
    day: dt.date
    parts: Mapping[Keys, Decimal]
    given: Decimal | None = None

    @property
    def net(self) -> Decimal:
        return sum(self.parts.values(), ZERO)


@dataclass(slots=True)
class Stock:
    """Quantity and value so far; for `fifo` also what came in and is still there, oldest first, as (quantity, cost)."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO
    layers: deque[tuple[Decimal, Decimal]] = field(default_factory=deque)

    def average(self) -> Decimal | None:
        """The cost of one piece; None where nothing sensible is owned."""
        if not self.quantity:
            return None
        cost = self.value / self.quantity
        return cost if cost >= 0 else None

    def add(self, quantity: Decimal, value: Decimal) -> None:
        self.quantity += quantity
        self.value += value


@dataclass(frozen=True, slots=True)
class Rules:
    """How values are found. `start` gives the cost of a piece while nothing is owned; `kept` what was booked already
    for an entry, whose start cost then stays as it was; `before` quantity and value that a line had booked on the keys
    before the first entry: what a line takes back it takes back at its own value."""

    method: Method
    scale: int
    start: Callable[[], Decimal]
    kept: Mapping[tuple[Place, dt.date], Decimal]
    before: Mapping[tuple[Place, Keys], tuple[Decimal, Decimal]]


def worth(rules: Rules, entries: Sequence[Entry], stock: Stock) -> Worth:
    """The value of every part of every entry whose value is not given; `stock` is what was there before the first."""
    found: Worth = {}
    own = dict(rules.before)
    if rules.method == "period average":
        for _, month in groupby(entries, key=lambda one: (one.day.year, one.day.month)):
            _month(rules, list(month), stock, found)
    else:
        for entry in entries:
            if entry.given is not None:
                _given(rules, entry, stock)
            else:
                _valued(rules, entry, stock, own, found)
    return found


def _given(rules: Rules, entry: Entry, stock: Stock) -> None:
    given, net = entry.given or ZERO, entry.net
    if rules.method == "fifo":
        if net > 0:
            stock.layers.append((net, given / net))
        else:
            _consume(stock, -net)
    stock.add(net, given)


def _valued(
    rules: Rules, entry: Entry, stock: Stock, own: dict[tuple[Place, Keys], tuple[Decimal, Decimal]], found: Worth
) -> None:
    net = entry.net
    unit = _unit(rules, entry, stock)
    total = _total(rules, entry, stock, own, unit)
    if rules.method == "fifo":
        if net > 0:
            stock.layers.append((net, total / net))
        elif net < 0:
            _consume(stock, -net)
    for keys, quantity, amount in _spread(rules, entry, total, total / net if net else unit):
        found[entry.place, entry.day, keys] = amount
        had = own.get((entry.place, keys), (ZERO, ZERO))
        own[entry.place, keys] = (had[0] + quantity, had[1] + amount)
    stock.add(net, total)


def _unit(rules: Rules, entry: Entry, stock: Stock) -> Decimal:
    average = stock.average()
    if average is not None:
        return average
    kept = rules.kept.get((entry.place, entry.day))
    return kept / entry.net if kept and entry.net else rules.start()


def _total(
    rules: Rules, entry: Entry, stock: Stock, own: Mapping[tuple[Place, Keys], tuple[Decimal, Decimal]], unit: Decimal
) -> Decimal:
    net = entry.net
    if not net:
        return ZERO
    if not stock.quantity + net:
        return -stock.value                    # the last piece takes the rest
    had = [own.get((entry.place, keys), (ZERO, ZERO)) for keys in entry.parts]
    if all(before[0] and not before[0] + moved for before, moved in zip(had, entry.parts.values(), strict=True)):
        return -sum((before[1] for before in had), ZERO)
    if rules.method == "fifo" and net < 0 and stock.quantity > 0:
        return -round_half_up(_cost(stock, -net, unit), rules.scale)
    return round_half_up(unit * net, rules.scale)


def _spread(rules: Rules, entry: Entry, total: Decimal, unit: Decimal) -> Iterator[tuple[Keys, Decimal, Decimal]]:
    """The total over the parts; the last one takes what rounding leaves."""
    left, parts = total, list(entry.parts.items())
    for keys, quantity in parts[:-1]:
        amount = round_half_up(unit * quantity, rules.scale)
        left -= amount
        yield keys, quantity, amount
    keys, quantity = parts[-1]
    yield keys, quantity, left


def _month(rules: Rules, entries: list[Entry], stock: Stock, found: Worth) -> None:
    """One month at one average: of what was there and of what came in at a given value."""
    for entry in entries:
        if entry.given is not None:
            _given(rules, entry, stock)
    open_, last = stock.average(), None
    for entry in entries:
        if entry.given is not None:
            continue
        unit = open_ if open_ is not None else _unit(rules, entry, stock)
        total = round_half_up(unit * entry.net, rules.scale)
        for keys, _, amount in _spread(rules, entry, total, unit):
            found[entry.place, entry.day, keys] = amount
            last = (entry.place, entry.day, keys)
        stock.add(entry.net, total)
    if last is not None and not stock.quantity and stock.value:
        found[last] -= stock.value             # the last piece takes the rest
        stock.value = ZERO


def _consume(stock: Stock, quantity: Decimal) -> None:
    while quantity > 0 and stock.layers:
        there, cost = stock.layers.popleft()
        taken = min(there, quantity)
        quantity -= taken
        if there > taken:
            stock.layers.appendleft((there - taken, cost))


def _cost(stock: Stock, quantity: Decimal, unit: Decimal) -> Decimal:
    """What the oldest pieces cost; those that are not there, at `unit`."""
    total = ZERO
    for there, cost in stock.layers:
        taken = min(there, quantity)
        total += taken * cost
        quantity -= taken
        if not quantity:
            break
    return total + quantity * unit


def round_half_up(value: Decimal, scale: int) -> Decimal:
    """Commercial rounding to `scale` decimals."""
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)


def first_days(days: Iterable[dt.date], method: Method) -> dt.date:
    """From which day on values may change when something moved on `days`: `fifo` counts from the beginning."""
    first = min(days)
    if method == "fifo":
        return dt.date.min
    return first.replace(day=1) if method == "period average" else first
