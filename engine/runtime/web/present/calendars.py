"""A calendar: a month or a week as rows of days with bars over them, or a list of days. Knows spans, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from babel.dates import format_date, format_skeleton, get_day_names

from engine.definitions.objects import Object, View
from engine.expressions.arithmetic import Spread
from engine.expressions.working import STANDARD, WorkingTime
from engine.kinds.fields.base import Field
from engine.kinds.fields.locales import locale_of
from engine.kinds.fields.range import Interval
from engine.locales import day_text
from engine.runtime.services import calendars, reading
from engine.runtime.services.lists import spans_of_days
from engine.runtime.services.lists.spans_of_days import DAY, Spanned
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, cards, filters
from engine.runtime.web.present.cards import Card
from engine.runtime.web.present.places import Place, Tab
from engine.texts import Text, say

LANES = 4                                      # bars of a day that a month shows; the rest is behind a link
TALL = 24                                      # of a week
SPANS: Mapping[str, Text] = {
    "month": say(zh="月", en="Month"),
    "week": say(zh="周", en="Week"),
    "agenda": say(zh="日程", en="Agenda"),
}
MORE = say(zh="还有 {n} 条", en="+{n} more")
CUT = say(zh="这段时间的记录太多，只显示了前 {n} 条，请缩小范围或筛选。",
          en="There are too many records in this time: the first {n} are shown. Narrow it down.")
BEFORE = say(zh="← 最近的一条：{day}", en="← The one before: {day}")
UNDATED = say(zh="{n} 条没有日期", en="{n} without a day")
AFTER = say(zh="下一条：{day} →", en="The next one: {day} →")
OFF = say(zh="休息日", en="Day off")
HOLIDAY = say(zh="放假", en="Holiday")            # off, though its day of the week is worked
WORKED = say(zh="上班", en="Workday")            # worked, though its day of the week is off


@dataclass(frozen=True, slots=True)
class Bar:
    """A record in one row of days: the column where it begins (1 is the first), how many it covers, its row; whether it
    begins and ends there; `when`: its time of day, or from when to when it lasts."""

    card: Card
    at: int
    span: int
    lane: int
    begins: bool
    ends: bool
    when: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day: its number, how it is called in full, the bars that begin on it in this row, how many are not shown."""

    iso: str
    at: int
    number: str
    label: str
    url: str
    new_url: str
    outside: bool
    today: bool
    off: bool
    bars: Sequence[Bar]
    said: str = ""                             # where the day is not as its day of the week
    more: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar. `weeks` rows of seven days (month, week), `days` the days of a list (agenda, day)."""

    view: str
    title: str
    span: str
    spans: Sequence[Tab]
    previous_url: str
    next_url: str
    today_url: str
    weekdays: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Day]]
    days: Sequence[Day]
    cut: str = ""
    off: str = ""
    beside: Sequence[Tab] = ()                 # where nothing is shown: the ways to the nearest days
    template: str = "records/_calendar.html"


@dataclass(frozen=True, slots=True)
class Frame:
    """What all days of a calendar are made of."""

    tx: Tx
    obj: Object
    view: View
    place: Place
    span: str
    anchor: dt.date
    working: WorkingTime
    creates: bool
    totals: Mapping[dt.date, int] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return self.tx.actor.language


def of(tx: Tx, obj: Object, view: View, asked: Query, place: Place) -> Calendar:
    """The calendar of what the list asks, about the day that its address names."""
    anchor, span = anchor_of(tx, place), place.query.get("span", "month")
    span = span if span in (*SPANS, "day") else "month"
    frame = Frame(tx, obj, view, place, span, anchor, working_of(tx), may_create(tx, obj, view))
    first, last = period(anchor, span, frame.language)
    found = spans_of_days.within(tx, obj, view, asked, first, last)
    if found.more:
        frame = replace(frame, totals=spans_of_days.counted(tx, obj, view, asked, first, last))
    listed = span in ("agenda", "day")
    shown = cards.shown(tx, obj, view, view.card if listed else ())
    drawn = cards.cards(tx, obj, view, [one.record for one in found.items], shown)
    pairs = list(zip(found.items, drawn, strict=True))
    starts = [first + n * DAY for n in range(0, (last - first).days + 1, 7)]
    before, after = steps(anchor, span)
    return Calendar(
        view=view.name,
        title=title(anchor, span, first, last, frame.language),
        span=span,
        spans=[Tab(label.to(frame.language), place.url(span=key, at=anchor.isoformat()), key == span)
               for key, label in SPANS.items()],
        previous_url=place.url(span=span, at=before.isoformat()),
        next_url=place.url(span=span, at=after.isoformat()),
        today_url=place.url(span=span, at=""),
        weekdays=weekdays(first, frame.language) if not listed else (),
        weeks=[] if listed else [week(frame, start, pairs) for start in starts],
        days=agenda(frame, first, last, pairs) if listed else (),
        cut=CUT.filled(n=len(found.items)).to(frame.language) if found.more else "",
        off=OFF.to(frame.language),
        beside=beside(frame.tx, obj, view, asked, place, (first, last), span) if not found.items else (),
    )


def beside(
    tx: Tx, obj: Object, view: View, asked: Query, place: Place, shown: tuple[dt.date, dt.date], span: str
) -> list[Tab]:
    """The ways to the nearest days before and after a period that have something."""
    days = spans_of_days.nearest(tx, obj, view, asked, *shown)
    found = [
        Tab(words.filled(day=day_text(day)).to(tx.actor.language), place.url(span=span, at=day.isoformat()), False)
        for words, day in zip((BEFORE, AFTER), days, strict=True) if day is not None
    ]
    return [*found, *undated(tx, obj, view, asked, place)]


def undated(tx: Tx, obj: Object, view: View, asked: Query, place: Place) -> list[Tab]:
    """The way to the records that have no day, if there are any; a timeline lists them itself."""
    put = replace(spans_of_days.narrowed(asked, spans_of_days.blank(obj, view)), limit=1, count="capped", cursor=None)
    count = reading.page(tx, obj.name, put).count
    if view.kind != "calendar" or not count:
        return []
    condition = filters.joined(place.query.get("filter", ""), spans_of_days.blank(obj, view))
    url = place.url(filter=condition, view=cards.any_list(obj), at="", span="")
    return [Tab(UNDATED.filled(n=count if count <= 1000 else "1000+").to(tx.actor.language), url, False)]


def anchor_of(tx: Tx, place: Place) -> dt.date:
    """The day that an address names, else today; within the years that calendars have."""
    try:
        found = dt.date.fromisoformat(place.query.get("at", ""))
    except ValueError:
        return tx.today
    return found if 1900 <= found.year <= 2199 else tx.today


def working_of(tx: Tx) -> WorkingTime:
    """The app's calendar; Monday to Friday where its days off cannot be told."""
    try:
        return calendars.working_time(Session(tx))
    except Spread:
        return STANDARD


