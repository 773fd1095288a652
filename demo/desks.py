"""What people of the sample company do at their desks: commands as a person, at a moment of a past day."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from demo.seasons import working_day
from demo.staff import APP
from engine.expressions.values import Ref, Row, Value
from engine.runtime.services import commands
from engine.runtime.services.automation import sweeping
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
OPENING_TIME = dt.time(8, 30)


class Desks:
    """The offices: whoever acts does so at the next moment of `day`, so that what is done in turn is dated in turn."""

    def __init__(self, site: Site, day: dt.date) -> None:
        self.site = site
        self.day = day
        self._done_today = 0
        self._actors: dict[str, Actor] = {}

    def open(self, day: dt.date) -> None:
        """Begin another day."""
        self.day, self._done_today = day, 0

    def actor(self, login: str) -> Actor:
        """The person as an actor of the app."""
        if login not in self._actors:
            self._actors[login] = people.actor_for(self.site, people.find(self.site, login), APP)
        return self._actors[login]

    def user(self, login: str) -> Ref:
        """The person as the value of a field."""
        return Ref("user", self.actor(login).id)

    def run(self, login: str, work: Callable[[Tx], T]) -> T:
        """One transaction of a person, half a minute after the one before."""
        self._done_today += 1
        return self.site.run(APP, self.actor(login), work, now=self._moment())

    def look(self, login: str, question: Callable[[Tx], T]) -> T:
        """What a person sees now; changes nothing."""
        with self.site.read(APP, self.actor(login), now=self._moment()) as tx:
            return question(tx)

    def pass_midnight(self) -> None:
        """What the app does by itself at the beginning of a day: what has become overdue is called so."""
        self.site.run(APP, SERVICE, lambda tx: sweeping.run(tx, {}), now=self._moment())

    def _moment(self) -> dt.datetime:
        """The moment of what is done next; on the very day of the building never after the clock."""
        local = dt.datetime.combine(self.day, OPENING_TIME, ZONE) + dt.timedelta(seconds=30 * self._done_today)
        now = self.site.now()
        return (
            min(local.astimezone(dt.UTC), now) if now.astimezone(ZONE).date() == self.day else local.astimezone(dt.UTC)
        )


class Agenda:
    """What will happen on which day: an ordered list of things to do, first planned first done."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._entries: list[tuple[dt.date, int, Callable[[], None]]] = []
        self._numbers: Iterator[int] = count()

    def later(self, days: int, work: Callable[[], None]) -> None:
        """Plan something for the first open day that is at least so many days after the day at hand."""
        self.plan(working_day(self._desks.day, days), work)

    def plan(self, day: dt.date, work: Callable[[], None]) -> None:
        heapq.heappush(self._entries, (day, next(self._numbers), work))

    def due(self, day: dt.date) -> Iterator[Callable[[], None]]:
        """Take out everything planned up to and including the day, also what is added meanwhile."""
        while self._entries and self._entries[0][0] <= day:
            yield heapq.heappop(self._entries)[2]


def lines(rows: Sequence[Mapping[str, Any]]) -> LinesValue:
    """Line values of a new document."""
    return LinesValue(tuple(LineValues(row) for row in rows))


def create(tx: Tx, object: str, **values: Any) -> Ref:
    """A new record; its link."""
    return commands.create(tx, object, values).ref


def update(tx: Tx, record: Ref, **values: Any) -> None:
    """Change a record."""
    commands.update(tx, record.object, record.id, values)


def act(tx: Tx, record: Ref, action: str, *, accept: Sequence[str] = (), **given: Any) -> tuple[Ref, ...]:
    """Take an action; links to what it created."""
    outcome = commands.act(tx, record.object, record.id, action, given=given, accept=accept)
    return tuple(made.ref for made in outcome.created)


def number(value: Value) -> Decimal:
    """A stored number of a record."""
    assert isinstance(value, Decimal), "a number was expected"
    return value


def identity(value: Value) -> int:
    """The id of the record behind a link."""
    assert isinstance(value, (Ref, Row)) and value.id is not None, "a link was expected"
    return value.id
