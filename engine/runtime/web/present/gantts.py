"""A timeline: records as bars along the days, parted into groups; and those that have no day yet. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from babel.dates import format_skeleton, get_day_names

from engine.definitions.objects import Object, View
from engine.expressions.values import Ref
from engine.kinds.fields.locales import locale_of
from engine.kinds.fields.range import Interval
from engine.runtime.services import reading
from engine.runtime.services.lists import spans_of_days
from engine.runtime.services.lists.moving import STATES
from engine.runtime.services.lists.spans_of_days import DAY, Spanned
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import calendars, cards, filters, groups
from engine.runtime.web.present.cards import Card
from engine.runtime.web.present.places import Place, Tab
from engine.texts import Text, say

SPANS: Mapping[str, Text] = {
    "week": say(zh="周", en="Week"),
    "month": say(zh="月", en="Month"),
    "quarter": say(zh="季度", en="Quarter"),
}
LATER = 30                                     # records without a day that are listed
SHOWN = 300                                    # lines
CUT = say(zh="只显示了前 {n} 条，请缩小范围或筛选。", en="The first {n} are shown. Narrow the list down.")
NEVER = say(zh="未排期", en="Not scheduled")


@dataclass(frozen=True, slots=True)
class Line:
    """A record with its bar: the column where it begins, how many it covers; whether it begins and ends in sight."""

    card: Card
    at: int
    span: int
    begins: bool
    ends: bool
    when: str


@dataclass(frozen=True, slots=True)
class Band:
    """The records of one group; of a timeline without groups all of them, without a label."""

    label: str
    color: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the scale above the bars, or a day behind them: its column, its width, what it says."""

    at: int
    span: int
    text: str
    title: str = ""
    off: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class Gantt:
    """A timeline of `count` days from `first` on. `stretch`: whether bars have two ends that can be moved."""

    view: str
    title: str
    first: str
    count: int
    span: str
    spans: Sequence[Tab]
    previous_url: str
    next_url: str
    today_url: str
    above: Sequence[Mark]
    scale: Sequence[Mark]
    behind: Sequence[Mark]
    bands: Sequence[Band]
    later: Sequence[Card]
    later_label: str
    later_more: str
    stretch: bool
    cut: str = ""
    beside: Sequence[Tab] = ()                 # where nothing is shown: the ways to the nearest days
    template: str = "records/_timeline.html"


def of(tx: Tx, obj: Object, view: View, asked: Query, place: Place) -> Gantt:
    """The timeline of what the list asks, about the day that its address names."""
    language, anchor = tx.actor.language, calendars.anchor_of(tx, place)
    span = place.query.get("span", "month")
    span = span if span in SPANS else "month"
    first, last = period(anchor, span, language)
    found = spans_of_days.within(tx, obj, view, asked, first, last)
    items = found.items[:SHOWN]
    drawn = cards.cards(tx, obj, view, [one.record for one in items], cards.shown(tx, obj, view, ()))
    later, more = unscheduled(tx, obj, view, asked, place)
    before, after = steps(anchor, span)
    cut = found.more or len(items) < len(found.items)
    return Gantt(
        view=view.name,
        title=title(anchor, span, first, last, language),
        first=first.isoformat(),
        count=(last - first).days + 1,
        span=span,
        spans=[Tab(label.to(language), place.url(span=key, at=anchor.isoformat()), key == span)
               for key, label in SPANS.items()],
        previous_url=place.url(span=span, at=before.isoformat()),
        next_url=place.url(span=span, at=after.isoformat()),
        today_url=place.url(span=span, at=""),
        above=months(first, last, language) if span != "week" else (),
        scale=scale(first, last, span, language),
        behind=behind(tx, first, last),
        bands=bands(tx, obj, view, [(one, line(one, card, first, last, language))
                                    for one, card in zip(items, drawn, strict=True)]),
        later=later,
        later_label=NEVER.to(language),
        later_more=more,
        stretch=bool(view.until) or isinstance(obj.fields[view.columns[0]], Interval),
        cut=CUT.filled(n=len(items)).to(language) if cut else "",
        beside=calendars.beside(tx, obj, view, asked, place, (first, last), span) if not items else (),
    )


