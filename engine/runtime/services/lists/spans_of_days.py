"""Records as spans of days: when each is by the field of a view, which lie in a period, and what moving one changes.

Knows fields of days, moments and ranges; no page. The days of moments are those of the reader's time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import Object, View
from engine.errors import Invalid, NotFound
from engine.expressions.values import Range
from engine.kinds.fields.base import Field
from engine.kinds.fields.range import Interval
from engine.runtime.services import reading
from engine.runtime.services.lists import grouped
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.texts import say

KINDS = ("calendar", "timeline")
MOST = 1000                                    # records of a period that are read
DAY = dt.timedelta(days=1)
MORNING = dt.time(9)                           # when a moment is on a day that is only known as a day
FARTHEST = 20_000                              # days by which something may be moved at once
EDGES = ("move", "start", "end")


@dataclass(frozen=True, slots=True)
class Spanned:
    """A record with its first and last day; an open end is None. `time`: when on its first day, of moments."""

    record: Record
    first: dt.date | None
    last: dt.date | None
    time: dt.time | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The records of a period in the order of their days; `more`: there are others that were not read."""

    items: Sequence[Spanned]
    more: bool


def view_of(obj: Object, name: str) -> View:
    """A calendar or timeline of an object; raises `NotFound`."""
    view = obj.views.get(name)
    if view is None or view.kind not in KINDS or not view.columns:
        raise NotFound(say(zh="没有这个日历或时间线", en="There is no such calendar or timeline"))
    return view


def named(view: View) -> tuple[str, ...]:
    """The fields that say when a record is."""
    return (view.columns[0], view.until) if view.until else view.columns[:1]


def condition(obj: Object, view: View, first: dt.date, last: dt.date) -> str:
    """What records fulfil that have a day from `first` to `last`, both included; an expression."""
    name, until = view.columns[0], view.until
    field = obj.fields[name]
    begin, end, after = (f"date({d.year}, {d.month}, {d.day})" for d in (first, last, last + DAY))
    if isinstance(field, Interval):
        if field.of == "date":
            return f"overlaps({name}, range({begin}, {end}))"
        before = f"({name}.start is blank or {name}.start < {after})"
        reaches = f"({name}.end is blank or {name}.end > {begin})"
        return f"(({name}.start is not blank or {name}.end is not blank) and {before} and {reaches})"
    within = f"({name} >= {begin} and {name} < {after})"
    if not until:
        return within
    return f"({within} or ({name} < {begin} and {until} >= {begin}))"


def blank(obj: Object, view: View) -> str:
    """What records fulfil that have no day yet."""
    name = view.columns[0]
    ranged = isinstance(obj.fields[name], Interval)
    return f"({name}.start is blank and {name}.end is blank)" if ranged else f"{name} is blank"


def within(tx: Tx, obj: Object, view: View, query: Query, first: dt.date, last: dt.date) -> Found:
    """The records of a period that fit a question."""
    sort = () if isinstance(obj.fields[view.columns[0]], Interval) else view.columns[:1]
    aside = DAY if tx.timezone != tx.app.timezone else 0 * DAY      # days of expressions are the app's
    asked = narrowed(query, condition(obj, view, first - aside, last + aside))
    put = replace(asked, sort=sort, limit=reading.MOST, count="none", cursor=None, ranked=False)
    records: list[Record] = []
    while True:
        page = reading.page(tx, obj.name, put)
        records += page.items
        if page.next is None or len(records) >= MOST:
            break
        put = replace(put, cursor=page.next)
    spans = (spanned(record, view) for record in records)
    found = [one for one in spans if one is not None and (not aside or _reaches(one, first, last))]
    earliest = dt.date.min
    found.sort(key=lambda one: (one.first or earliest, one.time or dt.time.min, one.record.id or 0))
    return Found(found, page.next is not None)


def nearest(
    tx: Tx, obj: Object, view: View, query: Query, first: dt.date, last: dt.date
) -> tuple[dt.date | None, dt.date | None]:
    """The days nearest to a period, before and after it, on which a record that fits a question begins. Of ranges
    neither: they are not sorted by the database."""
    name = view.columns[0]
    if isinstance(obj.fields[name], Interval):
        return None, None
    begin, after = (f"date({d.year}, {d.month}, {d.day})" for d in (first, last + DAY))
    found = []
    for sort, limit in ((f"-{name}", f"{name} < {begin}"), (name, f"{name} >= {after}")):
        put = replace(narrowed(query, limit), sort=(sort,), limit=1, count="none", cursor=None, ranked=False)
        spans = [spanned(record, view) for record in reading.page(tx, obj.name, put).items]
        found.append(spans[0].first if spans and spans[0] is not None else None)
    return found[0], found[1]


