"""Alerts as a list: what, how bad, since when, who sees to it. Knows the alerts service, no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.runtime.services import reading
from engine.runtime.services.automation.alerts import AlertView
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, traces, values

COLORS = {"info": "blue", "warning": "yellow", "critical": "red"}


@dataclass(frozen=True, slots=True)
class Warning:
    """An alert as the page shows it; `noted` once somebody sees to it."""

    id: int
    label: str
    text: str
    color: str
    when: str
    url: str
    noted: bool
    note_url: str
    trace_url: str = ""                        # the movements behind it
    silent: str = ""                           # until when nobody is told
    silence_url: str = ""
    group: str = ""                            # what those have in common with which it is told
    place: str = ""                            # of several of a group: the `first` or a `further` one
    told: str = ""                             # when its group's next message says it; "" where nothing waits


def of(tx: Tx, found: Sequence[AlertView]) -> list[Warning]:
    """The alerts for their reader; one about a record that the reader may not open has no link."""
    language, app, session = tx.actor.language, tx.app.name, Session(tx)
    session.prefetch(one.about for one in found if one.about is not None)
    return [
        Warning(
            id=one.id,
            label=one.label.to(language),
            text=one.text.to(language),
            color=COLORS.get(one.severity, "yellow"),
            when=values.moment(one.fired_at, tx.zone, language),
            url=values.address_of(tx.app, one.about) if one.about and reading.glance(session, one.about) else "",
            noted=one.acknowledged_at is not None,
            note_url=f"{addresses.alerts(app)}/{one.id}/acknowledge",
            trace_url=traces.of_alert(tx, one.rule, one.labels),
            silent=values.moment(one.silenced_until, tx.zone, language) if one.silenced_until else "",
            silence_url=f"{addresses.alerts(app)}/{one.id}/silence",
            group=one.group.to(language) if one.group is not None else "",
            told=values.moment(one.told_at, tx.zone, language) if one.told_at is not None else "",
        )
        for one in found
    ]


def together(found: Sequence[Warning]) -> list[Warning]:
    """The same alerts, those of one group one after the other, where the first of them stood."""
    first: dict[tuple[str, str], int] = {}
    for place, one in enumerate(found):
        if one.group:
            first.setdefault((one.label, one.group), place)
    places = [first.get((one.label, one.group), place) for place, one in enumerate(found)]
    several = {place for place, number in Counter(places).items() if number > 1}
    return [
        replace(found[n], place="" if places[n] not in several else "first" if places[n] == n else "further")
        for n in sorted(range(len(found)), key=places.__getitem__)
    ]
