"""Documents of the past through a flow as it is and as it would be: who would be asked, and what differs. Nothing is
written, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve, Flow
from engine.definitions.objects import Check, Object
from engine.errors import Failure
from engine.expressions.compiled import Expression
from engine.expressions.values import Ref
from engine.runtime.services import conditions
from engine.runtime.services.approvals import prospects
from engine.runtime.services.approvals.prospects import Prospect
from engine.runtime.services.records import Record
from engine.runtime.services.releases import differing
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_lists, task_rows
from engine.runtime.storage.flow_states import HUMAN
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

MOST = 100                                     # documents of a flow that are looked at
UNKNOWN = say(zh="用到了还没有数据的字段：{fields}", en="It reads fields that hold nothing yet: {fields}")
GONE = say(zh="流程将被删除；进行中的审批按旧版本完成", en="The flow is taken away; what is under way ends as it began")
SYSTEM = ("creator", "created_at", "changed_by", "changed_at", "state", "status", "id", "version", "number")


@dataclass(frozen=True, slots=True)
class Asked:
    """A step to which a document would come, and whom it would ask; nobody where a rule decides."""

    step: Text
    people: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """How a document would go; `stopped` says why it would not go on."""

    asked: tuple[Asked, ...]
    stopped: Text | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that would go another way than now."""

    record: Ref
    now: Way
    then: Way


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of one flow: how many documents were looked at, which of them would go otherwise; `unknown` tells why
    nothing can be said."""

    flow: Flow
    looked: int
    differences: tuple[Difference, ...] = ()
    unknown: Text | None = None


def replays(tx: Tx, after: App, *, most: int = MOST) -> list[Replay]:
    """For each flow that another version of the app changes (or whose checks it changes): its last documents through
    both, as they are today. Documents go by today's data and people; what steps would change on the way is left out."""
    found = []
    for flow in tx.app.flows.values():
        other = after.flows.get(flow.name)
        if other is None:
            found.append(Replay(flow, 0, (), GONE))
        elif other.object == flow.object and _changed(tx, after, flow, other):
            found.append(_replay(tx, after, flow, other, most))
    return found


def _changed(tx: Tx, after: App, flow: Flow, other: Flow) -> bool:
    """Whether a flow, or the checks that ask for it, are other ones."""
    old, new = tx.app.objects[flow.object], after.objects.get(flow.object)
    if new is None:
        return False
    checks = [differing.same(_asking(obj, flow.name)) for obj in (old, new)]
    return bool(checks[0] != checks[1] or differing.same(flow) != differing.same(other))


def _asking(obj: Object, flow: str) -> list[Check]:
    own = [check for action in obj.actions.values() if action.start == flow for check in action.checks]
    return [check for check in (*obj.checks, *own) if check.otherwise == "approve"]


def _replay(tx: Tx, after: App, flow: Flow, other: Flow, most: int) -> Replay:
    obj = tx.app.objects[flow.object]
    checks = _asking(obj, flow.name), _asking(after.objects[flow.object], flow.name)
    unknown = _unread(obj, [*_conditions(other), *(one for check in checks[1] for one in _of(check))])
    if unknown:
        return Replay(other, 0, (), UNKNOWN.filled(fields=", ".join(unknown)))
    session, looked, found = Session(tx), 0, list[Difference]()
    names: dict[int, str] = {}
    rows = flow_lists.newest(tx, flow.name, most)
    session.prefetch(Ref(flow.object, row["record"]) for row in rows)
    for row in rows:
        record = session.record(Ref(flow.object, row["record"]))
        if record is None or record.system.get("deleted_at") is not None:
            continue
        looked += 1
        now, then = (
            _outline(tx, one, _gone(session, record, one, row["initiator"], asks), names)
            for one, asks in zip((flow, other), checks, strict=True)
        )
        if _plain(now) != _plain(then):
            seen = access.granted(record, "see") or session.tx.actor.admin     # All approvals show them every title
            title = record.title if seen else f"#{record.id}"
            found.append(Difference(Ref(record.object, record.id or 0, title), now, then))
    return Replay(other, looked, tuple(found))


def _gone(session: Session, record: Record, flow: Flow, initiator: int | None, checks: list[Check]) -> Prospect:
    raised = _raised(session, record, checks)
    return prospects.from_start(session, record, flow, initiator=initiator, raised=raised)


def _raised(session: Session, record: Record, checks: list[Check]) -> frozenset[str]:
    """The checks that would ask for approval; one that cannot be told asks."""
    found = set()
    for check in checks:
        try:
            frame = session.frame(record)
            if (check.when is None or conditions.holds(check.when, frame)) and check.that.value(frame) is not True:
                found.add(check.called)
        except Failure:
            found.add(check.called)
    return frozenset(found)


def _outline(tx: Tx, flow: Flow, found: Prospect, names: dict[int, str]) -> Way:
    """The steps at which people are asked, in their order."""
    asked = []
    for visit in sorted(found.state.visits.values(), key=lambda visit: visit.seq):
        if visit.kind in HUMAN:
            step = blocks.step_at(flow, visit.at)
            people = [task.assignee for task in found.state.tasks_of(visit.id) if task.via != "auto"]
            names |= task_rows.names(tx, (one for one in people if one not in names))
            label = step.label if isinstance(step, Approve) else flow.label
            asked.append(Asked(label, tuple(Ref("user", one, names.get(one, "")) for one in dict.fromkeys(people))))
    return Way(tuple(asked), found.stopped)


def _plain(way: Way) -> object:
    return [(str(one.step), [ref.id for ref in one.people]) for one in way.asked], str(way.stopped)


def _conditions(flow: Flow) -> Iterator[Expression]:
    """Every expression of a flow that says whether, where and whom it asks."""
    for _, step in blocks.walk(flow):
        who = getattr(step, "by", None) or getattr(step, "to", None)
        arms = [arm.when for arm in blocks.arms_of(step)]
        named = list(getattr(who, "people", ()))
        yield from (one for one in (getattr(step, "when", None), getattr(step, "unless", None), *arms, *named) if one)


def _of(check: Check) -> list[Expression]:
    return [one for one in (check.that, check.when) if one is not None]


def _unread(obj: Object, expressions: list[Expression]) -> list[str]:
    """Names that the records of today do not have."""
    known = {*obj.fields, *obj.backs, *SYSTEM}
    heads = (path[0] for one in expressions for path in one.reads if not path[0].startswith("@"))
    return sorted({head for head in heads if head not in known})
