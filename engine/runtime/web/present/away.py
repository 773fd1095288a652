"""Who is away and who stands in, as rows of a page, in the reader's words and zone. Knows services, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.kinds.fields.locales import show_datetime
from engine.runtime.services.approvals import absences
from engine.runtime.services.approvals.absences import Absence
from engine.runtime.services.identity.people import Person
from engine.runtime.services.site import Site
from engine.texts import listed, say

NOW, LATER = say(zh="进行中", en="now"), say(zh="未开始", en="to come")
ALL = say(zh="全部审批", en="all approvals")


@dataclass(frozen=True, slots=True)
class Row:
    """One absence: who, when, who stands in, for what; `mine`: the reader may end it."""

    id: int
    who: str
    to: str
    since: str
    until: str
    what: str
    word: str
    color: str
    mine: bool


@dataclass(frozen=True, slots=True)
class AwayView:
    """The reader's own absences, those of others (in which the reader stands in; everybody's for administrators), and
    what an absence may be limited to: (name, label)."""

    own: Sequence[Row]
    others: Sequence[Row]
    flows: Sequence[tuple[str, str]]


def view(site: Site, person: Person, zone: ZoneInfo, language: str) -> AwayView:
    """What is or will be."""
    labels = {
        f"{live.app.name}.{flow.name}": f"{live.app.label.to(language)} · {flow.label.to(language)}"
        for live in site.apps() for flow in live.app.flows.values()
    }
    known = {**{live.app.name: live.app.label.to(language) for live in site.apps() if live.app.flows}, **labels}
    found = absences.listing(site, person, everybody=person.admin)
    rows = [(one.user.id == person.id, _row(one, zone, language, known, site.now())) for one in found]
    return AwayView([row for own, row in rows if own], [row for own, row in rows if not own], list(labels.items()))


def _row(one: Absence, zone: ZoneInfo, language: str, labels: dict[str, str], now: dt.datetime) -> Row:
    runs = one.since <= now
    what = listed((labels.get(name, name) for name in one.flows), language) or ALL.to(language)
    times = (show_datetime(moment.astimezone(zone), language) for moment in (one.since, one.until))
    since, until = times
    return Row(
        one.id, one.user.title, one.to.title if one.to is not None else "", since, until, what,
        (NOW if runs else LATER).to(language), "amber" if runs else "blue", one.mine,
    )
