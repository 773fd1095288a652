"""Closed periods: whether a day of a register still takes bookings, and where a late one counts instead."""

from __future__ import annotations

import datetime as dt

from engine.definitions.registers import Register
from engine.errors import FieldError, Refused
from engine.locales import day_text
from engine.runtime.services.sessions import Session
from engine.runtime.storage import period_rows
from engine.texts import say

DAY = dt.timedelta(days=1)


def closed_until(session: Session, register: Register) -> dt.date | None:
    """The last closed day of a register, None if nothing of it is closed. From then on no closing happens until the
    transaction ends."""
    period = session.tx.app.period_of.get(register.name, "")
    if not period or not register.dated:
        return None
    if period not in session.closed:
        period_rows.share(session.tx, period)
        session.closed[period] = period_rows.closed(session.tx).get(period)
    return session.closed[period]


def carried_day(session: Session, register: Register, day: dt.date) -> dt.date:
    """The day on which what the engine books for `day` counts, whatever the register says of closed days."""
    until = closed_until(session, register)
    return day if until is None or day > until else max(session.today, until + DAY)


def on_day(session: Session, register: Register, day: dt.date, title: str) -> dt.date:
    """The day on which a booking for `day` counts: that day while it is open, else the later of today and the first
    open one. Raises `Refused` for a closed day of a register that does not carry."""
    until = closed_until(session, register)
    if until is None or day > until:
        return day
    if register.closed == "carry" or session.carries:
        return carried_day(session, register, day)
    label = session.tx.app.periods[session.tx.app.period_of[register.name]].label
    text = say(
        zh="{title}：“{period}”已关账至 {until}，{day} 不能再记入“{register}”。请改用之后的日期，或由有权的人重新打开",
        en="{title}: {period} is closed up to {until}, {register} takes no more bookings for {day}. Take a later day, "
        "or have it reopened by somebody who may",
        title=title, period=label, until=day_text(until), day=day_text(day), register=register.label,
    )  # fmt: skip
    raise Refused(text, code="closed", errors=[FieldError("date", text, "closed")])
