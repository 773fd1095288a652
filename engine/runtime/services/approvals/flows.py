"""Approvals over records: start, decide, withdraw, lock. Takes no action itself: it names the one to be taken."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.flows import Flow
from engine.definitions.objects import AMEND
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import outbox
from engine.runtime.services.approvals import (
    amending,
    asking_others,
    autographs,
    choices,
    closed,
    deciding,
    flow_calls,
    flow_notices,
    flow_patches,
    pinning,
)
from engine.runtime.services.approvals.asking_others import ALONE, Company
from engine.runtime.services.approvals.deciding import Decision, Event, Timer, returning
from engine.runtime.services.approvals.flow_views import instance, instances
from engine.runtime.services.approvals.resolving import RecordScope
from engine.runtime.services.pointing import pointing
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import amendment_rows, autograph_rows, flow_rows, replies
from engine.runtime.storage.flow_rows import Entry
from engine.runtime.storage.flow_states import Instance, State, Task
from engine.texts import say

__all__ = [
    "Decided", "Ending", "carry_out", "decide", "instance", "instances", "start", "withdraw", "withdraw_for",
]
GONE = say(zh="没有这个任务，或者您无权查看", en="There is no such task, or you may not see it")
TIMER = "flow_timer"
ANSWERING = ("approve", "done", "resubmit")            # verbs with which one chooses who decides later
NOBODY: Mapping[str, Sequence[int]] = {}
WRITING = ("approve", "done", "resubmit", "stash")              # verbs that may change the record


@dataclass(frozen=True, slots=True)
class Ending:
    """A flow is over: the action of the record that must be taken now, and why (approved · rejected · withdrawn)."""

    action: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did. `patched` are the given fields, already applied to the record in memory; `repeated`: the
    same request had been carried out before, nothing was done now."""

    record: Ref
    ending: Ending | None = None
    patched: tuple[str, ...] = ()
    repeated: bool = False


# ---- what the pipeline calls


def start(
    session: Session, record: Record, flow_name: str, raised: frozenset[str], *, called: Instance | None = None,
    visit: int | None = None, pinned: bool = False, chosen: Mapping[str, Sequence[int]] = NOBODY,
) -> Ending | None:
    """Start a flow over a record that this transaction holds and that has been written. An ending if nothing waits.

    `chosen`: people for steps for which somebody chooses at the start. `called`: the instance whose step, at this
    visit, runs it, in the version of that instance if it is `pinned`."""
    tx = session.tx
    assert record.id is not None, "a record is written before its flow starts"
    if any(i.flow == flow_name for i in flow_rows.instances_of(tx, record.object, record.id, live=True)):
        text = say(zh="{title} 已在审批中", en="{title} is being approved already", title=record.title)
        raise Refused(text, code="running")
    initiator = tx.actor.id if tx.actor.kind == "user" else record.system.get("creator")
    run = Instance(0, tx.app.name, flow_name, tx.live.version, record.object, record.id, initiator, raised=raised)
    if called is not None:
        version = called.version if pinned else run.version
        run = replace(run, version=version, initiator=called.initiator, caller=visit, depth=called.depth + 1)
    flow = pinning.flow_of(tx, run)
    session.raised_names |= raised
    run = choices.taken(session, record, flow, run, returning.START, chosen)
    entered = flow_rows.add_instance(tx, run, record.title)
    return carry_out(session, record, flow, State(entered), deciding.Started(_actor(session)))


def renew(session: Session, record: Record, run: Instance, event: deciding.Renewed) -> None:
    """Begin an approval anew that has just been ended, by the live version, at its initiator."""
    anew = Instance(0, run.app, run.flow, session.tx.live.version, run.object, run.record, run.initiator,
                    raised=run.raised)
    entered = flow_rows.add_instance(session.tx, anew, record.title)
    carry_out(session, record, session.tx.app.flows[run.flow], State(entered), event)


def decide(
    session: Session, task: int, verb: str, *, comment: str = "", values: Mapping[str, Any] | None = None,
    version: int | None = None, company: Company = ALONE, key: str = "",
) -> Decided:
    """Answer a task. Verbs: approve reject done return resubmit withdraw recall claim unclaim comment urge stash; cc
    (`company` names people); transfer, delegate (`company` names a user), answer, take_back; add_signer, remove_signer
    (of the task that was added, or of one user beside it).

    `values` (by field, read by their kinds) are applied to the record before conditions are asked, on approve and
    resubmit only; `version` is the task's `lock_version` as it was shown; the same `key` acts once. Raises `NotFound`
    for strangers, `Refused` (`task_done` …), `Forbidden` (`not_assignee`), `Conflict`, `Invalid`."""
    if session.tx.actor.kind != "user":
        raise Forbidden(say(zh="审批只能由本人进行", en="Only people decide"), code="not_assignee")
    kept = _repeated(session, key, task, verb, comment, values, company) if key else None
    if kept is not None:
        return kept
    state, record = _hold(session, task)
    access.demand_scope(session.tx, record.object, "decide")
    closed.refuse(session, state, task, verb)
    _check_version(state.tasks[task], version)
    flow = pinning.flow_of(session.tx, state.instance)
    with pointing(session.tx.app, record.definition):
        given = values or {}
        patched = flow_patches.apply(session, record, flow, state, task, given, company.seen) if verb in WRITING else ()
        state = _chosen(session, record, flow, state, task, verb, company)
        company = _signed(flow, state, task, verb, company)
        event = asking_others.event(session, state, task, verb, comment, company)
        ending = carry_out(session, record, flow, state, event)
    if company.signature:
        autograph_rows.keep(session.tx, state.instance.id, task, company.signature)
    if key:
        reply = {"object": record.object, "record": record.id}
        replies.keep(session.tx, _who(session), f"task:{key}", 200, reply)
    return Decided(record.ref, ending, patched)


