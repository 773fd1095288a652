"""Functions of records, trees and places. Knows no tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.expressions.arithmetic import NO_MATCH, NO_NUMBER, text_of, wrong_value
from engine.expressions.functions.base import Function, Param, number, text, unstored, value
from engine.expressions.scope import Frame
from engine.expressions.trees_of_records import chain
from engine.expressions.types import ANY, INTEGER, NUMBER, TEXT, Type, list_of
from engine.expressions.values import Ref

EARTH_KM = 6371.0088
POINT = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*$", re.ASCII)
NO_PLACE = wrong_value("不是位置：请写“纬度, 经度”", "Not a place: write “latitude, longitude”")
# Members of a row that `nearest` takes for its place, the first that has one.
PLACES = ("location", "place", "address")
MOST_NUMBERS = 10_000


def get(frame: Frame, thing: str, key: str) -> Any:
    """The record of an object by its key."""
    return frame.world.find(thing, key) or NO_MATCH


def got(types: Sequence[Type]) -> Type:
    return Type("record", objects=types[0].objects)


def point(place: Any) -> tuple[float, float] | None:
    """Latitude and longitude out of `31.2, 121.5` or a pair of numbers."""
    if isinstance(place, str):
        match = POINT.match(place)
        return (float(match[1]), float(match[2])) if match else None
    if isinstance(place, tuple) and len(place) == 2 and all(isinstance(part, Decimal) for part in place):
        return float(place[0]), float(place[1])
    return None


def distance(one: Any, other: Any) -> Any:
    """The way between two places as the crow flies, in kilometres to the metre; blank if one is blank."""
    if one is None or other is None or one == "" or other == "":
        return None
    first, second = point(one), point(other)
    return NO_PLACE if first is None or second is None else kilometres(first, second)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> Decimal:
    latitude, longitude, to_latitude, to_longitude = (math.radians(x) for x in (*one, *other))
    half = math.sin((to_latitude - latitude) / 2) ** 2
    half += math.cos(latitude) * math.cos(to_latitude) * math.sin((to_longitude - longitude) / 2) ** 2
    return Decimal(2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))).quantize(Decimal("0.001"), ROUND_HALF_UP)


def nearest(rows: Iterator[Any], place: Any) -> Any:
    """The row nearest to a place; without a place the first row."""
    found = list(rows)
    target = point(place)
    if target is None:
        return found[0] if found else None
    best = [(kilometres(spot, target), row) for row in found if (spot := place_of(row)) is not None]
    return min(best, key=lambda pair: pair[0])[1] if best else found[0] if found else None


def place_of(row: Any) -> tuple[float, float] | None:
    if isinstance(row, Ref):
        return None
    for name in PLACES:
        try:
            spot = point(row.get(name))
        except KeyError:
            continue
        if spot is not None:
            return spot
    return None


def root(frame: Frame, record: Any, link: str) -> Any:
    """The topmost record of a tree above a record."""
    last = None
    for step in chain(record, link, frame):
        last = step
    return last


def path(frame: Frame, record: Any, *more: str) -> str:
    """The titles from the top of a tree down to a record."""
    steps = [frame.world.record(step) if isinstance(step, Ref) else step for step in chain(record, more[-1], frame)]
    return (more[0] if len(more) > 1 else " / ").join(text_of(step) for step in reversed(steps) if step is not None)


def above(frame: Frame, record: Any, link: str) -> tuple[Any, ...]:
    """A record and all above it, nearest first."""
    return tuple(chain(record, link, frame))


def inherited(frame: Frame, record: Any, name: str, link: str) -> Any:
    """The value of a field on a record, or on the nearest one above that has it."""
    for step in chain(record, link, frame):
        row = frame.world.record(step) if isinstance(step, Ref) else step
        found = row.get(name) if row is not None else None
        if found is not None and found != "":
            return found
    return None


def of_field(types: Sequence[Type]) -> Type:
    """The type of the field that the second argument names."""
    return unstored(types[1].of or ANY)


def numbers(first: Decimal, last: Decimal) -> Any:
    """The whole numbers from first to last."""
    if last - first >= MOST_NUMBERS:
        return NO_NUMBER
    return tuple(Decimal(n) for n in range(int(first), int(last) + 1))


def length(items: Sequence[Any]) -> Decimal:
    return Decimal(len(items))


def same_records(types: Sequence[Type]) -> Type:
    return list_of(types[0])


RECORD = Param("record", "record")

RECORDS: tuple[Function, ...] = (
    Function("get", (Param("object", "object"), text("key")), got, get, frame=True),
    Function("distance", (value("place"), value("other")), NUMBER, distance),
    Function(
        "nearest",
        (Param("source", "source"), value("place")),
        lambda types: types[0],
        nearest,
        form="aggregate",
        row="none",
    ),
    Function("root", (RECORD,), lambda types: types[0], root, frame=True, tree=True),
    Function("path", (RECORD, text("separator", optional=True)), TEXT, path, frame=True, tree=True),
    Function("above", (RECORD,), same_records, above, frame=True, tree=True),
    Function("inherited", (RECORD, Param("field", "path")), of_field, inherited, frame=True, tree=True),
    Function("numbers", (number("first"), number("last")), list_of(INTEGER), numbers),
    Function("length", (Param("list", "list"),), INTEGER, length),
)
