"""Sets of values, exact: spans of numbers and days, lists of words; boxes of several of them. Knows no nodes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple, TypeAlias

from engine.expressions.types import Type

ORDERED = ("number", "date", "datetime", "time")
MAX_BOXES = 2000


class TooMany(Exception):
    """The sets fell into more pieces than anybody wants to look at."""


class Span(NamedTuple):
    """All values between two bounds; None is no bound, `open` leaves the bound itself out."""

    low: Any = None
    high: Any = None
    open_low: bool = False
    open_high: bool = False

    @property
    def empty(self) -> bool:
        """Whether no value lies in it."""
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and (self.open_low or self.open_high)))


EVERYTHING = Span()


@dataclass(frozen=True, slots=True)
class Ordered:
    """Values in an order: disjoint spans, upwards, perhaps blank. `unit`: how far apart neighbours are, if known."""

    spans: tuple[Span, ...]
    blank: bool = False
    unit: Any = None

    @property
    def empty(self) -> bool:
        """Whether no value is in it, not even blank."""
        return not self.spans and not self.blank

    def both(self, other: Ordered) -> Ordered:
        """The values that are in both."""
        found = (_common(one, two) for one in self.spans for two in other.spans)
        return self._of(found, self.blank and other.blank)

    def less(self, other: Ordered) -> Ordered:
        """The values that are not in the other."""
        spans = list(self.spans)
        for hole in other.spans:
            spans = [piece for span in spans for piece in _around(span, hole)]
        return self._of(spans, self.blank and not other.blank)

    def _of(self, spans: Iterable[Span], blank: bool) -> Ordered:
        kept = (closed(span, self.unit) for span in spans)
        return replace(self, spans=tuple(span for span in kept if not span.empty), blank=blank)

    def some(self) -> Any:
        """One value of it; None is blank."""
        if not self.spans:
            return None
        low, high, open_low, open_high = self.spans[0]
        step = self.unit if self.unit is not None else _step(low if low is not None else high)
        if low is None and high is None:
            return Decimal(0)
        if low is None:
            return high if not open_high else _moved(high, step, -1)
        if not open_low:
            return low
        if high is None:
            return _moved(low, step, 1)
        return high if not open_high else low + (high - low) / 2


@dataclass(frozen=True, slots=True)
class Listed:
    """Values without an order: these, or (`others`) all but these, and perhaps blank."""

    values: frozenset[Any]
    others: bool = False
    blank: bool = False

    @property
    def empty(self) -> bool:
        """Whether no value is in it, not even blank."""
        return not self.values and not self.others and not self.blank

    def both(self, other: Listed) -> Listed:
        """The values that are in both."""
        blank = self.blank and other.blank
        if self.others and other.others:
            return Listed(self.values | other.values, True, blank)
        if self.others:
            return Listed(other.values - self.values, False, blank)
        return Listed(self.values - other.values if other.others else self.values & other.values, False, blank)

    def less(self, other: Listed) -> Listed:
        """The values that are not in the other."""
        rest = self.both(Listed(other.values, not other.others, True))
        return replace(rest, blank=self.blank and not other.blank)

    def some(self) -> Any:
        """One value of it; None is blank or, where others are meant, none that has a name."""
        return min(self.values, key=str) if self.values and not self.others else None


Domain: TypeAlias = "Ordered | Listed"
Box: TypeAlias = "tuple[Domain, ...]"


def everything(kind: Type, *, blank: bool = False) -> Domain:
    """All values of a type."""
    if kind.name in ORDERED:
        return Ordered((EVERYTHING,), blank, unit_of(kind))
    if kind.name == "choice" and kind.options:
        return Listed(frozenset(kind.options), blank=blank)
    if kind.name == "boolean":
        return Listed(frozenset((True, False)), blank=blank)
    return Listed(frozenset(), True, blank)


def unit_of(kind: Type) -> Any:
    """How far apart the neighbours of a value are; None where values lie as close as one likes."""
    if kind.name == "date":
        return dt.timedelta(days=1)
    return Decimal(1) if kind.name == "number" and kind.scale == 0 else None


def closed(span: Span, unit: Any) -> Span:
    """The same values between bounds that are in it themselves, where neighbours are known."""
    if unit is None:
        return span
    low, high = span.low, span.high
    if low is not None:
        whole = low.to_integral_value(ROUND_CEILING) if isinstance(low, Decimal) else low
        low = whole + unit if span.open_low and whole == low else whole
    if high is not None:
        whole = high.to_integral_value(ROUND_FLOOR) if isinstance(high, Decimal) else high
        high = whole - unit if span.open_high and whole == high else whole
    return Span(low, high)


def _common(one: Span, two: Span) -> Span:
    low, open_low = _inner((one.low, one.open_low), (two.low, two.open_low), 1)
    high, open_high = _inner((one.high, one.open_high), (two.high, two.open_high), -1)
    return Span(low, high, open_low, open_high)


def _inner(one: tuple[Any, bool], two: tuple[Any, bool], sign: int) -> tuple[Any, bool]:
    """The narrower of two lower (`sign` 1) or upper bounds."""
    if one[0] is None or two[0] is None:
        return two if one[0] is None else one
    if one[0] == two[0]:
        return one[0], one[1] or two[1]
    return max(one, two) if sign > 0 else min(one, two)


def _around(span: Span, hole: Span) -> Iterator[Span]:
    """What is left of a span on both sides of a hole."""
    sides = []
    if hole.low is not None:
        sides.append(Span(None, hole.low, False, not hole.open_low))
    if hole.high is not None:
        sides.append(Span(hole.high, None, not hole.open_high, False))
    for side in sides:
        rest = _common(span, side)
        if not rest.empty:
            yield rest


def _step(value: Any) -> Any:
    if isinstance(value, Decimal):
        return Decimal(1)
    return dt.timedelta(days=1) if isinstance(value, dt.date) else None


def _moved(value: Any, step: Any, sign: int) -> Any:
    return value if step is None else value + step * sign


def common(one: Box, two: Box) -> Box | None:
    """The values that are in both boxes; None where there are none."""
    found = tuple(left.both(right) for left, right in zip(one, two, strict=True))  # type: ignore[arg-type]
    return None if any(side.empty for side in found) else found


def rest(boxes: Sequence[Box], hole: Box) -> list[Box]:
    """What is left of boxes without another one; raises `TooMany`."""
    found: list[Box] = []
    for box in boxes:
        if common(box, hole) is None:
            found.append(box)
            continue
        before: Box = ()
        for place, (side, cut) in enumerate(zip(box, hole, strict=True)):
            outside = side.less(cut)  # type: ignore[arg-type]
            if not outside.empty:
                found.append((*before, outside, *box[place + 1 :]))
            before = (*before, side.both(cut))  # type: ignore[arg-type]
        if len(found) > MAX_BOXES:
            raise TooMany
    return found
