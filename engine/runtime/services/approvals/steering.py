"""What administrators do to running approvals, and what flows do to each other: events of the flow, under its lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Flow, Subflow, Wait
from engine.errors import Forbidden, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import outbox
from engine.runtime.services.approvals import deciding, flow_calls, flows, holding, pinning
from engine.runtime.services.approvals.deciding import Event
from engine.runtime.services.approvals.deciding import steering as core
from engine.runtime.services.approvals.flows import Decided
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, incident_rows, job_errors, job_rows, signal_rows
from engine.runtime.storage.flow_states import Instance, State
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

VERBS: Mapping[str, Text] = {
    "reassign": say(zh="改派", en="Reassign"), "jump": say(zh="跳转", en="Jump"),
    "suspend": say(zh="暂停", en="Suspend"), "resume": say(zh="恢复", en="Resume"),
    "terminate": say(zh="终止", en="Terminate"), "retry": say(zh="重试", en="Retry"),
    "migrate": say(zh="按新版本重新开始", en="Begin anew by the new version"),
}
GONE = say(zh="没有这个流程实例", en="There is no such approval")


@dataclass(frozen=True, slots=True)
class Steered:
    """What an administrator wants: `task` and `to` (a person) of a reassignment, `step` of a jump."""

    reason: str = ""
    task: int = 0
    to: int = 0
    step: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Why an approval does not go on: `kind` failed (a job gave up: `job`), stuck (it waits for nothing), left (only
    people are asked who are no longer there)."""

    kind: str
    text: Text
    job: int | None = None


def demand(tx: Tx) -> None:
    """Only administrators steer approvals, and no token that is narrowed to something else."""
    if not tx.actor.admin or tx.actor.scopes is not None:
        raise Forbidden(say(zh="只有管理员可以管理流程", en="Only administrators steer approvals"))


def steer(session: Session, instance: int, verb: str, given: Steered) -> Decided:
    """Carry out one of `VERBS` on an instance of this app; the reason is kept in its history."""
    demand(session.tx)
    if verb not in VERBS:
        raise NotFound(say(zh="没有操作 {verb}", en="There is no action {verb}", verb=verb))
    state, record = held(session, instance)
    me = session.tx.actor.id
    if verb == "migrate":
        return _migrate(session, state, record, given.reason)
    events: Mapping[str, Callable[[], Event]] = {
        "reassign": lambda: deciding.Reassigned(me, given.task, given.to, given.reason),
        "jump": lambda: deciding.Jumped(me, given.step, given.reason),
        "suspend": lambda: deciding.Suspended(me, given.reason),
        "resume": lambda: deciding.Resumed(me, given.reason),
        "terminate": lambda: deciding.Terminated(me, given.reason),
        "retry": lambda: deciding.Retried(me, _again(session.tx, state), given.reason),
    }
    return Decided(record.ref, carried_out(session, record, state, events[verb]()))


def _migrate(session: Session, state: State, record: Record, reason: str) -> Decided:
    """End an approval and begin it at its initiator, by the definition that is live now; the record stays in its state.

    Refused where that definition has no such flow over the object, and where it is the one that it runs by."""
    run, flow = state.instance, session.tx.app.flows.get(state.instance.flow)
    if flow is None or flow.object != run.object:
        text = say(zh="新版本没有这个流程：请等它按旧版本结束，或终止它",
                   en="The new version has no such flow: let it finish by the old one, or end it")
        raise Refused(text, code="no_flow")
    if run.version == session.tx.live.version:
        raise Refused(say(zh="已是最新版本", en="It runs by the live version already"), code="same_version")
    me = session.tx.actor.id
    carried_out(session, record, state, deciding.Superseded(me, reason))
    flows.renew(session, record, run, deciding.Renewed(me, reason))
    return Decided(record.ref)


def reckon(session: Session, instance: int) -> Decided:
    """Reckon what is due in an approval by calendars that have changed."""
    state, record = held(session, instance)
    return Decided(record.ref, carried_out(session, record, state, deciding.Reckoned()))


def correct(session: Session, record: Record, names: Collection[str], reason: str) -> None:
    """An administrator changes fields that running approvals hold: their histories tell why, and whoever is asked is
    told; answers to the record as it was before are refused."""
    lock = holding.lock_of(record)
    if lock is None or not lock.on(names):
        return
    state = flow_rows.load(session.tx, lock.instance, lock=True)
    assert state is not None, "instances are never deleted"
    event = deciding.Corrected(session.tx.actor.id, tuple(sorted(names)), reason)
    carried_out(session, record, state, event)


def hand_over(session: Session, instance: int, leaver: int, to: int, reason: str) -> Decided:
    """Give all that waits for a person in an instance to another one."""
    state, record = held(session, instance)
    actor = session.tx.actor.id if session.tx.actor.kind == "user" else None
    event = deciding.Inherited(actor, leaver, to, reason)
    return Decided(record.ref, carried_out(session, record, state, event))


def held(session: Session, instance: int) -> tuple[State, Record]:
    """An instance of this app and its record, both held; the record first, as everywhere."""
    tx = session.tx
    seen = flow_rows.place(tx, instance)
    record = session.record(Ref(seen.object, seen.record)) if seen is not None else None
    if record is None:
        raise NotFound(GONE)
    session.hold([record])
    state = flow_rows.load(tx, instance, lock=True)
    assert state is not None, "instances are never deleted"
    return state, record


def carried_out(session: Session, record: Record, state: State, event: Event) -> flows.Ending | None:
    return flows.carry_out(session, record, pinning.flow_of(session.tx, state.instance), state, event)


def may_jump(flow: Flow, path: str) -> bool:
    """Whether an approval may go on at the step of a path."""
    return core.jumpable(flow, path)


