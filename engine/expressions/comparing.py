"""How values compare: equality, order, keys for sets and sorting. Knows no nodes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions.arithmetic import UNLIKE
from engine.expressions.values import Duration, ErrorValue, Range, Ref, Row, Rows

MONTH_SECONDS = Decimal(2629746)  # a mean month; durations that mix months and days are ordered by it


def identity(record: Any) -> tuple[str, Any]:
    """What makes two links or rows the same record; a new row is only itself."""
    if isinstance(record, Ref):
        return record.object, record.id
    return record.object, record.id if record.id is not None else ("new", id(record))


def is_record(value: Any) -> bool:
    return isinstance(value, (Ref, Row))


def same_key(value: Any) -> Any:
    """A hashable key that is equal for equal values."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, (tuple, list)):
        return tuple(same_key(item) for item in value)
    if is_record(value):
        return identity(value)
    return value


def ordering_key(value: Any) -> Any:
    """A key by which values of one type sort."""
    if isinstance(value, Duration):
        return duration_seconds(value)
    if is_record(value):
        return identity(value)
    return value


def duration_seconds(value: Duration) -> Decimal:
    """A duration's length for ordering; a working day counts as eight working hours."""
    return value.seconds + value.months * MONTH_SECONDS + value.working_seconds + value.working_days * 28800


def equal(left: Any, right: Any, timezone: str = "UTC") -> bool | ErrorValue:
    """Whether two values are the same; blank equals blank and the empty text, and nothing else."""
    if type(left) is ErrorValue:
        return left
    if type(right) is ErrorValue:
        return right
    if left is None or left == "":
        return right is None or (isinstance(right, str) and right == "")
    if right is None or (isinstance(right, str) and right == ""):
        return False
    left, right = aligned(left, right, timezone)
    try:
        return bool(same_key(left) == same_key(right))
    except TypeError:
        return False


def compare(left: Any, right: Any, timezone: str = "UTC") -> int | ErrorValue | None:
    """Below zero, zero or above zero as left stands to right; None where either is blank."""
    if type(left) is ErrorValue:
        return left
    if type(right) is ErrorValue:
        return right
    if left is None or right is None or left == "" or right == "":
        return None
    left, right = aligned(left, right, timezone)
    left, right = ordering_key(left), ordering_key(right)
    try:
        return int(left > right) - int(left < right)
    except TypeError:
        return UNLIKE


def aligned(left: Any, right: Any, timezone: str) -> tuple[Any, Any]:
    """A date beside a moment compares by the moment's day in the app's time zone."""
    left_moment, right_moment = isinstance(left, dt.datetime), isinstance(right, dt.datetime)
    if left_moment and isinstance(right, dt.date) and not right_moment:
        return day_of(left, timezone), right
    if right_moment and isinstance(left, dt.date) and not left_moment:
        return left, day_of(right, timezone)
    return left, right


def day_of(moment: dt.datetime, timezone: str) -> dt.date:
    """The calendar day of a moment in a time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def contains(container: Any, value: Any, timezone: str) -> bool | ErrorValue:
    """Whether a list or rows hold a value; an error among the items is the result."""
    if type(container) is ErrorValue:
        return container
    if isinstance(container, Range):
        known = container.end if container.start is None else container.start
        shown, _ = aligned(value, known, timezone) if value is not None else (None, None)
        return isinstance(shown, (dt.date, Decimal)) and type(shown) is type(known) and container.holds(shown)
    if isinstance(container, Rows):
        return any(equal(value, item, timezone) is True for item in container.items)
    items = container or ()
    error = next((item for item in items if type(item) is ErrorValue), None)
    return error or any(equal(value, item, timezone) is True for item in items)


def sort_rows(keys: list[list[Any]], descending: list[bool]) -> list[int]:
    """The order of rows by their keys (one list per row): blanks and errors last, ties in the given order."""
    order = list(range(len(keys)))
    for place in reversed(range(len(descending))):
        filled = [i for i in order if not empty(keys[i][place])]
        blank = [i for i in order if empty(keys[i][place])]
        filled.sort(key=lambda i: ordering_key(keys[i][place]), reverse=descending[place])
        order = filled + blank
    return order


def empty(value: Any) -> bool:
    return value is None or value == "" or type(value) is ErrorValue
