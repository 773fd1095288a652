"""What people do to a running flow: one function per event, with its preconditions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Approve
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.runtime.services.approvals.deciding import (
    arriving,
    company,
    leavers,
    recalling,
    returning,
    steering,
    timing,
    verdicts,
)
from engine.runtime.services.approvals.deciding.events import (
    Answered,
    ChildEnded,
    Claimed,
    Commented,
    Copied,
    Corrected,
    Delegated,
    Halted,
    Inherited,
    Jumped,
    Reassigned,
    Recalled,
    Reckoned,
    Renewed,
    Resubmitted,
    Resumed,
    Retried,
    Signalled,
    SignerRemoved,
    SignersAdded,
    Started,
    Stashed,
    Superseded,
    Suspended,
    TakenBack,
    TaskDecided,
    Terminated,
    TimerFired,
    Transferred,
    Unclaimed,
    Urged,
    Withdrawn,
)
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import AGREED, HUMAN, Task, Visit
from engine.texts import say

CHAIN = 10                                     # hand-overs of one task
SAID = {"approve": "approved", "reject": "rejected", "done": "handled", "return": "returned", "abstain": "abstained"}


def start(walk: Walk, event: Started) -> None:
    walk.note("started", actor=event.actor)
    arriving.begin(walk)


def answer(walk: Walk, event: TaskDecided) -> None:
    """A person approves, rejects or returns; or abstains, where so many must agree."""
    task, visit = _mine(walk, event.task, event.actor)
    step = _approval(walk, visit)
    if event.verb not in (("done", "return") if step.work else ("approve", "reject", "return", "abstain")):
        raise _not_offered()
    if event.verb in ("return", "abstain") and task.parent is not None:
        raise _not_offered()
    if event.verb == "abstain" and visit.mode not in verdicts.VOTED:
        raise _not_offered()
    _complete(walk, step, event)
    facts = walk.scope.facts(walk.flow.material) if step.no_change and event.verb in AGREED else ""
    walk.answer(task, event.verb, event.actor, event.opinion, facts=facts)
    data = _said(event.opinion) | ({"to": event.to or returning.START} if event.verb == "return" else {})
    data |= {"signature": event.signature} if event.signature else {}
    walk.note(SAID[event.verb], visit=visit, task=task.id, actor=event.actor, data=data)
    if event.verb == "return":
        returning.send_back(walk, visit, event.to, event.mode)
    elif event.verb == "reject" and _vetoes(walk, step, task):
        arriving.refuse(walk, visit, "veto")
    else:
        if task.parent is not None:
            company.heard(walk, visit, walk.tasks[task.parent], step.child_reject)
        arriving.settle(walk, visit)


def _vetoes(walk: Walk, step: Approve, task: Task) -> bool:
    """Whether the no of a task is enough; who stands in has the say of who is away."""
    users = walk.scope.resolve(step.veto).users if step.veto is not None else ()
    return task.assignee in users or task.on_behalf in users


def _complete(walk: Walk, step: Approve, event: TaskDecided) -> None:
    """What must be there to approve (fields, opinion) or to reject (opinion)."""
    errors = []
    if event.verb in AGREED:
        message = say(zh="通过前请填写", en="Fill this in first")
        errors += [FieldError(name, message, "required") for name in walk.scope.missing(step.require)]
    if step.opinion and event.verb != "return" and not event.opinion.strip():
        errors.append(FieldError("comment", say(zh="请填写意见", en="Write an opinion"), "required"))
    if step.signature and event.verb != "return" and not event.signature:
        errors.append(FieldError("signature", say(zh="请签名", en="Sign it"), "required"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def resubmit(walk: Walk, event: Resubmitted) -> None:
    """The initiator sends it on its way again."""
    task, visit = _mine(walk, event.task, event.actor)
    if visit.kind != "revise":
        raise _not_offered()
    walk.answer(task, "resubmit", event.actor, event.opinion)
    visit = walk.close_visit(visit, "resubmitted")
    walk.instance = replace(walk.instance, status="running", round=walk.instance.round + 1,
                            lock_version=walk.instance.lock_version + 1)
    walk.note("resubmitted", visit=visit, task=task.id, actor=event.actor, data=_said(event.opinion))
    token = walk.tokens[visit.token]
    if visit.resume_to is None or not returning.resume(walk, token, visit):
        walk.set_token(token, state="consumed")
        arriving.begin(walk)


def transfer(walk: Walk, event: Transferred) -> None:
    """Give the slot to somebody else, who then decides for himself."""
    task, visit = _mine(walk, event.task, event.actor)
    company.check_receiver(walk, _approval(walk, visit), task, visit, event.to)
    if task.moves >= CHAIN:
        often = say(zh="转交次数过多", en="It has been handed over too often")
        raise Invalid(often, code="too_many_transfers", errors=[FieldError("to", often, "too_many_transfers")])
    walk.set_task(task, assignee=event.to, owner=event.to, origin="transfer", moves=task.moves + 1, flag="",
                  on_behalf=None)
    walk.note("transferred", visit=visit, task=task.id, actor=event.actor,
              data={"from": event.actor, "user": event.to, **_said(event.opinion)})
    walk.tell("task", [event.to], at=visit.at, task=task.id)


def claim(walk: Walk, event: Claimed) -> None:
    """Take work that is offered to many: the others are asked no longer."""
    task, visit = _mine(walk, event.task, event.actor)
    if not _approval(walk, visit).pool or not _peers(walk, task, "pending"):
        raise _not_offered()
    for other in _peers(walk, task, "pending"):
        walk.set_task(other, status="cancelled", cancel_reason="claimed")
    walk.set_task(task)
    walk.note("claimed", visit=visit, task=task.id, actor=event.actor)


def unclaim(walk: Walk, event: Unclaimed) -> None:
    """Give it back to all to whom it was offered and who are still there."""
    task, visit = _mine(walk, event.task, event.actor)
    inside = {one.owner for one in walk.tasks_of(visit) if one.status != "cancelled"}
    back = [
        one for one in _peers(walk, task, "cancelled")
        if one.cancel_reason == "claimed" and one.owner not in inside and walk.scope.active(one.owner)
    ]
    if not back:
        raise _not_offered()
    for other in back:
        walk.set_task(other, status="pending", cancel_reason="")
    walk.set_task(task)
    walk.note("unclaimed", visit=visit, task=task.id, actor=event.actor, data=_said(event.opinion))
    walk.tell("task", [other.assignee for other in back], at=visit.at)


def _peers(walk: Walk, task: Task, status: str) -> list[Task]:
    visit = walk.visits[task.visit]
    return [one for one in walk.tasks_of(visit) if one.id != task.id and one.parent is None and one.status == status]


def withdraw(walk: Walk, event: Withdrawn) -> None:
    """The initiator takes it back; what has been done outside is not undone."""
    if not walk.instance.live:
        raise Refused(say(zh="审批已结束", en="This approval is over"), code="task_done")
    if not event.forced:
        steering.awake(walk)
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


def copy(walk: Walk, event: Copied) -> None:
    """Others may read it and are told; nothing moves."""
    if any(event.actor in (task.assignee, task.owner) and _hides(walk, walk.visits[task.visit])
           for task in walk.tasks.values()):
        raise _not_offered()                   # who does not see all of it hands nothing on
    people = tuple(dict.fromkeys(event.people))
    if not people or len(people) > company.MOST or not all(walk.scope.active(user) for user in people):
        text = say(zh="请选择 1 到 {most} 位在职人员", en="Choose 1 to {most} people who are there", most=company.MOST)
        raise Invalid(text, errors=[FieldError("to", text, "required")])
    visit = walk.visits[walk.tasks[event.task].visit] if event.task is not None else None
    walk.note("copied", visit=visit, task=event.task, actor=event.actor,
              data={"users": list(people), **_said(event.opinion)})
    walk.tell("cc", people, at=visit.at if visit is not None else "")


def _hides(walk: Walk, visit: Visit) -> bool:
    step = blocks.step_at(walk.flow, visit.at) if visit.kind in HUMAN else None
    return isinstance(step, Approve) and bool(step.hide)


def stash(walk: Walk, event: Stashed) -> None:
    """What is written so far is there when the person comes back; it is no decision."""
    task, _ = _mine(walk, event.task, event.actor)
    walk.set_task(task, opinion=event.opinion)


def delegate(walk: Walk, event: Delegated) -> None:
    task, visit = _mine(walk, event.task, event.actor)
    company.delegate(walk, task, visit, _approval(walk, visit), event)


def answer_owner(walk: Walk, event: Answered) -> None:
    steering.awake(walk)
    company.answered(walk, event)


def take_back(walk: Walk, event: TakenBack) -> None:
    steering.awake(walk)
    company.taken_back(walk, event)


def add_signers(walk: Walk, event: SignersAdded) -> None:
    """Who adds people after the own slot approves now: what approving needs must be there."""
    task, visit = _mine(walk, event.task, event.actor)
    step = _approval(walk, visit)
    if event.kind == "after":
        _complete(walk, step, TaskDecided(event.task, event.actor, "done" if step.work else "approve", event.opinion,
                                          signature=event.signature))
    company.add(walk, task, visit, step, event)


def remove_signer(walk: Walk, event: SignerRemoved) -> None:
    steering.awake(walk)
    company.remove(walk, event, _approval(walk, walk.visits[walk.tasks[event.task].visit]).child_reject)


def urge(walk: Walk, event: Urged) -> None:
    steering.awake(walk)
    company.urge(walk, event)


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
    steering.awake(walk)
    return task, walk.visits[task.visit]


def _approval(walk: Walk, visit: Visit) -> Approve:
    """The step of a visit in which somebody approves."""
    step = blocks.step_at(walk.flow, visit.at) if visit.kind in HUMAN else None
    if not isinstance(step, Approve):
        raise _not_offered()
    return step


def _not_offered() -> Refused:
    return Refused(say(zh="该步骤不提供此操作", en="This step does not offer that"), code="not_offered")


def _said(opinion: str) -> dict[str, object]:
    return {"opinion": opinion} if opinion else {}


def _child_ended(walk: Walk, event: ChildEnded) -> None:
    steering.awake(walk)
    arriving.child_ended(walk, event)


def _signalled(walk: Walk, event: Signalled) -> None:
    steering.awake(walk)
    arriving.signalled(walk, event)


VERBS: Mapping[type, Callable[[Walk, Any], None]] = {
    Started: start, TaskDecided: answer, Resubmitted: resubmit, Transferred: transfer, Withdrawn: withdraw,
    Commented: comment, Delegated: delegate, Answered: answer_owner, TakenBack: take_back, SignersAdded: add_signers,
    SignerRemoved: remove_signer, Urged: urge, Recalled: recalling.recall,
    Claimed: claim, Unclaimed: unclaim, TimerFired: timing.fire, Reassigned: steering.reassign,
    Inherited: leavers.hand_over, Jumped: steering.jump, Suspended: steering.suspend, Resumed: steering.resume,
    Copied: copy, Stashed: stash, Superseded: steering.supersede, Renewed: steering.renew, Reckoned: timing.reckon,
    Terminated: steering.terminate, Retried: steering.retry,
    ChildEnded: _child_ended, Signalled: _signalled, Halted: steering.halt, Corrected: steering.correct,
}