def fire(session: Session, args: Mapping[str, Any]) -> Decided | None:
    """A moment has come: carry out a timer, as it was entered. None where there is nothing to do any more."""
    tx = session.tx
    seen = flow_rows.place(tx, int(args["instance"]))
    record = session.record(Ref(seen.object, seen.record)) if seen is not None else None
    if seen is None or record is None or record.system.get("deleted_at") is not None:
        return None
    session.hold([record])
    state = flow_rows.load(tx, seen.instance, lock=True)
    if state is None or state.instance.status != "running":
        return None
    meant = dt.datetime.fromisoformat(args["at"]) if args.get("at") else None
    event = deciding.TimerFired(args["kind"], args["visit"], args["task"], args["index"], meant)
    return Decided(record.ref, carry_out(session, record, pinning.flow_of(tx, state.instance), state, event))


def withdraw(session: Session, record: Record, *, comment: str = "") -> Ending | None:
    """The initiator takes a record back that this transaction holds; the ending names the action to take."""
    state = _running(session, record)
    if state is None:
        raise Refused(say(zh="没有进行中的审批", en="No approval is under way"), code="not_running")
    event = deciding.Withdrawn(_actor(session), opinion=comment)
    return carry_out(session, record, pinning.flow_of(session.tx, state.instance), state, event)


def withdraw_for(session: Session, record: Record, action: str) -> None:
    """An action moves the record on by itself: whatever approval was under way ends with it, without an action.

    A step of that very approval may not do so: its outcome is what moves the record."""
    if (record.object, record.id) in session.deciding:
        text = say(
            zh="审批步骤不能改变正在审批的单据的状态：{title}",
            en="A step of the approval may not move the record that is being approved: {title}",
            title=record.title,
        )
        raise Refused(text, code="deciding")
    while (state := _running(session, record)) is not None:
        event = deciding.Withdrawn(_actor(session), forced=True, opinion=action)
        carry_out(session, record, pinning.flow_of(session.tx, state.instance), state, event)


# ---- parts of a decision


def _hold(session: Session, task: int) -> tuple[State, Record]:
    """The instance of a task and its record, both held; the record first, as everywhere."""
    tx = session.tx
    seen = flow_rows.place_of_task(tx, task)
    record = session.record(Ref(seen.object, seen.record)) if seen is not None else None
    if seen is None or record is None or record.system.get("deleted_at") is not None:
        raise NotFound(GONE)
    session.hold([record])
    state = flow_rows.load(tx, seen.instance, lock=True)
    assert state is not None, "instances are never deleted"
    if not participates(session, state):
        raise NotFound(GONE)
    return state, record


def participates(session: Session, state: State) -> bool:
    """Whether the actor has anything to do with this approval, or may see its record anyway."""
    tx = session.tx
    me, run = tx.actor.id, state.instance
    if me == run.initiator or any(me in (t.assignee, t.owner, t.done_by, t.on_behalf) for t in state.tasks.values()):
        return True
    if flow_rows.may_read(tx, run.object, run.record, me):
        return True
    record = session.record(Ref(run.object, run.record))
    return record is not None and access.granted(record, "see")


def _chosen(
    session: Session, record: Record, flow: Flow, state: State, task: int, verb: str, company: Company
) -> State:
    """The state with the people whom the decider chooses for later steps; others are refused anyway."""
    mine = state.tasks[task]
    if verb not in ANSWERING or mine.status != "pending" or mine.assignee != session.tx.actor.id:
        return state
    at = state.visits[mine.visit].step or returning.START
    run = choices.taken(session, record, flow, state.instance, at, company.choose)
    if run.chosen != state.instance.chosen:
        flow_rows.set_chosen(session.tx, run)
    return replace(state, instance=run)


def _signed(flow: Flow, state: State, task: int, verb: str, company: Company) -> Company:
    """The signature that the step asks for, read; others are left out."""
    signing = verb in ANSWERING or verb == "reject" or (verb == "add_signer" and company.kind == "after")
    wanted = signing and autographs.wanted(flow, state, task)
    return replace(company, signature=autographs.checked(company.signature) if wanted else b"")


def _check_version(task: Task, version: int | None) -> None:
    if version is not None and task.status == "pending" and version != task.lock_version:
        raise Conflict(say(zh="任务已变化，请刷新后再试", en="The task has changed: reload and try again"),
                       current_version=task.lock_version)


