"""What a document that is dated before today would change in registers behind it: the days after it, their guards,
closed days, values. Foretold in memory on what everybody reads; nothing is written and nothing is held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.definitions.objects import Object, Post
from engine.definitions.registers import Period, Register
from engine.errors import Failure
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Value
from engine.runtime.services import reading
from engine.runtime.services.records import Record
from engine.runtime.services.registers import gates, guards, ledgers
from engine.runtime.services.registers.contributions import counts, items
from engine.runtime.services.registers.postings import Trial
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances, register_keys
from engine.runtime.storage.balances import BalanceRow, Measures, Movement, Place
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text

ZERO = Decimal(0)
MOST = 8                                       # rows that are told one by one


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a row: at the end of the day from which it changes, as it was and as it would be; its lowest
    afterwards and when; now."""

    measure: str
    was: Decimal
    becomes: Decimal
    lowest: Decimal
    lowest_on: dt.date
    now: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of a register whose past changes: from which day on, and on how many later days something was booked."""

    register: Register
    keys: Mapping[str, Value]
    since: dt.date
    later_days: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """Bookings for days of a register that are closed, which would count on `on_day`."""

    register: Register
    period: Period
    until: dt.date
    on_day: dt.date


@dataclass(frozen=True, slots=True)
class Anew:
    """Values of a measure that are found again from a day on, over so many days on which what they count moved."""

    register: Register
    measure: str
    since: dt.date
    later_days: int


@dataclass(frozen=True, slots=True)
class Foresight:
    """What would come of it: a refusal, else what changes. `more` rows are not told one by one. `counting` is the state
    in which the document counts, where it does not yet."""

    refusal: Text | None = None
    effects: tuple[Effect, ...] = ()
    more: int = 0
    late: tuple[Late, ...] = ()
    anew: tuple[Anew, ...] = ()
    counting: str = ""

    @property
    def grave(self) -> bool:
        """Whether it reaches further than the days themselves."""
        return bool(self.refusal or self.late or self.anew or any(one.later_days for one in self.effects))


def concerns(record: Record) -> bool:
    """Whether a record as it stands, or as it was, counts on a day before today if it counts at all."""
    today = record.session.today
    try:
        return any(day < today for post in record.definition.posts for day in _days(record, post))
    except Failure:                            # what cannot be computed yet is told when it is to be booked
        return False


def _days(record: Record, post: Post) -> Iterator[dt.date]:
    session = record.session
    if not session.tx.app.registers[post.register].dated:
        return
    if post.dated is None:
        yield from _day(record, None)
        return
    was = record.old()
    if was is not None and all(not row.each and row.numbers is None for row in post.rows):
        yield from _day(record, post.dated.value(Frame(session, this=was, old=was)))
    for row in post.rows:
        for _, frame in items(session, record, row):
            yield from _day(record, post.dated.value(frame))


def _day(record: Record, value: Value) -> Iterator[dt.date]:
    moment = record.system.get("created_at") if value is None else value
    if isinstance(moment, dt.datetime):
        yield moment.astimezone(record.session.tx.live.zone).date()
    elif isinstance(moment, dt.date):
        yield moment


def counting_state(obj: Object, state: str) -> str:
    """The nearest state that counts, by the actions that lead there; "" where there is none or nothing has a state."""
    seen, waiting = {state}, [state]
    while waiting:
        here = waiting.pop(0)
        if here in obj.effective:
            return here
        for goal in _ways_on(obj, here):
            if goal not in seen:
                seen.add(goal)
                waiting.append(goal)
    return ""


def _ways_on(obj: Object, state: str) -> Iterator[str]:
    within = {state, *(name for name, one in obj.states.items() if state in one.within)}
    for action in obj.actions.values():
        if action.end is None and (not action.from_states or within & set(action.from_states)):
            yield from action.goals


def foretell(record: Record, state: str = "") -> Foresight | None:
    """What the record as it stands would change on days before today, `state` being the one that it is about to have
    (default: the nearest that counts). None where it changes none. The record must be of a session of its own, which is
    of no further use, and of a transaction that reads."""
    session, obj = record.session, record.definition
    assert not session.tx.write, "what is foretold is not booked"
    counted = any(counts(record, post) for post in obj.posts)
    goal = state or ("" if counted else counting_state(obj, record.state))
    if not counted and goal not in obj.effective and obj.states:
        return None
    told = goal if goal and not counted and goal != record.state else ""
    if goal:
        record.system["state"] = goal
    _give_ids(session, record)
    label = obj.states[told].label.to(session.language) if told else ""
    try:
        work = Trial(session)
        work.discover([record])
        work.lock()
        work.book()
    except Failure as failure:
        return Foresight(failure.message, counting=label)
    return _told(session, record, label)


def _give_ids(session: Session, record: Record) -> None:
    """Numbers that no row has, so that balances which are keyed by what is new can be told apart."""
    for number, part in enumerate((record, *record.all_lines()), 1):
        if part.id is None:
            part.id = -number
            session.records[part.object, part.id] = part
    session.epoch += 1


def _told(session: Session, record: Record, counting: str) -> Foresight | None:
    moved = {
        name: past for name, movements in session.moved.items()
        if session.tx.app.registers[name].dated
        and (past := [m for m in movements if min(m.on_day, m.for_day) < session.today])
    }  # fmt: skip
    if not moved:
        return None
    refusal = None
    try:
        guards.judge(session, frozenset({record.object}), frozenset())
    except Failure as failure:
        refusal = failure.message
    shown = {n: past for n, past in moved.items() if access.may(session.tx, n, "see")}
    found = [one for name, past in shown.items() for one in _effects(session, session.tx.app.registers[name], past)]
    found.sort(key=lambda one: (not one.later_days, one.since, one.register.name))
    late = tuple(one for name, past in moved.items() for one in _late(session, session.tx.app.registers[name], past))
    anew = tuple(one for name, past in shown.items() for one in _anew(session, session.tx.app.registers[name], past))
    return Foresight(refusal, tuple(found[:MOST]), len(found[MOST:]), late, anew, counting)


def _effects(session: Session, register: Register, past: Sequence[Movement]) -> Iterator[Effect]:
    by_keys: dict[Keys, dict[dt.date, Measures]] = {}
    for movement in past:
        if movement.on_day < session.today:
            into = by_keys.setdefault(movement.keys, {}).setdefault(
                movement.on_day, dict.fromkeys(register.measures, ZERO)
            )
            for name, amount in movement.amounts.items():
                into[name] += amount
    rows = {keys: session.holdings.held(register, Place(0, keys)) for keys in by_keys}
    seen = ledgers.rows_in_sight(session, register, [row.id for row in rows.values() if row.id is not None])
    shown = {
        keys: ours for keys, ours in by_keys.items()
        if any(any(amounts.values()) for amounts in ours.values()) and (seen is None or rows[keys].id in seen)
    }  # fmt: skip
    groups = {rows[keys].keys: min(ours) for keys, ours in shown.items()}
    days = balances.by_days(session.tx, register, tuple(register.keys), groups)
    for keys, ours in shown.items():
        yield _effect(session, register, rows[keys], ours, days[rows[keys].keys])


def _effect(
    session: Session, register: Register, row: BalanceRow, ours: Mapping[dt.date, Measures], days: guards.Days
) -> Effect:
    since = min(ours)
    visible = access.visible_columns(session.tx, register)
    figures = [
        _figure(name, row, ours, days, since)
        for name in register.measures
        if name in visible and any(amounts[name] for amounts in ours.values())
    ]
    keys = {
        name: reading.titled(session, value)
        for name, value in zip(register.keys, row.keys, strict=True)
        if name in visible and not _is_new(value)
    }
    return Effect(register, keys, since, sum(day > since for day, _ in days), tuple(figures))


def _is_new(value: Value) -> bool:
    return isinstance(value, Ref) and value.id < 0


def _figure(
    name: str, row: BalanceRow, ours: Mapping[dt.date, Measures], days: Sequence[tuple[dt.date, Measures]],
    since: dt.date,
) -> Figure:
    """`days` is what is booked since that day, `ours` what would be added."""
    running = row.before[name] - sum((moved[name] for _, moved in days), ZERO)
    was = running + next((moved[name] for day, moved in days if day == since), ZERO)
    course = []
    for day, moved in guards.merged(days, ours):
        running += moved[name]
        course.append((running, day))
    lowest, on = min(course)
    return Figure(name, was, course[0][0], lowest, on, row.measures[name])


def _late(session: Session, register: Register, past: Sequence[Movement]) -> Iterator[Late]:
    until = gates.closed_until(session, register)
    on_days = [movement.on_day for movement in past if movement.on_day != movement.for_day]
    if until is not None and on_days:
        period = session.tx.app.periods[session.tx.app.period_of[register.name]]
        yield Late(register, period, until, max(on_days))


def _anew(session: Session, register: Register, past: Sequence[Movement]) -> Iterator[Anew]:
    for valued in register.valued.values():
        if valued.measure not in access.visible_columns(session.tx, register):
            continue
        groups: dict[Keys, dt.date] = {}
        for movement in past:
            if any(movement.amounts.get(name) for name in (*valued.counted, valued.measure)):
                group = register_keys.at_level(register, valued.per, movement.keys)
                groups[group] = min(groups.get(group, movement.on_day), movement.on_day)
        days = balances.by_days(session.tx, register, valued.per, groups)
        later = {
            day for group, since in groups.items() for day, moved in days[group]
            if day > since and any(moved[name] for name in valued.counted)
        }  # fmt: skip
        if later:
            yield Anew(register, valued.measure, min(groups.values()), len(later))
