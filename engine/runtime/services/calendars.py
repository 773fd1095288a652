"""The working time of an app: its calendar's hours with the days off and make-up days that its records hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.definitions.app import App
from engine.definitions.calendars import Calendar
from engine.expressions import moments
from engine.expressions.arithmetic import Spread
from engine.expressions.compiled import Source
from engine.expressions.evaluate import evaluate
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows
from engine.expressions.working import STANDARD, WorkingTime
from engine.runtime.services import outbox
from engine.runtime.storage.live import Tx

if TYPE_CHECKING:
    from engine.runtime.services.sessions import Session

CLOCKS = "flow_clocks"                         # the kind of job that reckons what is due anew


def working_time(session: Session, name: str = "") -> WorkingTime:
    """A calendar of the app as it is now; without a name the app's own, or Monday to Friday where it has none.

    Raises `Spread` where one of its sources is an error: which days are worked on is not known then."""
    calendar = session.tx.app.calendars.get(name or session.tx.app.calendar)
    if calendar is None:
        return STANDARD
    return WorkingTime(calendar.week, _closed(session, calendar), _open(session, calendar), calendar.timezone)


def fed(app: App) -> frozenset[str]:
    """The objects whose records say which days are worked on."""
    sources = (source for one in app.calendars.values() for source in (one.closed, one.open))
    return frozenset(source.object for source in sources if source is not None and source.object)


def announce(tx: Tx, former: App | None = None) -> None:
    """Enter that what is due is reckoned anew; with `former` only if the calendars of that version were others."""
    if former is None or former.calendars != tx.app.calendars or former.calendar != tx.app.calendar:
        outbox.enqueue(tx, CLOCKS, {})


def _closed(session: Session, calendar: Calendar) -> frozenset[dt.date]:
    return frozenset(_days(session, calendar.closed, calendar.closed_field))


def _open(session: Session, calendar: Calendar) -> frozenset[dt.date]:
    return frozenset(_days(session, calendar.open, calendar.open_field))


def _days(session: Session, source: Source | None, field: str) -> Iterator[dt.date]:
    if source is None:
        return
    frame = Frame(session)
    found: Any = source.rows(frame)
    if isinstance(found, ErrorValue):
        raise Spread(found)
    for item in found.items if isinstance(found, Rows) else found or ():
        value: Any = item
        if isinstance(item, (Row, Ref)):
            row = session.record(item) if isinstance(item, Ref) else item
            if row is None:
                continue
            value = row.get(field) if source.value is None else evaluate(source.value, frame.at(row, source.alias))
        if isinstance(value, ErrorValue):
            raise Spread(value)
        day = moments.day(value, session)
        if day is not None:
            yield day