# ---- flows of other flows


def call(session: Session, args: Mapping[str, Any]) -> Decided | None:
    """Carry out a job of `flow_calls`: start a child, end one, tell a parent, or pass a signal on. None where there is
    nothing to do."""
    if args["do"] == "signal":
        return _signal(session, args)
    if args["do"] == "start":
        return _start(session, int(args["visit"]), int(args["record"]))
    if args["do"] == "stop":
        state, record = held(session, int(args["instance"]))
        event = deciding.Terminated(None, "")
        return Decided(record.ref, carried_out(session, record, state, event)) if state.instance.live else None
    return _ended(session, int(args["visit"]))


def _start(session: Session, visit: int, record: int) -> Decided | None:
    """Start a flow for a visit of another one, once. The other one is held: were it ended meanwhile, nobody would end
    what it has begun."""
    tx = session.tx
    number = flow_rows.instance_of_visit(tx, visit)
    if number is None or any(child.record == record for child in flow_rows.children_of(tx, visit)):
        return None
    parent, _ = held(session, number)
    step = blocks.step_at(pinning.flow_of(tx, parent.instance), parent.visits[visit].at)
    assert isinstance(step, Subflow), "only such steps start flows"
    if parent.visits[visit].status != "open" and not step.apart:
        return None
    if parent.instance.depth >= flow_calls.DEEPEST:
        text = say(zh="子流程嵌套过深", en="Flows run each other too deeply")
        raise flow_calls.TooDeep(text, code="too_deep")
    child = session.record(Ref(tx.app.flows[step.flow].object, record))
    if child is None or child.system.get("deleted_at") is not None:
        raise Refused(say(zh="子流程的记录已不存在", en="The record of the sub-flow is gone"), code="gone")
    session.hold([child])
    ending = flows.start(session, child, step.flow, parent.instance.raised, called=parent.instance, visit=visit,
                         pinned=step.pinned)
    return Decided(child.ref, ending)


def _ended(session: Session, visit: int) -> Decided | None:
    """Tell a flow how those stand for which it waits."""
    tx = session.tx
    number = flow_rows.instance_of_visit(tx, visit)
    if number is None:
        return None
    state, record = held(session, number)
    if not state.instance.live or state.visits[visit].status != "open":
        return None
    stand = {child.record: _outcome(child) for child in flow_rows.children_of(tx, visit)}
    outcomes = tuple(stand.get(one, "") for one in state.visits[visit].arms)
    return Decided(record.ref, carried_out(session, record, state, deciding.ChildEnded(visit, outcomes)))


def _signal(session: Session, args: Mapping[str, Any]) -> Decided | None:
    """Let the approval of a record go on that waits for a signal. One that nothing waits for is kept, if it says so;
    where several approvals wait, each has a job of its own."""
    tx, name = session.tx, str(args["name"])
    ref = Ref(str(args["object"]), int(args["record"]))
    record = session.record(ref) if ref.object in tx.app.objects else None
    if record is None or record.system.get("deleted_at") is not None:
        return None
    session.hold([record])
    runs = flow_rows.instances_of(tx, ref.object, ref.id, live=True)
    meant = [one.id for one in runs if args.get("instance", one.id) == one.id and _waits(tx, one.id, name)]
    if args["keep"] and "instance" not in args:
        for one in range(max(1, len(meant))):
            signal_rows.keep(tx, ref.object, ref.id, name, meant[one] if meant else None)
    for other in meant[1:]:
        outbox.enqueue(tx, flow_calls.JOB, {**args, "instance": other})
    if not meant:
        return None
    state, record = held(session, meant[0])
    return Decided(ref, carried_out(session, record, state, deciding.Signalled(name, args.get("actor"))))


def _waits(tx: Tx, instance: int, signal: str) -> bool:
    """Whether an approval that is under way waits for a signal now."""
    state = flow_rows.load(tx, instance)
    if state is None or state.instance.status != "running":
        return False
    flow = pinning.flow_of(tx, state.instance)
    open_waits = (one for one in state.visits.values() if one.kind == "wait" and one.status == "open")
    steps = (blocks.step_at(flow, one.at) for one in open_waits)
    return any(isinstance(step, Wait) and step.signal == signal for step in steps)


def _outcome(child: Instance) -> str:
    return "" if child.live else child.status


# ---- incidents


def incidents(tx: Tx, state: State) -> tuple[Incident, ...]:
    """Why an approval does not go on; () where it does."""
    if not state.instance.live:
        return ()
    failed = incident_rows.of_instance(tx, state.instance.id)
    found = [Incident("failed", job_errors.told(str(row["error"] or "")), row["id"]) for row in failed]
    open_tasks = [task for task in state.tasks.values() if task.status == "pending"]
    waits = [visit for visit in state.visits.values() if visit.status == "open" and visit.kind in ("wait", "subflow")]
    if not open_tasks and not waits:
        found.append(Incident("stuck", say(zh="没有待办、定时或子流程", en="It waits for nothing")))
    if open_tasks and not waits and not flow_rows.active_among(tx, {task.assignee for task in open_tasks}):
        found.append(Incident("left", say(zh="待办人均已停用", en="Whoever is asked is no longer there")))
    return tuple(found)


def _again(tx: Tx, state: State) -> tuple[int, ...]:
    """Let the failed jobs of an instance run again; their numbers."""
    jobs = tuple(int(row["id"]) for row in incident_rows.of_instance(tx, state.instance.id))
    if not jobs:
        text = say(zh="没有失败的步骤可重试", en="Nothing has failed that could be tried again")
        raise Refused(text, code="no_incident")
    for job in jobs:
        job_rows.retry(tx.connection, job, tx.now)
    return jobs
