"""Builds calendars out of their weeks, days off and make-up days. Looks no day up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definitions.calendars import Calendar
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.errors import Location
from engine.expressions.compiled import Source
from engine.expressions.types import Type
from engine.expressions.working import Span
from engine.suggest import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$", re.ASCII)
MIDNIGHT = 24 * 60


def calendars(desk: Desk, node: Node | None) -> dict[str, Calendar]:
    """All calendars of the app."""
    return {name: _calendar(desk, name, spec) for name, spec in maps(node)}


def _calendar(desk: Desk, name: str, spec: Map) -> Calendar:
    closed, closed_field = _days(desk, spec, "closed")
    open_, open_field = _days(desk, spec, "open")
    return Calendar(
        name=name,
        week=_week(desk, spec),
        closed=closed,
        open=open_,
        closed_field=closed_field,
        open_field=open_field,
        timezone=word(spec.get("timezone")),
        location=spec.at,
    )


def _week(desk: Desk, spec: Map) -> tuple[tuple[Span, ...], ...]:
    """The hours by day of the week; a day named twice is an error."""
    node = spec.get("week")
    hours: dict[int, tuple[Span, ...]] = {}
    if not isinstance(node, Map):
        if node is not None:
            _wrong_hours(desk, "the week is a map of days to hours", node.at)
        return ((),) * len(DAYS)
    for pair in node:
        for place in _weekdays(desk, pair.key):
            if place in hours:
                desk.report("E-CAL-001", f"`{DAYS[place]}` is given twice", pair.key.at, "give each day once")
            hours[place] = _spans(desk, pair.value)
    if not any(hours.values()):
        desk.report("E-CAL-003", "nobody ever works in this calendar", node.at, 'write `mon-fri: "9:00-17:00"`')
    return tuple(hours.get(place, ()) for place in range(len(DAYS)))


def _weekdays(desk: Desk, key: Scalar) -> Iterator[int]:
    """The places in the week that `mon` or `mon-fri` names."""
    first, dash, last = (part.strip().lower() for part in key.text.partition("-"))
    for day in (first, last) if dash else (first,):
        if day not in DAYS:
            hint = did_you_mean(day, DAYS) or "days are mon tue wed thu fri sat sun, or spans such as `mon-fri`"
            desk.report("E-CAL-001", f"`{key.text}` is no day of the week", key.at, hint)
            return
    start, end = DAYS.index(first), DAYS.index(last if dash else first)
    if end < start:
        desk.report("E-CAL-001", f"`{key.text}` runs backwards", key.at, f"write `{last}-{first}`")
        return
    yield from range(start, end + 1)


def _spans(desk: Desk, node: Node) -> tuple[Span, ...]:
    """The hours of a day, as minutes from midnight."""
    if not isinstance(node, Scalar):
        _wrong_hours(desk, "hours are a text", node.at)
        return ()
    found: list[Span] = []
    for part in node.text.split(",") if node.text.strip() else ():
        match = HOURS.match(part)
        start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
        if match is None or max(int(match[2]), int(match[4])) > 59 or not start < end <= MIDNIGHT:
            _wrong_hours(desk, f"`{part.strip()}` is no span of hours", node.at)
            return ()
        if found and start < found[-1][1]:
            _wrong_hours(desk, f"`{part.strip()}` begins before the span in front of it ends", node.at)
            return ()
        found.append((start, end))
    return tuple(found)


def _wrong_hours(desk: Desk, message: str, at: Location) -> None:
    desk.report("E-CAL-002", message, at, 'write `"9:00-12:00, 13:00-18:00"`')


def _days(desk: Desk, spec: Map, key: str) -> tuple[Source | None, str]:
    """A source of days, and the field that holds the day where it gives records."""
    node = spec.get(key)
    source = desk.source(node, Scope(desk.outline))
    if source is None or node is None:
        return None, ""
    kind = source.value.type if source.value is not None else source.candidate
    if kind.name in ("date", "any"):
        return source, ""
    dates = _date_fields(desk, kind)
    if len(dates) == 1:
        return source, dates[0]
    column = f"{kind.objects[0]}.{dates[0]}" if dates else "holiday.day"
    hint = f"name a column of dates: `{column}`"
    desk.report("E-CAL-004", f"`{key}` gives no days", node.at, hint)
    return None, ""


def _date_fields(desk: Desk, kind: Type) -> list[str]:
    things = [desk.outline.things[name] for name in kind.objects if name in desk.outline.things]
    if kind.name != "record" or len(things) != 1:
        return []
    return [
        name for name in things[0].fields if (held := desk.outline.member(things[0].name, name)) and held.name == "date"
    ]
