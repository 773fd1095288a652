"""Periods on their page: how each stands, what may be done, who did what. Knows the periods service, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from engine.kinds.fields.locales import show_date, show_datetime
from engine.runtime.services.registers import periods
from engine.runtime.services.registers.periods import DAY, Standing
from engine.runtime.storage.live import Tx
from engine.runtime.storage.period_rows import Turn
from engine.runtime.web.present import addresses
from engine.texts import listed, say

OPEN = say(zh="未关账", en="Open")


@dataclass(frozen=True, slots=True)
class TurnView:
    """One closing or reopening."""

    text: str
    who: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One period as the template takes it; `suggested` is the day that the form offers."""

    name: str
    label: str
    registers: str
    state: str
    closed: bool
    may: bool
    suggested: str
    latest: str
    close_url: str
    reopen_url: str
    wrong: str
    turns: tuple[TurnView, ...]


def views(tx: Tx, wrong: Mapping[str, str]) -> list[PeriodView]:
    """Every period that concerns the actor; `wrong` says what was refused at which."""
    return [_view(tx, one, wrong.get(one.period.name, "")) for one in periods.standing(tx)]


def _view(tx: Tx, one: Standing, wrong: str) -> PeriodView:
    language, period = tx.actor.language, one.period
    url = f"{addresses.periods(tx.app.name)}/{period.name}"
    return PeriodView(
        name=period.name,
        label=period.label.to(language),
        registers=listed((tx.app.registers[name].label.to(language) for name in period.registers), language),
        state=_state(one.until, language),
        closed=one.until is not None,
        may=one.may,
        suggested=_suggested(tx.today, one.until).isoformat(),
        latest=(tx.today - DAY).isoformat(),
        close_url=f"{url}/close",
        reopen_url=f"{url}/reopen",
        wrong=wrong,
        turns=tuple(_turn(tx, turn) for turn in one.turns),
    )


def _turn(tx: Tx, turn: Turn) -> TurnView:
    when = show_datetime(turn.at.astimezone(tx.zone), tx.actor.language)
    return TurnView(_state(turn.until, tx.actor.language), turn.name, when, turn.reason)


def _state(until: dt.date | None, language: str) -> str:
    if until is None:
        return OPEN.to(language)
    return say(zh="已关账至 {day}", en="Closed up to {day}", day=show_date(until, language)).to(language)


def _suggested(today: dt.date, until: dt.date | None) -> dt.date:
    """The end of last month, where that is still open; else yesterday."""
    month = today.replace(day=1) - DAY
    return month if until is None or until < month else today - DAY