def carry_out(session: Session, record: Record, flow: Flow, state: State, event: Event) -> Ending | None:
    """Decide and keep what follows. Notices are written at the end of the command, when the record has its number."""
    session.raised_names |= state.instance.raised
    place = (record.object, record.id)
    session.deciding.add(place)
    scope = RecordScope(session, record, flow, instance=state.instance.id)
    decision = deciding.decide(flow, state, event, scope)
    session.deciding.discard(place)
    session.flow_news.setdefault(record, set()).update((flow.name, what) for what in _news(state, event, decision))
    tx, id = session.tx, state.instance.id
    given = flow_rows.save(tx, state, decision.state, [_entry(record, note) for note in decision.notes])
    for timer in decision.timers:
        _enter(session, id, timer, given)
    flow_calls.enter(session.tx, state, decision.state, given, flow)
    known = {user for task in state.tasks.values() for user in (task.assignee, task.on_behalf)}
    now = (user for task in decision.state.tasks.values() for user in (task.assignee, task.on_behalf))
    asked = [user for user in now if user is not None and user not in known]
    flow_rows.let_read(tx, id, asked, "task")
    told = [user for notice in decision.notices if notice.kind == "escalated" for user in notice.users]
    flow_rows.let_read(tx, id, told, "told")
    copied = [user for notice in decision.notices if notice.kind == "cc" for user in notice.users]
    flow_rows.let_read(tx, id, copied, "cc")
    session.at_end.append(lambda: flow_notices.tell(session, record, flow, decision))
    session.at_end.append(lambda: flow_notices.offer(session, record, flow, state, decision.state, given))
    return _ending(flow, decision, record)


def _enter(session: Session, instance: int, timer: Timer, given: Mapping[int, int]) -> None:
    """A timer is a job of its own; one that comes too late finds the task decided and does nothing."""
    visit = given.get(timer.visit, timer.visit)
    task = None if timer.task is None else given.get(timer.task, timer.task)
    args = {"instance": instance, "kind": timer.kind, "visit": visit, "task": task, "index": timer.index,
            "at": timer.at.isoformat()}
    key = f"flow:{instance}:{visit}:{task}:{timer.kind}:{timer.index}:{timer.at.isoformat()}"
    outbox.enqueue(session.tx, TIMER, args, dedup_key=key, run_at=timer.at)


def _news(state: State, event: Event, decision: Decision) -> list[str]:
    """What happened to a flow, for automations."""
    found = ["started"] if isinstance(event, deciding.Started) else []
    if decision.state.instance.status == "returned" and state.instance.status != "returned":
        found.append("returned")
    return [*found, decision.outcome] if decision.outcome else found


def _entry(record: Record, note: deciding.Note) -> Entry:
    """What a person decided carries the version of the record that the decision was about."""
    data = dict(note.data) | ({"version": record.version} if note.actor is not None else {})
    return Entry(note.type, note.actor, note.at, note.step, note.visit, note.task, data)


def _ending(flow: Flow, decision: Decision, record: Record) -> Ending | None:
    """The action in which the flow ends; a flow that another one has started may leave that to it, and one for which a
    change of the record waits ends in that."""
    withdrawn = flow.on_withdrawn or flow.on_rejected
    if not decision.outcome or any(note.type == "superseded" for note in decision.notes):
        return None                            # it goes on, or another one takes its place
    amends = flow.name == amending.flow_of(record.definition)
    if amends and amendment_rows.close(record.session.tx, record.object, record.id or 0, flow.name, decision.outcome):
        return Ending(AMEND, decision.outcome) if decision.outcome == "approved" else None
    actions = {
        "approved": flow.on_approved, "rejected": flow.on_rejected, "withdrawn": withdrawn,
        "terminated": flow.on_terminated or withdrawn,
    }
    action = actions.get(decision.outcome, "")
    return Ending(action, decision.outcome) if action else None


# ---- who and what


def _running(session: Session, record: Record) -> State | None:
    """The newest approval of a record that is not over, held."""
    if record.id is None:
        return None
    found = flow_rows.instances_of(session.tx, record.object, record.id, live=True)
    found.sort(key=lambda one: one.depth)      # what runs within another one ends with that
    return flow_rows.load(session.tx, found[0].id, lock=True) if found else None


def _actor(session: Session) -> int | None:
    return session.tx.actor.id if session.tx.actor.kind == "user" else None


def _who(session: Session) -> str:
    return f"user:{session.tx.actor.id}"


def _repeated(session: Session, key: str, *said: object) -> Decided | None:
    """What the same request did before; the same key with another request is refused."""
    digest = hashlib.sha256(json.dumps(said, default=repr, sort_keys=True).encode()).hexdigest()
    kept = replies.claim(session.tx, _who(session), f"task:{key}", digest)
    if kept is None or not kept.status:        # new, or not answered yet: nothing was done before
        return None
    if kept.digest != digest:
        text = say(zh="同一请求编号用于不同的内容", en="This key was used for another request")
        raise Invalid(text, code="idempotency")
    return Decided(Ref(kept.reply["object"], kept.reply["record"]), repeated=True)
