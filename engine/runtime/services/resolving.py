"""From `who` to people: roles and expressions over a record become active users, with a trace. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.definitions.objects import Who
from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Whom
from engine.runtime.services import organisation
from engine.runtime.services.conditions import holds
from engine.runtime.services.deciding import Resolved
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import people_rows
from engine.texts import say

NO_PERSON = say(zh="结果不是用户", en="it gives something that is no person")


def resolve(session: Session, who: Who | Whom, frame: Frame) -> Resolved:
    """The active people that `who` names here, each once, in the order of the sources. Raises `Refused` on an error."""
    users: dict[int, None] = {}
    trace: list[Mapping[str, object]] = []
    for source, found in _sources(session, who, frame):
        kept = [user for user in dict.fromkeys(found) if active(session, user)]
        users.update(dict.fromkeys(kept))
        trace.append({"source": source, "users": kept})
        trace.extend({"dropped": user, "why": "inactive"} for user in dict.fromkeys(found) if user not in kept)
    return Resolved(tuple(users), tuple(trace))


def _sources(session: Session, who: Who | Whom, frame: Frame) -> Iterable[tuple[str, list[int]]]:
    for role in who.roles:
        yield f"role({role})", [ref.id for ref in organisation.with_role(session.tx, role)]
    for expression in who.people:
        yield expression.text, people_in(expression, expression.value(frame))
    if "everyone" in who.words:
        everyone = people_rows.users(session.tx.connection)
        yield "everyone", sorted(int(row["id"]) for row in everyone if row["active"])


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

    def holds(self, condition: Expression) -> bool:
        return holds(condition, self.session.frame(self.record))

    def resolve(self, who: Who) -> Resolved:
        return resolve(self.session, who, self.session.frame(self.record))

    def manager(self, user: int) -> int | None:
        return next((ref.id for ref in organisation.managers_of(self.session.tx, user)), None)

    def admins(self) -> Sequence[int]:
        rows = people_rows.users(self.session.tx.connection)
        return sorted(int(row["id"]) for row in rows if row["admin"] and row["active"])

    def active(self, user: int) -> bool:
        return active(self.session, user)

    def perform(self, step: Step) -> None:
        assert self.session.perform is not None, "a command says how steps are taken"
        self.session.perform(self.record, step)

    def missing(self, fields: Sequence[str]) -> Sequence[str]:
        return [path for path in fields if _blank(self.record, path)]


def _blank(record: Record, path: str) -> bool:
    """Whether a field is empty; of a column of lines (`lines.price`), whether it is empty in any line."""
    head, _, tail = path.partition(".")
    value = record.get(head)
    if tail and isinstance(value, Rows):
        return any(row.get(tail) in (None, ()) for row in value.items)
    return value in (None, ()) or isinstance(value, Rows) and not value.items
