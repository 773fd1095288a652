"""Guards: invariants of registers, judged once per command over the rows that it touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from engine.definitions.objects import Who
from engine.definitions.registers import Guard, Register
from engine.errors import Refused
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue
from engine.runtime.services.conditions import holds
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances
from engine.runtime.storage.balances import BalanceRow, Measures
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text

ZERO = Decimal(0)
DOCUMENT = ("document",)
Days = Sequence[tuple[dt.date, Measures]]


def view(session: Session, row: BalanceRow, measures: Measures) -> RegisterRow:
    """The row with these measures, as guards see it."""
    return RegisterRow(session, row.register, dict(zip(row.register.keys, row.keys, strict=True)), measures)


def judge(session: Session, changed: frozenset[str], overridden: frozenset[str]) -> list[tuple[str, Text]]:
    """Refuse if any guard got worse below zero. `changed` are the objects that the command changes itself.

    Gives the guards that `overridden` names and that were passed by it (name, message), for the audit."""
    passed: list[tuple[str, Text]] = []
    for register in session.tx.app.registers.values():
        if register.name not in session.moved:
            continue
        for index, guard in enumerate(register.guards):
            if guard.objects and not changed & set(guard.objects):
                continue
            for message in _violations(session, register, guard):
                name = f"{register.name}.{index}"
                if (
                    guard.override is None
                    or not ({name, "*"} & overridden)
                    or not _may_override(session, guard.override)
                ):
                    raise Refused(message, code="guard")
                passed.append((name, message))
    return passed


def _may_override(session: Session, who: Who) -> bool:
    return bool(set(who.roles) & session.tx.actor.roles)


def _violations(session: Session, register: Register, guard: Guard) -> Iterator[Text]:
    rows = list(_rows(session, register, guard))
    days: Mapping[Keys, Days] = {}
    for row in rows:
        after, before = view(session, row, row.measures), view(session, row, row.before)
        missing = _missing(session, guard, after, before)
        if missing is not None:
            yield _message(session, guard, after, before, missing, None)
        elif guard.every_date and _in_the_past(row):
            if not days:                       # of all rows at once: a document of many lines asks no more than another
                groups = {one.keys: one.moved_from for one in rows if one.moved_from is not None and _in_the_past(one)}
                days = balances.by_days(session.tx, register, guard.per, groups)
            yield from past_days(session, guard, row, days[row.keys], _own_days(session, register, guard, row))


def _in_the_past(row: BalanceRow) -> bool:
    """Whether something had been booked after the earliest day that the command touched."""
    return row.moved_from is not None and row.moved_from < (row.last_on or row.moved_from)


def level_of(register: Register, guard: Guard) -> int:
    """The level of the kept rows that a guard judges."""
    return 0 if guard.per == tuple(register.keys) else register.levels.index(guard.per) + 1


def failing(session: Session, guard: Guard, row: BalanceRow, before: Mapping[str, Decimal]) -> Text | None:
    """What the guard says of a row as it is now, if it fails and got worse than `before`."""
    after, then = view(session, row, row.measures), view(session, row, dict(before))
    missing = _missing(session, guard, after, then)
    return None if missing is None else _message(session, guard, after, then, missing, None)


def unbalanced(session: Session, register: Register) -> Iterator[Text]:
    """What guards over one document's own rows say of those that have booked in this session."""
    for guard in register.guards:
        if guard.per == DOCUMENT:
            yield from _violations(session, register, guard)


def _rows(session: Session, register: Register, guard: Guard) -> Iterator[BalanceRow]:
    if guard.per == DOCUMENT:
        yield from _documents(session, register)
        return
    level = level_of(register, guard)
    for row in session.holdings.touched(register):
        if row.level == level:
            yield row


def _documents(session: Session, register: Register) -> Iterator[BalanceRow]:
    """One virtual row per document that booked in this command: the sum of all that it has booked."""
    documents = sorted({(m.object, m.doc) for m in session.moved[register.name]})
    sums: dict[tuple[str, int], Measures] = {d: dict.fromkeys(register.measures, ZERO) for d in documents}
    unwritten = () if session.tx.write else session.moved[register.name]
    for movement in (*balances.booked(session.tx, register, documents), *unwritten):
        for name, amount in movement.amounts.items():
            sums[movement.object, movement.doc][name] += amount
    blank = (None,) * len(register.keys)
    for measures in sums.values():
        yield BalanceRow(register, 0, blank, None, measures, dict.fromkeys(register.measures, ZERO))


def _missing(session: Session, guard: Guard, after: RegisterRow, before: RegisterRow) -> Decimal | None:
    """How much slack is missing, None if the guard holds or did not get worse."""
    if guard.when is not None and not holds(guard.when, session.frame(after)):
        return None
    if guard.unless is not None and holds(guard.unless, session.frame(after)):
        return None
    for slack in guard.slacks:
        now, then = slack.value(session.frame(after)), slack.value(session.frame(before))
        if isinstance(now, ErrorValue):
            raise Refused(now.reason, code="guard")
        left = now if isinstance(now, Decimal) else ZERO
        earlier = then if isinstance(then, Decimal) else ZERO
        if left < 0 and left < earlier:
            return -left
    return None


def past_days(
    session: Session, guard: Guard, row: BalanceRow, days: Days, ours: Mapping[dt.date, Measures]
) -> Iterator[Text]:
    """The first of the days at whose end the guard fails and got worse by `ours`: what was moved, by day. `days` is
    what moved on each since the first."""
    register = row.register
    days = days if session.tx.write else merged(days, ours)
    running = {name: amount - sum((d[1][name] for d in days), ZERO) for name, amount in row.measures.items()}
    booked = dict.fromkeys(register.measures, ZERO)
    for day, moved in days:
        for name, amount in moved.items():
            running[name] += amount
            booked[name] += ours.get(day, {}).get(name, ZERO)
        earlier = {name: amount - booked[name] for name, amount in running.items()}
        after, before = view(session, row, dict(running)), view(session, row, earlier)
        missing = _missing(session, guard, after, before)
        if missing is not None:
            yield _message(session, guard, after, before, missing, day)
            return


def merged(
    days: Sequence[tuple[dt.date, Measures]], ours: Mapping[dt.date, Measures]
) -> list[tuple[dt.date, Measures]]:
    """What moved by day, with what is only in memory added; ascending."""
    found = {day: dict(moved) for day, moved in days}
    for day, moved in ours.items():
        into = found.setdefault(day, dict.fromkeys(moved, ZERO))
        for name, amount in moved.items():
            into[name] += amount
    return sorted(found.items())


def _own_days(session: Session, register: Register, guard: Guard, row: BalanceRow) -> dict[dt.date, Measures]:
    """What this command itself moved in the group of the row, by day."""
    found: dict[dt.date, Measures] = {}
    for movement in session.moved[register.name]:
        pairs = zip(register.keys, movement.keys, row.keys, strict=True)
        if all(mine == theirs for name, mine, theirs in pairs if name in guard.per):
            into = found.setdefault(movement.on_day, dict.fromkeys(register.measures, ZERO))
            for name, amount in movement.amounts.items():
                into[name] += amount
    return found


def _message(
    session: Session, guard: Guard, after: RegisterRow, before: RegisterRow, need: Decimal, day: dt.date | None
) -> Text:
    figures = (*after.register.measures, *after.register.formulas)
    names: dict[str, object] = {f"{name}.before": before.get(name) for name in figures}
    names |= {"need": need, "day": day or session.tx.today}
    frame = Frame(session, this=after, old=before, names=names)
    return session.rendered(guard.say, frame)
