"""Others in a decision: a helper who answers its owner, and people added before, after or beside a slot. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definitions.flows import Approve
from engine.errors import FieldError, Forbidden, Invalid, Refused
from engine.runtime.services.approvals.deciding import arriving, verdicts
from engine.runtime.services.approvals.deciding.events import (
    Answered,
    Delegated,
    SignerRemoved,
    SignersAdded,
    TakenBack,
    Urged,
)
from engine.runtime.services.approvals.deciding.slots import barred
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import AGREED, Task, Visit
from engine.texts import Text, say

KINDS = ("before", "after", "parallel")
RULES = ("all", "any", "in_order")             # how people who are added decide together
MOST = 20                                      # people who are added at once


# ---- delegation: somebody helps, the owner decides


def delegate(walk: Walk, task: Task, visit: Visit, step: Approve, event: Delegated) -> None:
    """Ask somebody to work on a task and answer; the decision stays with its owner."""
    check_receiver(walk, step, task, visit, event.to)
    walk.set_task(task, assignee=event.to)
    walk.note("delegated", visit=visit, task=task.id, actor=event.actor,
              data={"from": event.actor, "user": event.to, **said(event.opinion)})
    walk.tell("delegated", [event.to], at=visit.at, task=task.id)


def answered(walk: Walk, event: Answered) -> None:
    """The helper answers; the task is its owner's again."""
    task = walk.tasks.get(event.task)
    if task is None or task.status != "pending" or task.assignee != event.actor or task.owner == event.actor:
        raise Refused(say(
            zh="委托已结束，未记录您的答复", en="The delegation is over: your answer was not recorded"
        ), code="delegation_over")
    if not event.opinion.strip():
        text = say(zh="请填写答复", en="Write an answer")
        raise Invalid(text, errors=[FieldError("comment", text, "required")])
    _home(walk, task, "answered", event.actor, event.opinion)
    walk.tell("answered", [task.owner], at=walk.visits[task.visit].at, task=task.id)


def taken_back(walk: Walk, event: TakenBack) -> None:
    """The owner ends the delegation."""
    task = walk.tasks[event.task]
    if task.status != "pending" or task.assignee == task.owner:
        raise Refused(say(zh="该任务没有委托给他人", en="This task is not delegated"), code="not_delegated")
    if task.owner != event.actor:
        raise Forbidden(say(zh="只有委托人可以收回", en="Only who delegated it may take it back"), code="not_owner")
    _home(walk, task, "taken_back", event.actor, event.opinion)


def _home(walk: Walk, task: Task, word: str, actor: int, opinion: str) -> None:
    walk.set_task(task, assignee=task.owner)
    walk.note(word, visit=walk.visits[task.visit], task=task.id, actor=actor,
              data={"from": task.assignee, "user": task.owner, **said(opinion)})


# ---- people who are added


def add(walk: Walk, task: Task, visit: Visit, step: Approve, event: SignersAdded) -> None:
    """Add people before a slot (it waits for them), after it (it counts once they agree) or beside it (as many slots
    more)."""
    _may_add(walk, task, visit, step, event)
    people = tuple(dict.fromkeys(event.people))
    for user in people:
        check_receiver(walk, step, task, visit, user)
    if event.kind == "parallel":
        made = [walk.new_task(visit, user, origin="added_parallel", added_by=event.actor) for user in people]
    else:
        made = [
            walk.new_task(
                visit, user, origin=f"added_{event.kind}", added_by=event.actor, parent=task.id, rule=event.rule,
                status="waiting" if event.rule == "in_order" and place else "pending",
            )
            for place, user in enumerate(people)
        ]
        if event.kind == "after":
            walk.answer(task, "done" if step.work else "approve", event.actor, event.opinion, status="held")
        else:
            walk.set_task(task, status="held")
    data = {"kind": event.kind, "users": list(people), "rule": event.rule, **said(event.opinion)}
    walk.note("sign_added", visit=visit, task=task.id, actor=event.actor, data=data)
    if event.kind == "after":
        walk.note("approved", visit=visit, task=task.id, actor=event.actor,
                  data={**said(event.opinion), **({"signature": event.signature} if event.signature else {})})
    for one in made:
        if one.status == "pending":
            walk.note("task_created", visit=visit, task=one.id, data={"user": one.assignee})
            walk.tell("task", [one.assignee], at=visit.at, task=one.id)
    arriving.settle(walk, visit)


def _may_add(walk: Walk, task: Task, visit: Visit, step: Approve, event: SignersAdded) -> None:
    if event.kind not in KINDS or event.kind not in step.add_sign:
        raise Refused(say(
            zh="该步骤不允许这样加签", en="This step lets nobody be added in this way"
        ), code="not_offered")
    if event.rule not in RULES or not event.people or len(event.people) > MOST:
        text = say(zh="请选择 1 到 {most} 位加签人", en="Choose 1 to {most} people to add", most=MOST)
        raise Invalid(text, errors=[FieldError("to", text, "required")])
    if task.parent is not None:
        raise Refused(say(zh="加签的任务不能再加签", en="Who was added can add nobody"), code="nested_add_sign")
    alone = sum(1 for one in walk.tasks_of(visit) if one.parent is None and one.status != "cancelled") == 1
    if event.kind == "parallel" and alone:
        raise Refused(say(
            zh="只有一位审批人时不能并行加签，请用前加签或后加签",
            en="One person alone decides here: add somebody before or after instead",
        ), code="single")


