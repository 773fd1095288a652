"""What people do to a running flow: one function per event, with its preconditions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.definitions.flows import Approve
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.runtime.services.deciding import arriving, blocks, company
from engine.runtime.services.deciding.events import (
    Answered,
    Commented,
    Delegated,
    Resubmitted,
    SignerRemoved,
    SignersAdded,
    Started,
    TakenBack,
    TaskDecided,
    Transferred,
    Urged,
    Withdrawn,
)
from engine.runtime.services.deciding.walks import Walk
from engine.runtime.storage.flow_states import Task, Visit
from engine.texts import say

CHAIN = 10                                     # hand-overs of one task
SAID = {"approve": "approved", "reject": "rejected", "return": "returned"}
ROUNDS = 50                                    # returns of one instance


def start(walk: Walk, event: Started) -> None:
    walk.note("started", actor=event.actor)
    arriving.begin(walk)


def answer(walk: Walk, event: TaskDecided) -> None:
    """A person approves, rejects or returns."""
    task, visit = _mine(walk, event.task, event.actor)
    step = _approval(walk, visit)
    if event.verb not in SAID or (event.verb == "return" and task.parent is not None):
        raise _not_offered()
    _complete(walk, step, event)
    walk.set_task(task, status="done", decision=event.verb, via="human", done_by=event.actor, opinion=event.opinion)
    walk.note(SAID[event.verb], visit=visit, task=task.id, actor=event.actor, data=_said(event.opinion))
    if event.verb == "return":
        _send_back(walk, visit)
    elif event.verb == "reject" and step.veto is not None and event.actor in walk.scope.resolve(step.veto).users:
        arriving.refuse(walk, visit, "veto")
    else:
        if task.parent is not None:
            company.heard(walk, visit, walk.tasks[task.parent], step.child_reject)
        arriving.settle(walk, visit)


def _complete(walk: Walk, step: Approve, event: TaskDecided) -> None:
    """What must be there to approve (fields, opinion) or to reject (opinion)."""
    errors = []
    if event.verb == "approve":
        message = say(zh="审批通过前请填写", en="Fill this in before you approve")
        errors += [FieldError(name, message, "required") for name in walk.scope.missing(step.require)]
    if step.opinion and event.verb != "return" and not event.opinion.strip():
        errors.append(FieldError("comment", say(zh="请填写意见", en="Write an opinion"), "required"))
    if errors:
        raise Invalid(say(zh="还有内容没有填写", en="Something is still missing"), errors=errors)


def _send_back(walk: Walk, visit: Visit) -> None:
    """To the initiator; every decision is taken back, and after the resubmission everything runs anew."""
    if walk.instance.round >= ROUNDS:
        often = say(zh="退回次数过多，请同意或拒绝", en="Returned too often: approve or reject it")
        raise Refused(often, code="too_many_rounds")
    visit = walk.close_visit(visit, "returned", "returned")
    walk.void(visit)
    walk.cancel_all("returned")
    walk.ready.clear()
    me = walk.instance.initiator
    who = [me] if me is not None and walk.scope.active(me) else list(walk.scope.admins())[:1]
    if not who:
        raise Refused(say(zh="找不到可以修改的人", en="There is nobody it could be returned to"), code="no_assignee")
    token = walk.new_token("")
    walk.ready.clear()
    revise = walk.open_visit(token, "revise", "", cause="return", mode="any", reject="at_once")
    task = walk.new_task(revise, who[0], origin="resolved" if who[0] == me else "vacancy")
    walk.note("task_created", visit=revise, task=task.id, data={"user": who[0]})
    walk.tell("returned", who, task=task.id)
    walk.instance = replace(walk.instance, status="returned", lock_version=walk.instance.lock_version + 1)


def resubmit(walk: Walk, event: Resubmitted) -> None:
    """The initiator sends it on its way again."""
    task, visit = _mine(walk, event.task, event.actor)
    if visit.kind != "revise":
        raise _not_offered()
    walk.set_task(task, status="done", decision="resubmit", via="human", done_by=event.actor, opinion=event.opinion)
    visit = walk.close_visit(visit, "resubmitted")
    walk.set_token(walk.tokens[visit.token], state="consumed")
    walk.instance = replace(walk.instance, status="running", round=walk.instance.round + 1,
                            lock_version=walk.instance.lock_version + 1)
    walk.note("resubmitted", visit=visit, task=task.id, actor=event.actor, data=_said(event.opinion))
    arriving.begin(walk)


def transfer(walk: Walk, event: Transferred) -> None:
    """Give the slot to somebody else, who then decides for himself."""
    task, visit = _mine(walk, event.task, event.actor)
    company.check_receiver(walk, _approval(walk, visit), task, visit, event.to)
    if task.moves >= CHAIN:
        often = say(zh="转交次数过多", en="It has been handed over too often")
        raise Invalid(often, code="too_many_transfers", errors=[FieldError("to", often, "too_many_transfers")])
    walk.set_task(task, assignee=event.to, owner=event.to, origin="transfer", moves=task.moves + 1, flag="")
    walk.note("transferred", visit=visit, task=task.id, actor=event.actor,
              data={"from": event.actor, "user": event.to, **_said(event.opinion)})
    walk.tell("task", [event.to], at=visit.at, task=task.id)


def withdraw(walk: Walk, event: Withdrawn) -> None:
    """The initiator takes it back; what has been done outside is not undone."""
    if not walk.instance.live:
        raise Refused(say(zh="审批已结束", en="This approval is over"), code="task_done")
    if not event.forced:
        _may_withdraw(walk, event.actor)
    walk.note("withdrawn", actor=event.actor, data=_said(event.opinion))
    walk.finish("withdrawn", "withdrawn", event.actor)


def _may_withdraw(walk: Walk, actor: int | None) -> None:
    if actor is None or actor != walk.instance.initiator:
        raise Forbidden(say(zh="只有发起人可以撤回", en="Only who submitted it may withdraw it"), code="not_initiator")
    if walk.instance.status == "returned" or walk.flow.withdraw == "any_time":
        return
    if walk.flow.withdraw == "never":
        raise Refused(say(zh="本流程不允许撤回", en="This flow can't be withdrawn"), code="no_withdraw")
    if walk.decided_by_people():
        raise Refused(
            say(zh="已有人审批，请联系审批人退回", en="Somebody has decided already: ask an approver to return it"),
            code="decided",
        )


def comment(walk: Walk, event: Commented) -> None:
    """Something is said; nothing moves, no page becomes stale."""
    visit = walk.visits[walk.tasks[event.task].visit] if event.task is not None else None
    walk.note("commented", visit=visit, task=event.task, actor=event.actor, data=_said(event.text))


def delegate(walk: Walk, event: Delegated) -> None:
    task, visit = _mine(walk, event.task, event.actor)
    company.delegate(walk, task, visit, _approval(walk, visit), event)


def answer_owner(walk: Walk, event: Answered) -> None:
    _awake(walk)
    company.answered(walk, event)


def take_back(walk: Walk, event: TakenBack) -> None:
    _awake(walk)
    company.taken_back(walk, event)


def add_signers(walk: Walk, event: SignersAdded) -> None:
    """Who adds people after the own slot approves now: what approving needs must be there."""
    task, visit = _mine(walk, event.task, event.actor)
    step = _approval(walk, visit)
    if event.kind == "after":
        _complete(walk, step, TaskDecided(event.task, event.actor, "approve", event.opinion))
    company.add(walk, task, visit, step, event)


def remove_signer(walk: Walk, event: SignerRemoved) -> None:
    _awake(walk)
    company.remove(walk, event, _approval(walk, walk.visits[walk.tasks[event.task].visit]).child_reject)


def urge(walk: Walk, event: Urged) -> None:
    _awake(walk)
    company.urge(walk, event)


def _awake(walk: Walk) -> None:
    if walk.instance.status == "suspended":
        raise Refused(say(zh="流程已暂停", en="The flow is suspended"), code="suspended")


def _mine(walk: Walk, id: int, actor: int) -> tuple[Task, Visit]:
    """The task if it waits for this person, and its visit."""
    task = walk.tasks.get(id)
    if task is None:
        raise NotFound(say(zh="没有这个任务", en="There is no such task"))
    if task.status != "pending" or not walk.instance.live:
        raise Refused(say(zh="该任务已处理，请刷新页面", en="This task is closed: reload the page"), code="task_done")
    if task.assignee != actor:
        raise Forbidden(say(zh="该任务不由您处理", en="This task is not yours"), code="not_assignee")
    if task.owner != actor:
        raise Refused(say(
            zh="您只是协助：请答复，由委托人决定", en="You help with this task: answer it, its owner decides"
        ), code="helper")
    _awake(walk)
    return task, walk.visits[task.visit]


def _approval(walk: Walk, visit: Visit) -> Approve:
    """The step of a visit in which somebody approves."""
    step = blocks.step_at(walk.flow, visit.at) if visit.kind == "approve" else None
    if not isinstance(step, Approve):
        raise _not_offered()
    return step


def _not_offered() -> Refused:
    return Refused(say(zh="该步骤不提供此操作", en="This step does not offer that"), code="not_offered")


def _said(opinion: str) -> dict[str, object]:
    return {"opinion": opinion} if opinion else {}


VERBS: Mapping[type, Callable[[Walk, Any], None]] = {
    Started: start, TaskDecided: answer, Resubmitted: resubmit, Transferred: transfer, Withdrawn: withdraw,
    Commented: comment, Delegated: delegate, Answered: answer_owner, TakenBack: take_back, SignersAdded: add_signers,
    SignerRemoved: remove_signer, Urged: urge,
}