def may_create(tx: Tx, obj: Object, view: View) -> bool:
    """Whether the actor can make a record on a day."""
    name = view.columns[0]
    return access.may(tx, obj.name, "create") and name in access.editable_fields(tx, obj, None, "create") \
        and not obj.fields[name].computed and not obj.fields[name].readonly


def week_begin(day: dt.date, language: str) -> dt.date:
    """The first day of the week in which a day lies, as the language's people count: Monday, or Sunday."""
    return day - ((day.weekday() - locale_of(language).first_week_day) % 7) * DAY


def period(anchor: dt.date, span: str, language: str) -> tuple[dt.date, dt.date]:
    """The first and last day that are shown: whole weeks for a month."""
    if span == "day":
        return anchor, anchor
    if span == "week":
        start = week_begin(anchor, language)
        return start, start + 6 * DAY
    first = anchor.replace(day=1)
    last = (first + 31 * DAY).replace(day=1) - DAY
    if span == "agenda":
        return first, last
    return week_begin(first, language), week_begin(last, language) + 6 * DAY


def steps(anchor: dt.date, span: str) -> tuple[dt.date, dt.date]:
    """The days about which the calendars before and after stand."""
    if span in ("week", "day"):
        step = DAY if span == "day" else 7 * DAY
        return anchor - step, anchor + step
    first = anchor.replace(day=1)
    return (first - DAY).replace(day=1), (first + 31 * DAY).replace(day=1)


def title(anchor: dt.date, span: str, first: dt.date, last: dt.date, language: str) -> str:
    """What is shown, in words: `March 2026`, `Mar 2, 2026 – Mar 8, 2026`."""
    locale = locale_of(language)
    if span == "day":
        return format_date(anchor, "full", locale)
    if span == "week":
        return f"{format_date(first, 'medium', locale)} – {format_date(last, 'medium', locale)}"
    return format_skeleton("yMMMM", anchor, locale=locale)


def weekdays(first: dt.date, language: str) -> list[tuple[str, str]]:
    """The heads of the seven columns, short and in full."""
    locale = locale_of(language)
    short, full = (get_day_names(width, locale=locale) for width in ("abbreviated", "wide"))
    places = [(first.weekday() + n) % 7 for n in range(7)]
    return [(short[place], full[place]) for place in places]


