"""What administrators do to a running flow: other people, another step, a pause, an end. Pure.

They never answer in somebody's place; every move has its reason in the history."""

from __future__ import annotations

from dataclasses import replace

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow, Parallel
from engine.errors import FieldError, Invalid, Locked, NotFound, Refused
from engine.runtime.services.approvals.deciding import arriving, company, returning, timing
from engine.runtime.services.approvals.deciding.events import (
    Corrected,
    Halted,
    Jumped,
    Reassigned,
    Renewed,
    Resumed,
    Retried,
    Superseded,
    Suspended,
    Terminated,
)
from engine.runtime.services.approvals.deciding.walks import Arrival, Walk
from engine.runtime.storage.flow_states import OPEN, Token
from engine.texts import say

PAUSED = say(zh="流程已暂停，恢复后才能处理", en="The flow is suspended: nobody can decide until it goes on")


def reassign(walk: Walk, event: Reassigned) -> None:
    """An open slot is somebody else's; a delegation of it ends."""
    _reason(event.reason)
    awake(walk)
    task = walk.tasks.get(event.task)
    if task is None:
        raise NotFound(say(zh="没有这个任务", en="There is no such task"))
    visit = walk.visits[task.visit]
    if task.status not in OPEN or visit.status != "open":
        raise Refused(say(zh="该任务已处理", en="This task is closed"), code="task_done")
    step = blocks.step_at(walk.flow, visit.at) if visit.at else None
    if isinstance(step, Approve):
        company.check_receiver(walk, step, task, visit, event.to)
    walk.set_task(task, assignee=event.to, owner=event.to, origin="reassigned", flag="", on_behalf=None)
    walk.note("reassigned", visit=visit, task=task.id, actor=event.actor,
              data={"from": task.owner, "user": event.to, **company.said(event.reason)})
    if task.status == "pending":
        walk.tell("task", [event.to], at=visit.at, task=task.id)


def jump(walk: Walk, event: Jumped) -> None:
    """Everything that is open ends, decisions from that step on are taken back, and it is asked."""
    _reason(event.reason)
    awake(walk)
    at = target(walk, event.to)
    root = next(token for token in walk.tokens.values() if token.parent is None and token.live)
    _clear(walk, root)
    later = [one for one in walk.visits.values() if one.at and blocks.read(one.at) >= blocks.read(at)]
    for one in later:
        if one.voided_by is None and one.status == "closed" and one.outcome != "returned":
            walk.visits[one.id] = replace(one, voided_by=one.id)
            walk.note("voided", visit=one)
    walk.instance = replace(walk.instance, status="running", lock_version=walk.instance.lock_version + 1)
    walk.note("jumped", at=at, step=event.to, actor=event.actor, data=company.said(event.reason))
    walk.send(walk.tokens[root.id], at, Arrival("admin"))


def target(walk: Walk, name: str) -> str:
    """The path of a step to which a flow may jump: one at which people are asked, outside of parallel arms."""
    for path, step in blocks.walk(walk.flow):
        if step.name == name and jumpable(walk.flow, path):
            return path
    text = say(zh="不能跳转到该步骤", en="The flow cannot go on at that step")
    raise Invalid(text, code="no_target", errors=[FieldError("step", text, "no_target")])


def jumpable(flow: Flow, path: str) -> bool:
    """Whether a jump may end at a step."""
    around = blocks.around(path)
    while around:
        if isinstance(blocks.step_at(flow, around), Parallel):
            return False
        around = blocks.around(around)
    return isinstance(blocks.step_at(flow, path), Approve)


def _clear(walk: Walk, root: Token) -> None:
    """End whatever a flow is doing; its first token stays."""
    for visit in [one for one in walk.visits.values() if one.token == root.id and one.status == "open"]:
        for child in walk.children(visit.id):
            walk.cancel_token(child, "jumped")
        walk.cancel_tasks(visit, "jumped")
        walk.visits[visit.id] = replace(visit, status="cancelled")


def suspend(walk: Walk, event: Suspended) -> None:
    """Nobody decides, and no clock runs."""
    _reason(event.reason)
    awake(walk)
    walk.instance = replace(walk.instance, status="suspended", suspended_at=walk.scope.now,
                            lock_version=walk.instance.lock_version + 1)
    walk.note("suspended", actor=event.actor, data=company.said(event.reason))


def resume(walk: Walk, event: Resumed) -> None:
    """It goes on where it stood: what was to be done by a moment has as much time left as it had."""
    since = walk.instance.suspended_at
    if walk.instance.status != "suspended" or since is None:
        raise Refused(say(zh="流程没有暂停", en="The flow is not suspended"), code="not_suspended")
    _reason(event.reason)
    revising = any(one.kind == "revise" and one.status == "open" for one in walk.visits.values())
    walk.instance = replace(walk.instance, status="returned" if revising else "running", suspended_at=None,
                            lock_version=walk.instance.lock_version + 1)
    walk.note("resumed", actor=event.actor, data=company.said(event.reason))
    timing.shift(walk, walk.scope.now - since)
    arriving.recollect(walk)


def terminate(walk: Walk, event: Terminated) -> None:
    """It ends without a decision."""
    if event.actor is not None:
        _reason(event.reason)
    walk.note("terminated", actor=event.actor, data=company.said(event.reason))
    walk.finish("terminated", "terminated", event.actor)


def retry(walk: Walk, event: Retried) -> None:
    """What has failed is tried again; nothing moves by that."""
    _reason(event.reason)
    walk.note("retried", actor=event.actor, data={"jobs": list(event.jobs), **company.said(event.reason)})


def correct(walk: Walk, event: Corrected) -> None:
    """The record is another one: who is asked is told, and what they answer to the one before does not count."""
    _reason(event.reason)
    asked = [task for task in walk.tasks.values() if task.status == "pending"]
    for task in asked:
        walk.set_task(task)
    walk.note("record_changed", actor=event.actor, data={"fields": list(event.fields), **company.said(event.reason)})
    walk.tell("corrected", [task.assignee for task in asked])


def halt(walk: Walk, event: Halted) -> None:
    """It stands still, and nothing moves by saying so."""
    walk.note("incident", data={"kinds": list(event.kinds)})
    walk.tell("incident", event.users)


def supersede(walk: Walk, event: Superseded) -> None:
    """It ends, and takes no action: another one takes its place."""
    _reason(event.reason)
    awake(walk)
    if walk.instance.caller is not None:
        text = say(zh="子流程随上级流程一起更新", en="It runs within another flow: renew that one")
        raise Refused(text, code="called")
    walk.note("superseded", actor=event.actor, data=company.said(event.reason))
    walk.instance = replace(walk.instance, status="terminated", lock_version=walk.instance.lock_version + 1)
    walk.cancel_all("migrated")


def renew(walk: Walk, event: Renewed) -> None:
    """It begins at its initiator, as if it had been returned."""
    walk.note("started", actor=event.actor)
    walk.note("migrated", actor=event.actor, data=company.said(event.reason))
    returning.revise(walk, walk.new_token(""), None)


def awake(walk: Walk) -> None:
    """Refuse what nobody can do while the flow is suspended."""
    if walk.instance.status == "suspended":
        raise Locked(PAUSED, code="suspended")


def _reason(text: str) -> None:
    if not text.strip():
        missing = say(zh="请填写原因", en="Write the reason")
        raise Invalid(missing, code="reason", errors=[FieldError("reason", missing, "required")])

