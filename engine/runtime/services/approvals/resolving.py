"""From `who` to people: roles and expressions over a record become active users, with a trace. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.definitions.flows import Due, Flow
from engine.definitions.objects import Who
from engine.errors import Refused
from engine.expressions import moments
from engine.expressions.arithmetic import Spread
from engine.expressions.compiled import Expression, Source
from engine.expressions.nodes import Call
from engine.expressions.scope import Frame
from engine.expressions.values import Duration, ErrorValue, Ref, Row, Rows, Value
from engine.expressions.working import Hours
from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Whom
from engine.runtime.services import calendars
from engine.runtime.services.approvals import amending, digests
from engine.runtime.services.approvals.deciding import Away, Resolved
from engine.runtime.services.conditions import holds
from engine.runtime.services.identity import organisation
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import absence_rows, people_rows, signal_rows
from engine.texts import say

GROUPS = ("role", "members", "team", "in_position")     # functions that give all who belong to something
NO_TIME = say(zh="结果不是时间", en="it gives something that is no time")
NO_PERSON = say(zh="结果不是用户", en="it gives something that is no person")


def resolve(session: Session, who: Who | Whom, frame: Frame) -> Resolved:
    """The active people that `who` names here, each once, in the order of the sources. Raises `Refused` on an error."""
    users: dict[int, None] = {}
    named: set[int] = set()
    trace: list[Mapping[str, object]] = []
    for source, found, person in _sources(session, who, frame):
        named |= set(found) if person else set()
        kept = [user for user in dict.fromkeys(found) if active(session, user)]
        users.update(dict.fromkeys(kept))
        trace.append({"source": source, "users": kept})
        trace.extend({"dropped": user, "why": "inactive"} for user in dict.fromkeys(found) if user not in kept)
    return Resolved(tuple(users), tuple(trace), frozenset(users) - named)


def _sources(session: Session, who: Who | Whom, frame: Frame) -> Iterable[tuple[str, list[int], bool]]:
    """What names people, whom it gives, and whether it means them in person rather than any who hold a role."""
    for role in who.roles:
        yield f"role({role})", [ref.id for ref in organisation.with_role(session.tx, role)], False
    for expression in who.people:
        found = people_in(expression, expression.value(frame))
        node = expression.node
        group = isinstance(node, Call) and node.function.name in GROUPS
        yield expression.text, found, len(found) == 1 or not group
    if "everyone" in who.words:
        everyone = people_rows.users(session.tx.connection)
        yield "everyone", sorted(int(row["id"]) for row in everyone if row["active"]), False


def people_in(expression: Expression, value: Value) -> list[int]:
    """The users that a value holds; an error, or anything that is no person, refuses (and so approves nothing)."""
    if value is None:
        return []
    if isinstance(value, Rows):
        return [user for row in value.items for user in people_in(expression, row)]
    if isinstance(value, tuple):
        return [user for item in value for user in people_in(expression, item)]
    if isinstance(value, Ref | Row) and value.object == "user" and value.id is not None:
        return [value.id]
    reason = value.reason if isinstance(value, ErrorValue) else NO_PERSON
    raise Refused(say(zh="无法确定“{rule}”是谁：{reason}", en="Who {rule} is cannot be told: {reason}",
                      rule=expression.text, reason=reason), code="resolution")


def active(session: Session, user: int) -> bool:
    """Whether this person exists and has not left."""
    found = people_rows.user(session.tx.connection, user)
    return found is not None and bool(found["active"])


@dataclass(frozen=True, slots=True)
class RecordScope:
    """What a decision asks about one record and the organisation. Implements `deciding.Scope`."""

    session: Session
    record: Record
    flow: Flow
    absent: dict[int | None, int | None] = field(default_factory=dict)     # who is away, once it was asked
    instance: int = 0
    named: dict[str, object] = field(default_factory=dict)     # what its expressions may name besides, once it is known

    def _frame(self) -> Frame:
        """The frame of the record; in the flow of a change with what that touches."""
        if not self.named:
            self.named["diff"] = amending.touched(self.record, self.flow.name)
            self.named["proposed"] = amending.proposed(self.record, self.flow.name)
        return self.session.frame(self.record, **{n: value for n, value in self.named.items() if value is not None})

    def holds(self, condition: Expression) -> bool:
        return holds(condition, self._frame())

    def resolve(self, who: Who) -> Resolved:
        return resolve(self.session, who, self._frame())

    def manager(self, user: int) -> int | None:
        return next((ref.id for ref in organisation.managers_of(self.session.tx, user)), None)

    def admins(self) -> Sequence[int]:
        rows = people_rows.users(self.session.tx.connection)
        return sorted(int(row["id"]) for row in rows if row["admin"] and row["active"])

    def active(self, user: int) -> bool:
        return active(self.session, user)

    def away(self, user: int) -> Away | None:
        if None not in self.absent:
            tx = self.session.tx
            found = absence_rows.away(tx.connection, tx.now, (tx.app.name, self.flow.name))
            self.absent[None] = None           # it was asked
            for one, to in found.items():
                self.absent[one] = to
        return Away(self.absent[user]) if user in self.absent else None

    def facts(self, fields: Sequence[str]) -> str:
        return digests.of(self.record, fields)

    def rows(self, each: Source | None) -> Sequence[int]:
        if each is None:
            return [self.record.id or 0]
        found = each.rows(self._frame())
        if isinstance(found, ErrorValue):
            raise Refused(say(zh="无法确定“{rule}”：{reason}", en="{rule} cannot be told: {reason}",
                              rule=each.text, reason=found.reason), code="rows")
        items = found.items if isinstance(found, Rows) else found if isinstance(found, tuple) else ()
        return [one.id for one in items if isinstance(one, Ref | Row) and one.id is not None]

    def perform(self, step: Step) -> None:
        assert self.session.perform is not None, "a command says how steps are taken"
        self.session.perform(self.record, step)

    @property
    def now(self) -> dt.datetime:
        return self.session.now

    def deadline(self, due: Due) -> dt.datetime | None:
        if due.at is not None:
            return self._moment(due.at, due.at.value(self._frame()))
        return None if due.within is None else self.later(self.now, due.within, due.calendar)

    def later(self, moment: dt.datetime, by: Expression, calendar: str) -> dt.datetime:
        value = by.value(self._frame())
        return moment if value is None else self._moment(by, self._shifted(moment, value, calendar)) or moment

    def until(self, expression: Expression) -> dt.datetime | None:
        value = expression.value(self._frame())
        if isinstance(value, Duration):
            value = self._shifted(self.now, value, "")
        return self._moment(expression, value)

    def _shifted(self, moment: dt.datetime, by: Value, calendar: str) -> Value:
        """Working time by the calendar that is named, else the app's."""
        session = self.session
        try:
            own = Hours(session.timezone, calendars.working_time(session, calendar)) if calendar else session
            shifted: Value = moments.shift(moment, by, 1, own)
        except Spread as spread:
            return spread.error
        return shifted

    def _moment(self, expression: Expression, value: Value) -> dt.datetime | None:
        """A moment; a date means its first moment. An error, or anything else, refuses: no time is guessed."""
        if value is None or isinstance(value, dt.datetime):
            return value
        if isinstance(value, dt.date):
            return moments.start_of(value, self.session)
        reason = value.reason if isinstance(value, ErrorValue) else NO_TIME
        raise Refused(say(zh="无法确定时间“{rule}”：{reason}", en="The time {rule} cannot be told: {reason}",
                          rule=expression.text, reason=reason), code="deadline")

    def signalled(self, name: str) -> bool:
        tx, at = self.session.tx, self.record
        found = signal_rows.found(tx, at.object, at.id or 0, name, self.instance)
        if found is not None:
            signal_rows.take(tx, found, self.instance)
        return found is not None

    def missing(self, fields: Sequence[str]) -> Sequence[str]:
        return [path for path in fields if _blank(self.record, path)]


def _blank(record: Record, path: str) -> bool:
    """Whether a field is empty; of a column of lines (`lines.price`), whether it is empty in any line."""
    head, _, tail = path.partition(".")
    value = record.get(head)
    if tail and isinstance(value, Rows):
        return any(row.get(tail) in (None, ()) for row in value.items)
    return value in (None, ()) or isinstance(value, Rows) and not value.items