def heard(walk: Walk, visit: Visit, parent: Task, child_reject: str) -> None:
    """One of those who were added to a slot has answered, or is asked no longer: see whether that decides for it."""
    children = [one for one in walk.tasks_of(visit) if one.parent == parent.id]
    rule = children[0].rule
    live = [one for one in children if one.status != "cancelled"]
    tally = verdicts.Tally(
        sum(1 for one in live if one.status == "done" and one.decision in AGREED),
        sum(1 for one in live if one.status == "done" and one.decision == "reject"),
        sum(1 for one in live if one.status in ("pending", "waiting")),
    )
    verdict = verdicts.verdict("any" if rule == "any" else "all", "", "at_once", tally) if live else "approved"
    if verdict is None:
        _next(walk, visit, live)
        return
    for one in live:
        if one.status in ("pending", "waiting"):
            walk.set_task(one, status="cancelled", cancel_reason="peer_decided")
    if verdict == "approved" and parent.decision in AGREED:
        walk.set_task(parent, status="done")
    elif verdict == "approved" or child_reject == "back_to_me":
        walk.set_task(parent, status="pending", decision="", via="", done_by=None)
        walk.note("task_created", visit=visit, task=parent.id, data={"user": parent.assignee})
        walk.tell("task", [parent.assignee], at=visit.at, task=parent.id)
    else:
        walk.set_task(parent, status="done", decision="reject", via="added", done_by=None)


def _next(walk: Walk, visit: Visit, live: list[Task]) -> None:
    """Those who are added in order are asked one after the other."""
    waiting = sorted((one for one in live if one.status == "waiting"), key=lambda one: one.slot)
    if waiting and not any(one.status == "pending" for one in live):
        walk.set_task(waiting[0], status="pending")
        walk.note("task_created", visit=visit, task=waiting[0].id, data={"user": waiting[0].assignee})
        walk.tell("task", [waiting[0].assignee], at=visit.at, task=waiting[0].id)


def remove(walk: Walk, event: SignerRemoved, child_reject: str) -> None:
    """Who added somebody, or an administrator, takes that back while the answer is open."""
    task = walk.tasks[event.task]
    visit = walk.visits[task.visit]
    if task.added_by is None or task.status not in ("pending", "waiting"):
        raise Refused(say(zh="该加签已处理或不存在", en="There is nobody to remove any more"), code="task_done")
    if event.actor != task.added_by and event.actor not in walk.scope.admins():
        raise Forbidden(say(zh="只有加签的人可以减签", en="Only who added them may remove them"), code="not_adder")
    walk.set_task(task, status="cancelled", cancel_reason="removed")
    walk.note("sign_removed", visit=visit, task=task.id, actor=event.actor,
              data={"user": task.assignee, **said(event.opinion)})
    if task.parent is not None:
        heard(walk, visit, walk.tasks[task.parent], child_reject)
    arriving.settle(walk, visit)


def urge(walk: Walk, event: Urged) -> None:
    """Those who are asked are told again; nothing moves."""
    if event.actor != walk.instance.initiator and event.actor not in walk.scope.admins():
        raise Forbidden(say(zh="只有发起人可以催办", en="Only who submitted it may urge"), code="not_initiator")
    for id in event.tasks:
        task = walk.tasks[id]
        visit = walk.visits[task.visit]
        walk.note("urged", visit=visit, task=id, actor=event.actor, data={"user": task.assignee, **said(event.opinion)})
        walk.tell("urged", [task.assignee], at=visit.at, task=id)


# ---- who may come in


@dataclass(frozen=True, slots=True)
class _Bar:
    """Why somebody cannot take part."""

    reason: Text
    code: str


def check_receiver(walk: Walk, step: Approve, task: Task, visit: Visit, to: int) -> None:
    """Raise `Invalid` for who cannot be given a task or be added: the giver, an inactive person, one who has a say at
    this step already, the initiator where the rules of the step keep them out."""
    bar = _bar(walk, step, task, visit, to)
    if bar is not None:
        raise Invalid(bar.reason, code=bar.code, errors=[FieldError("to", bar.reason, bar.code)])


def _bar(walk: Walk, step: Approve, task: Task, visit: Visit, to: int) -> _Bar | None:
    others = [other for other in walk.tasks_of(visit) if other.status != "cancelled" and other.id != task.id]
    inside = {person for other in others for person in (other.assignee, other.owner)}
    if to in (task.assignee, task.owner):
        return _Bar(say(zh="不能选择自己", en="It is yours already"), "self")
    if not walk.scope.active(to):
        return _Bar(say(zh="该用户已停用或不存在", en="This person is not active"), "inactive")
    if to in inside:
        return _Bar(say(zh="该用户已在本步骤中", en="This person already has a say at this step"), "already_in_node")
    if to == walk.instance.initiator and barred(walk, step):
        return _Bar(say(zh="发起人不能审批自己的单据", en="The initiator may not approve this"), "barred")
    return None


def said(opinion: str) -> dict[str, object]:
    return {"opinion": opinion} if opinion else {}