def _reaches(one: Spanned, first: dt.date, last: dt.date) -> bool:
    return (one.first is None or one.first <= last) and (one.last is None or one.last >= first)


def counted(tx: Tx, obj: Object, view: View, query: Query, first: dt.date, last: dt.date) -> Mapping[dt.date, int]:
    """How many records each day of a period has, of views on a field of single days; nothing for others."""
    name = view.columns[0]
    if view.until or obj.fields[name].type.name != "date":
        return {}
    asked = narrowed(query, condition(obj, view, first, last))
    found = grouped.counts(tx, obj, asked, name, (last - first).days + 1)
    return {day if isinstance(day, dt.date) else dt.date.fromisoformat(str(day)[:10]): n for day, n in found.items()}


def narrowed(query: Query, condition: str) -> Query:
    """A question with one more condition."""
    return replace(query, filter=f"({query.filter}) and ({condition})" if query.filter.strip() else condition)


def spanned(record: Record, view: View) -> Spanned | None:
    """When a record is; None where its field is blank or an error."""
    value = record.get(view.columns[0])
    if isinstance(value, Range):
        first, last = (day_of(record, end) for end in (value.start, value.end))
        if isinstance(value.end, dt.datetime):  # a moment does not reach what begins when it ends
            last = day_of(record, value.end - dt.timedelta(microseconds=1))
        return Spanned(record, first, last, time_of(record, value.start))
    first = day_of(record, value)
    if first is None:
        return None
    last = day_of(record, record.get(view.until)) if view.until else None
    return Spanned(record, first, max(first, last or first), time_of(record, value))


def day_of(record: Record, value: object) -> dt.date | None:
    """The day of a date or moment."""
    if isinstance(value, dt.datetime):
        return value.astimezone(record.session.tx.zone).date()
    return value if isinstance(value, dt.date) else None


def time_of(record: Record, value: object) -> dt.time | None:
    """The time of day of a moment."""
    return value.astimezone(record.session.tx.zone).time() if isinstance(value, dt.datetime) else None


# ---- moving


def moved(record: Record, view: View, edge: str, days: int, day: dt.date | None = None) -> dict[str, Any]:
    """The values by which a record is `days` later: as a whole, or one of its ends; with `day`, where it has no day
    yet, on that day. Raises `Invalid` where there is nothing to move, and for days that no calendar has."""
    if edge not in EDGES or abs(days) > FARTHEST:
        raise Invalid(say(zh="不能这样移动", en="It cannot be moved like that"))
    name, until = view.columns[0], view.until
    value = record.get(name)
    try:
        if day is not None and value is None:
            return {name: _on(record, name, day)}
        if isinstance(value, Range):
            start = value.start if edge == "end" else _later(record, value.start, days)
            end = value.end if edge == "start" else _later(record, value.end, days)
            return {name: Range(start, end)}
        found = {} if edge == "end" else {name: _later(record, value, days)}
        last = record.get(until) if until else None
        if edge == "end" and until:
            return {until: _later(record, last if last is not None else value, days)}
        return found | ({until: _later(record, last, days)} if edge == "move" and until and last is not None else {})
    except OverflowError:
        raise Invalid(say(zh="没有这一天", en="There is no such day")) from None


def of_moments(field: Field) -> bool:
    """Whether a field of days has times of day too."""
    return field.of == "datetime" if isinstance(field, Interval) else field.type.name == "datetime"


def _on(record: Record, name: str, day: dt.date) -> Any:
    """The value of a field on a day: the day, its morning, or a range of one day."""
    field = record.definition.fields[name]
    moments, start = of_moments(field), day
    if moments:
        start = dt.datetime.combine(day, MORNING, record.session.tx.zone).astimezone(dt.UTC)
    if not isinstance(field, Interval):
        return start
    return Range(start, start + dt.timedelta(hours=1) if moments else day)


def _later(record: Record, value: Any, days: int) -> Any:
    """A day or moment so many days later; a moment keeps its time of day."""
    if isinstance(value, dt.datetime):
        zone = record.session.tx.zone
        wall = value.astimezone(zone).replace(tzinfo=None) + days * DAY
        return wall.replace(tzinfo=zone).astimezone(dt.UTC)
    return value + days * DAY if isinstance(value, dt.date) else value