def period(anchor: dt.date, span: str, language: str) -> tuple[dt.date, dt.date]:
    """The first and last day that are shown."""
    if span == "week":
        return calendars.period(anchor, "week", language)
    if span == "month":
        return calendars.period(anchor, "agenda", language)
    first = anchor.replace(month=(anchor.month - 1) // 3 * 3 + 1, day=1)
    return first, (first + 95 * DAY).replace(day=1) - DAY


def steps(anchor: dt.date, span: str) -> tuple[dt.date, dt.date]:
    """The days about which the timelines before and after stand."""
    if span != "quarter":
        return calendars.steps(anchor, span)
    first, last = period(anchor, span, "en")
    return (first - DAY).replace(day=1), last + DAY


def title(anchor: dt.date, span: str, first: dt.date, last: dt.date, language: str) -> str:
    """What is shown, in words."""
    if span == "quarter":
        return format_skeleton("yQQQ", first, locale=locale_of(language))
    return calendars.title(anchor, span, first, last, language)


def months(first: dt.date, last: dt.date, language: str) -> list[Mark]:
    """The months over the scale."""
    found, start = [], first
    while start <= last:
        end = min((start.replace(day=1) + 31 * DAY).replace(day=1) - DAY, last)
        text = format_skeleton("yMMM", start, locale=locale_of(language))
        found.append(Mark((start - first).days + 1, (end - start).days + 1, text))
        start = end + DAY
    return found


def scale(first: dt.date, last: dt.date, span: str, language: str) -> list[Mark]:
    """Days, or weeks of a quarter."""
    locale, count = locale_of(language), (last - first).days + 1
    days = [first + n * DAY for n in range(count)]
    if span == "quarter":
        begins = [n for n, day in enumerate(days) if n == 0 or day.weekday() == locale.first_week_day]
        ends = [*begins[1:], count]
        return [Mark(n + 1, end - n, format_skeleton("Md", days[n], locale=locale) if end - n > 3 else "")
                for n, end in zip(begins, ends, strict=True)]
    names = get_day_names("abbreviated", locale=locale)
    texts = (f"{names[day.weekday()]} {day.day}" if span == "week" else str(day.day) for day in days)
    return [Mark(n + 1, 1, text) for n, text in enumerate(texts)]


def behind(tx: Tx, first: dt.date, last: dt.date) -> list[Mark]:
    """The days off and today, which are drawn behind the bars."""
    working = calendars.working_of(tx)
    days = ((n + 1, first + n * DAY) for n in range((last - first).days + 1))
    return [Mark(at, 1, "", off=not working.works(day), today=day == tx.today) for at, day in days
            if day == tx.today or not working.works(day)]


def line(one: Spanned, card: Card, first: dt.date, last: dt.date, language: str) -> Line:
    """A record with its bar."""
    start, end = max(one.first or first, first), min(one.last or last, last)
    begins, ends = one.first is not None and one.first >= first, one.last is not None and one.last <= last
    when = calendars.when(one, language) or format_skeleton("MMMd", start, locale=locale_of(language))
    return Line(card, (start - first).days + 1, max((end - start).days, 0) + 1, begins, ends, when)


def bands(tx: Tx, obj: Object, view: View, lines: Sequence[tuple[Spanned, Line]]) -> list[Band]:
    """The lines by group: in the order of the options, links and people by name, blank last."""
    by = "status" if view.group in STATES else view.group
    if not by or (by in obj.fields and by not in access.sure_fields(tx, obj)):
        return [Band("", "", [line for _, line in lines])]
    members: dict[object, list[Line]] = {}
    session = lines[0][0].record.session if lines else None
    for one, line_ in lines:
        members.setdefault(one.record.status or None if by == "status" else one.record.get(by), []).append(line_)
    if session is None:
        return []
    session.prefetch([key for key in members if isinstance(key, Ref)])
    codes = list(obj.states) if by == "status" else list(getattr(obj.fields[by], "options", None) or {})
    found = [(key, *groups.said(session, obj, by, key), held) for key, held in members.items()]
    found.sort(key=lambda one: (one[0] is None, codes.index(one[0]) if one[0] in codes else len(codes), one[1]))
    return [Band(label, color, held) for _, label, color, held in found]


def unscheduled(tx: Tx, obj: Object, view: View, asked: Query, place: Place) -> tuple[list[Card], str]:
    """The first records without a day, and the list of all of them if there are more."""
    put = replace(spans_of_days.narrowed(asked, spans_of_days.blank(obj, view)), limit=LATER, count="none", cursor=None)
    page = reading.page(tx, obj.name, put)
    found = cards.cards(tx, obj, view, page.items, cards.shown(tx, obj, view, ()))
    condition = filters.joined(place.query.get("filter", ""), spans_of_days.blank(obj, view))
    more = place.url(filter=condition, view=cards.any_list(obj), at="", span="")
    return found, more if page.next else ""
