"""Closing and opening periods: up to which day registers take no more bookings, and who has said so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from engine.definitions.registers import Period
from engine.errors import FieldError, Forbidden, Invalid, NotFound
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Value
from engine.locales import day_text
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import period_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.period_rows import Turn
from engine.texts import Text, say

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A period as it stands: closed up to `until`, None = open throughout; `may` the actor close and open it."""

    period: Period
    until: dt.date | None
    may: bool
    turns: tuple[Turn, ...] = ()


def standing(tx: Tx) -> list[Standing]:
    """The periods that the actor may close, or of which they see a register; with their history, newest first."""
    closed, turns = period_rows.closed(tx), period_rows.history(tx)
    found = []
    for period in tx.app.periods.values():
        right = may(tx, period)
        if right or any(access.may(tx, name, "see") for name in period.registers):
            mine = tuple(turn for turn in turns if turn.period == period.name)
            found.append(Standing(period, closed.get(period.name), right, mine))
    return found


def may(tx: Tx, period: Period) -> bool:
    """Whether the actor may close the period and open it again."""
    actor, who = tx.actor, period.by
    if not all(access.reaches(tx, name, "close") for name in period.registers):
        return False
    if access.unbound(actor) or actor.admin:
        return True
    if who is None or actor.kind != "user":
        return False
    if set(who.roles) & actor.roles or "everyone" in who.words:
        return True
    session = Session(tx)
    return any(_names(one.value(Frame(session)), actor.id) for one in who.people)


def _names(value: Value, id: int) -> bool:
    people = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, Ref) and one.object == "user" and one.id == id for one in people)


def close(tx: Tx, name: str, until: dt.date, reason: str = "") -> None:
    """Close a period up to a day, it included. Waits for postings that run. Raises `Invalid` for a day that is not over
    or is closed already."""
    period = _demanded(tx, name)
    period_rows.seize(tx, name)
    closed = period_rows.closed(tx).get(name)
    if until >= tx.today:
        _refuse("until", say(
            zh="{until} 还没有结束：只能关账到昨天（{last}）为止", en="{until} is not over: close up to {last} at most",
            until=day_text(until), last=day_text(tx.today - DAY),
        ))
    if closed is not None and until <= closed:
        _refuse("until", say(
            zh="“{period}”已关账至 {closed}", en="{period} is closed up to {closed} already",
            period=period.label, closed=day_text(closed),
        ))
    period_rows.add(tx, name, until, reason.strip())


def reopen(tx: Tx, name: str, until: dt.date | None, reason: str) -> None:
    """Open a period again: what is after `until` takes bookings, None = everything. A reason is asked for."""
    period = _demanded(tx, name)
    period_rows.seize(tx, name)
    closed = period_rows.closed(tx).get(name)
    if closed is None or (until is not None and until >= closed):
        _refuse("until", say(
            zh="“{period}”当天之后本来就未关账", en="{period} is open after that day anyway", period=period.label
        ))
    if not reason.strip():
        _refuse("reason", say(zh="请说明重新打开的原因", en="Say why it is opened again"))
    period_rows.add(tx, name, until, reason.strip())


def _demanded(tx: Tx, name: str) -> Period:
    period = tx.app.periods.get(name)
    if period is None:
        raise NotFound(say(zh="没有名为 {name} 的账期", en="There is no period called {name}", name=name))
    if not may(tx, period):
        raise Forbidden(say(
            zh="您无权关账或打开“{period}”", en="You may not close or open {period}", period=period.label
        ))
    return period


def _refuse(field: str, text: Text) -> None:
    raise Invalid(text, errors=[FieldError(field, text, "period")])