def week(frame: Frame, start: dt.date, pairs: Sequence[tuple[Spanned, Card]]) -> list[Day]:
    """One row of seven days with its bars; each bar stands in the first row that is free for all its days."""
    end, most = start + 6 * DAY, TALL if frame.span == "week" else LANES
    taken: list[set[int]] = [set() for _ in range(7)]
    bars: list[list[Bar]] = [[] for _ in range(7)]
    hidden = [0] * 7
    for one, card in sorted(pairs, key=lambda pair: -length(pair[0], start, end)):
        if (one.first or start) > end or (one.last or end) < start:
            continue
        at = max(((one.first or start) - start).days, 0)
        until = min(((one.last or end) - start).days, 6)
        places = range(at, until + 1)
        lane = next((n for n in range(most) if not any(n in taken[place] for place in places)), None)
        for place in places:
            if lane is None:                   # no row is free of those that are shown
                hidden[place] += 1
            else:
                taken[place].add(lane)
        if lane is None:
            continue
        begins = one.first is not None and one.first >= start
        ends = one.last is not None and one.last <= end
        bars[at].append(Bar(card, at + 1, len(places), lane + 1, begins, ends, when(one, frame.language)))
    return [day(frame, start + n * DAY, n + 1, sorted(bars[n], key=lambda bar: bar.lane), hidden[n]) for n in range(7)]


def length(one: Spanned, start: dt.date, end: dt.date) -> int:
    """Over how many days of a row a record lasts, if it is more than one: long ones stand on top."""
    days = (min(one.last or end, end) - max(one.first or start, start)).days
    return days if days > 0 else 0


def day(frame: Frame, date: dt.date, at: int, bars: Sequence[Bar], hidden: int) -> Day:
    """One day."""
    hidden = max(hidden, frame.totals.get(date, 0) - len(bars)) if frame.totals else hidden
    more = MORE.filled(n=hidden).to(frame.language) if hidden else ""
    value = date.isoformat()
    given = {frame.view.columns[0]: on_day(frame.obj.fields[frame.view.columns[0]], value)}
    new_url = addresses.extended(addresses.new_record(frame.tx.app.name, frame.obj.name), **given)
    return Day(
        iso=value,
        at=at,
        number=str(date.day),
        label=format_date(date, "full", locale_of(frame.language)),
        url=frame.place.url(span="day", at=value),
        new_url=new_url if frame.creates else "",
        outside=frame.span == "month" and date.month != frame.anchor.month,
        today=date == frame.tx.today,
        off=not frame.working.works(date),
        said=said(frame.working, date).to(frame.language),
        bars=bars,
        more=more,
        count=len(bars) + hidden,
    )


def said(working: WorkingTime, date: dt.date) -> Text:
    """What a calendar says of a day that is not as its day of the week."""
    if working.works(date) == bool(working.week[date.weekday()]):
        return say("", "")
    return WORKED if working.works(date) else HOLIDAY


def on_day(field: Field, value: str) -> str:
    """What the control of a day, moment or range holds for a record that is made on this day."""
    begin = spans_of_days.MORNING
    moments = spans_of_days.of_moments(field)
    start, end = (f"{value}T{hour:02}:00" if moments else value for hour in (begin.hour, begin.hour + 1))
    return f"{start}..{end}" if isinstance(field, Interval) else start


def when(one: Spanned, language: str) -> str:
    """When a record is, beside its title: the time of day, or its first and last day; blank for a single day."""
    locale = locale_of(language)
    if one.first != one.last:
        ends = (format_skeleton("MMMd", end, locale=locale) if end else "…" for end in (one.first, one.last))
        return " – ".join(ends)
    return one.time.strftime("%H:%M") if one.time is not None else ""


def agenda(frame: Frame, first: dt.date, last: dt.date, pairs: Sequence[tuple[Spanned, Card]]) -> list[Day]:
    """The days that have records, each with those that begin on it (or lasted into the period)."""
    by_day: dict[dt.date, list[Bar]] = {}
    for one, card in pairs:
        date = min(max(one.first or first, first), last)
        bars = by_day.setdefault(date, [])
        bars.append(Bar(card, 1, 1, len(bars) + 1, True, True, when(one, frame.language)))
    if frame.span == "day":
        by_day.setdefault(first, [])
    return [day(frame, date, 1, by_day[date], 0) for date in sorted(by_day)]
