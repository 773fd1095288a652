"""A record's approval as people see it: steps, who was asked and answered, what may come. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow, Wait
from engine.expressions.values import Ref
from engine.runtime.services.approvals import pinning
from engine.runtime.services.records import Record
from engine.runtime.storage import autograph_rows, flow_rows, task_rows
from engine.runtime.storage.flow_states import HUMAN, Instance, State, Task, Visit
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

# Entries of the history that are shown besides the steps.
SAID = ("commented", "withdrawn", "transferred", "delegated", "answered", "taken_back", "sign_added", "sign_removed",
        "urged", "recalled", "claimed", "unclaimed", "escalated", "timer_blocked", "handed_over", "merged",
        "reassigned", "jumped", "suspended", "resumed", "terminated", "retried", "no_substitute", "copied",
        "migrated", "superseded", "signalled", "revoking", "incident", "record_changed")


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person at a step: `status` pending · done · cancelled, `decision` approve · reject · return · resubmit."""

    task: int
    user: Ref
    status: str
    decision: str
    opinion: str
    at: dt.datetime | None
    auto: bool                                 # answered by a rule, `flag` says which
    flag: str
    on_behalf: Ref | None = None               # who is away and would have been asked
    signed: bool = False                       # with a signature


@dataclass(frozen=True, slots=True)
class StepView:
    """One step that was reached, or (`status` ahead) may still be. `voided`: taken back by a return."""

    name: str
    label: Text
    status: str                                # open approved rejected returned skipped resubmitted cancelled ahead
    round: int
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    people: tuple[PersonView, ...]
    voided: bool = False


@dataclass(frozen=True, slots=True)
class RemarkView:
    """Something said or done beside the steps."""

    type: str
    user: Ref | None
    at: dt.datetime
    text: str
    people: tuple[str, ...] = ()               # whom it concerned


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One approval. `my_task` is the task that waits for the actor; `may_withdraw` for its initiator."""

    id: int
    flow: str
    label: Text
    status: str
    round: int
    initiator: Ref | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    steps: tuple[StepView, ...]
    remarks: tuple[RemarkView, ...]
    my_task: int | None
    may_withdraw: bool
    may_urge: bool = False
    my_kind: str = ""                          # of `my_task`: approve · handle · revise

    @property
    def waiting_for(self) -> tuple[Ref, ...]:
        """Who is asked now."""
        return tuple(p.user for step in self.steps for p in step.people if p.status == "pending")

    @property
    def open_task(self) -> int | None:
        """Some task that is open, else the last one there was: what an initiator names to withdraw."""
        tasks = [person for step in self.steps for person in step.people]
        pending = next((person.task for person in tasks if person.status == "pending"), None)
        return pending if pending is not None or not tasks else tasks[-1].task


def instance(tx: Tx, record: Record) -> InstanceView | None:
    """The newest approval of a record; None if there has been none."""
    return next(iter(instances(tx, record, limit=1)), None)


def instances(tx: Tx, record: Record, *, limit: int = 20) -> list[InstanceView]:
    """The approvals of a record, newest first."""
    if record.id is None:
        return []
    found = flow_rows.instances_of(tx, record.object, record.id)[:limit]
    states = [flow_rows.load(tx, one.id) for one in found]
    return [_view(tx, state) for state in states if state is not None]


def _view(tx: Tx, state: State) -> InstanceView:
    instance = state.instance
    flow = pinning.flow_of(tx, instance)
    visits, tasks, own = flow_rows.times_of(tx, instance.id)
    history = flow_rows.events_of(tx, instance.id)
    events, signed = [event for event in history if event["type"] in SAID], autograph_rows.latest(history)
    people = {t.assignee for t in state.tasks.values()} | {event["actor"] for event in events} | {instance.initiator}
    people |= {task.on_behalf for task in state.tasks.values()}
    people |= {user for event in events for user in _concerned(event)}
    names = task_rows.names(tx, people)
    steps = [_step(state, flow, v, visits, tasks, names, signed) for v in state.visits.values() if v.kind != "fork"]
    steps += _ahead(state, flow)
    mine = next((t for t in state.tasks.values() if t.status == "pending" and t.assignee == tx.actor.id), None)
    return InstanceView(
        instance.id, flow.name, flow.label, instance.status, instance.round, _user(instance.initiator, names),
        own["started_at"], own["ended_at"], tuple(steps), tuple(_remark(event, names) for event in events),
        None if mine is None else mine.id, _may_withdraw(tx, state, flow), may_urge(tx, state),
        "" if mine is None else state.visits[mine.visit].kind,
    )


def _step(
    state: State, flow: Flow, visit: Visit, visits: Mapping[int, Any], tasks: Mapping[int, Any], names: dict[int, str],
    signed: Collection[int],
) -> StepView:
    people = tuple(
        _person(task, tasks[task.id], names, task.status == "done" and task.id in signed)
        for task in state.tasks_of(visit.id)
    )
    times = visits[visit.id]
    return StepView(
        visit.step, label_of(flow, visit), visit.outcome or visit.status, visit.round, times["opened_at"],
        times["closed_at"], people, visit.voided_by is not None,
    )


def _person(task: Task, times: Mapping[str, Any], names: dict[int, str], signed: bool) -> PersonView:
    user = _user(task.assignee, names)
    assert user is not None
    return PersonView(
        task.id, user, task.status, task.decision, task.opinion, times["done_at"] if task.status == "done" else None,
        task.via in ("auto", "timer"), task.flag, _user(task.on_behalf, names), signed,
    )


def label_of(flow: Flow, visit: Visit) -> Text:
    """What a step is called."""
    if visit.kind == "revise":
        return say(zh="修改后重新提交", en="Change and submit again")
    step = blocks.step_at(flow, visit.at)
    if isinstance(step, Wait):
        return say(zh="等待", en="Wait")
    return step.label if isinstance(step, Approve) else plain(visit.step)


def _ahead(state: State, flow: Flow) -> list[StepView]:
    """Approvals of this round that have not been reached and may still be (their conditions are asked then)."""
    if not state.instance.live:
        return []
    reached = {v.at for v in state.visits.values() if v.voided_by is None and v.kind in HUMAN}
    last = max((blocks.read(v) for v in reached), default=())
    return [
        StepView(step.name, step.label, "ahead", state.instance.round, None, None, ())
        for path, step in blocks.walk(flow)
        if isinstance(step, Approve) and path not in reached and blocks.read(path) > last
    ]


def _remark(event: Mapping[str, Any], names: dict[int, str]) -> RemarkView:
    others = tuple(names.get(user, "") for user in _concerned(event))
    text = str(event["data"].get("opinion", ""))
    return RemarkView(event["type"], _user(event["actor"], names), event["at"], text, others)


def _concerned(event: Mapping[str, Any]) -> list[int]:
    """Other people of whom an entry of the history tells."""
    data = event["data"]
    return [int(user) for user in data.get("users", [data["user"]] if "user" in data else []) if user != event["actor"]]


def _user(id: int | None, names: dict[int, str]) -> Ref | None:
    return None if id is None else Ref("user", id, names.get(id, ""))


def may_urge(tx: Tx, state: State) -> bool:
    """Whether the actor may remind those who are asked; how often is the command's business."""
    waiting = any(task.status == "pending" and task.assignee != tx.actor.id for task in state.tasks.values())
    mine = tx.actor.kind == "user" and (state.instance.initiator == tx.actor.id or tx.actor.admin)
    return mine and waiting and state.instance.live


def _may_withdraw(tx: Tx, state: State, flow: Flow) -> bool:
    """The same rule as the core's; the core enforces it."""
    instance: Instance = state.instance
    if not instance.live or instance.initiator != tx.actor.id or tx.actor.kind != "user":
        return False
    if instance.status == "returned" or flow.withdraw == "any_time":
        return True
    return flow.withdraw != "never" and not state.decided_by_people()
