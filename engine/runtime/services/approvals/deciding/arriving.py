"""What happens when a token reaches a step, and when a step is through: one function per kind of step. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import (
    Approve,
    Branch,
    Copy,
    Do,
    End,
    FlowStep,
    Notify,
    Parallel,
    Subflow,
    Wait,
)
from engine.errors import Refused
from engine.runtime.services.approvals.deciding import absences, returning, verdicts
from engine.runtime.services.approvals.deciding.events import ChildEnded, Signalled
from engine.runtime.services.approvals.deciding.slots import Slots, asked_again, slots_for
from engine.runtime.services.approvals.deciding.walks import ON, Walk
from engine.runtime.storage.flow_states import AGREED, OPEN, Status, Task, Token, Visit
from engine.texts import say

MOST_CALLS = 200                               # flows that one step starts


def run(walk: Walk) -> None:
    """Advance tokens until every one waits, or the flow is over."""
    while walk.ready:
        walk.spend()
        token = walk.tokens[walk.ready.popleft()]
        if token.state == "active" and walk.instance.live:
            _enter(walk, token)


def begin(walk: Walk) -> None:
    """Put a new token on the first step."""
    first = blocks.first_in(walk.flow, ())
    if first is None:
        walk.finish("approved", "")
    else:
        walk.new_token(first)


def settle(walk: Walk, visit: Visit) -> None:
    """Look whether a visit's votes decide it, and move on if they do."""
    if walk.visits[visit.id].status != "open":
        return
    tasks = [task for task in walk.tasks_of(visit) if task.status != "cancelled" and task.parent is None]
    tally = verdicts.Tally(
        sum(1 for task in tasks if task.status == "done" and task.decision in AGREED),
        sum(1 for task in tasks if task.status == "done" and task.decision == "reject"),
        sum(1 for task in tasks if task.status in OPEN),
        sum(1 for task in tasks if task.status == "done" and task.decision == "abstain"),
    )
    step = blocks.step_at(walk.flow, visit.at)
    hears_all = isinstance(step, Approve) and step.wait_all and tally.pending > 0
    verdict = None if hears_all else verdicts.verdict(visit.mode, visit.need, visit.reject, tally)
    if verdict is not None:
        _conclude(walk, visit, verdict)
    elif tally.pending and all(task.status in ("waiting", "done") for task in tasks):
        _next(walk, visit)


def _next(walk: Walk, visit: Visit) -> None:
    """People who are asked in order: the turn goes to the next one; who has left meanwhile is passed over."""
    waiting = [task for task in walk.tasks_of(visit) if task.status == "waiting" and task.parent is None]
    task = min(waiting, key=lambda task: task.slot)
    if not walk.scope.active(task.assignee):
        walk.set_task(task, status="cancelled", cancel_reason="inactive")
        walk.note("assignee_dropped", visit=visit, task=task.id, data={"user": task.assignee, "why": "inactive"})
        settle(walk, visit)
        return
    task = absences.relieve(walk, visit, walk.set_task(task, status="pending"))
    walk.note("task_created", visit=visit, task=task.id, data=_asked(task))
    walk.tell("task", [task.assignee], at=visit.at, task=task.id)


def _asked(task: Task) -> dict[str, object]:
    """Who is asked, why it is somebody unexpected, and for whom."""
    found: dict[str, object] = {"user": task.assignee}
    return found | ({"flag": task.flag} if task.flag else {}) | ({"for": task.on_behalf} if task.on_behalf else {})


def refuse(walk: Walk, visit: Visit, reason: str) -> None:
    """Somebody whose no is enough has said it."""
    _conclude(walk, visit, "rejected", reason)


def _conclude(walk: Walk, visit: Visit, outcome: str, reason: str = "") -> None:
    visit = walk.close_visit(visit, outcome)
    walk.note(f"step_{outcome}", visit=visit, data={"reason": reason} if reason else None)
    token = walk.tokens[visit.token]
    if outcome == "rejected":
        _refused(walk, visit, token)
    elif visit.resume_to is None or not returning.resume(walk, token, visit):
        _pass(walk, token)


def _refused(walk: Walk, visit: Visit, token: Token) -> None:
    """What the refusal of a step does: it ends its arm or the flow, sends back, or goes on at another step."""
    step = blocks.step_at(walk.flow, visit.at)
    rule = step.on_reject if isinstance(step, Approve | Subflow) else "end"
    if rule == "end":
        _fail(walk, token)
        return
    walk.visits[visit.id] = replace(visit, voided_by=visit.id)
    if rule == "return":
        returning.to_initiator(walk, visit)
        return
    assert isinstance(step, Approve), "only people refuse with consequences"
    at = next(path for path, one in blocks.walk(walk.flow) if one.name == step.goto)
    since = [one.seq for one in walk.visits.values() if one.at == at and one.token == token.id]
    if since and blocks.read(at) <= blocks.read(visit.at):
        returning.back_to(walk, visit, token, at, max(since))
    else:
        walk.send(token, at)


def _enter(walk: Walk, token: Token) -> None:
    step = blocks.step_at(walk.flow, token.at)
    when, unless = getattr(step, "when", None), getattr(step, "unless", None)
    if when is not None and not walk.scope.holds(when) or unless is not None and walk.scope.holds(unless):
        walk.note("skipped", at=token.at, step=step.name)
        _pass(walk, token)
    else:
        STEPS[type(step)](walk, token, step)


def _pass(walk: Walk, token: Token) -> None:
    """A step is through: on to the next one, out of the block at its end, or to the end of the flow."""
    at = token.at
    while (after := blocks.following(walk.flow, at)) is None:
        at = blocks.around(at)
        if not at:
            walk.set_token(token, state="consumed")
            walk.finish("approved", "")
            return
        if isinstance(blocks.step_at(walk.flow, at), Parallel):
            _join(walk, token, "approved")
            return
    walk.send(token, after)


def _fail(walk: Walk, token: Token) -> None:
    """A step is rejected: that rejects the parallel arm that it is in, or the flow."""
    at = blocks.around(token.at)
    while at and not isinstance(blocks.step_at(walk.flow, at), Parallel):
        at = blocks.around(at)
    if at:
        _join(walk, token, "rejected")
    else:
        walk.set_token(token, state="consumed", outcome="rejected")
        walk.finish("rejected", "branch_lost")


def _join(walk: Walk, token: Token, outcome: str) -> None:
    """An arm is finished; arms are counted, not tokens."""
    walk.set_token(token, state="at_join", outcome=outcome)
    assert token.fork is not None, "a token inside a parallel block comes from its fork"
    fork = walk.visits[token.fork]
    step = blocks.step_at(walk.flow, fork.at)
    assert isinstance(step, Parallel)
    children = walk.children(fork.id)
    arms = {child.arm: child.outcome for child in children if child.state == "at_join"}
    approved = sum(1 for result in arms.values() if result == "approved")
    tally = verdicts.Tally(approved, len(arms) - approved, len(fork.arms) - len(arms))
    verdict = verdicts.joined(step.join, step.on_reject, tally)
    if verdict is None:
        return
    for child in children:
        if child.state == "at_join":
            walk.set_token(walk.tokens[child.id], state="consumed")
        else:
            walk.cancel_token(child, "branch_lost")
    _conclude(walk, fork, verdict)


# One function per kind of step


def _approve(walk: Walk, token: Token, step: Approve) -> None:
    if step is blocks.CONFIRM and walk.decided_by_people():
        _pass(walk, token)
        return
    arrival = walk.arrivals.pop(token.id, ON)
    slots = asked_again(walk, arrival) or slots_for(walk, step, token, arrival)
    visit = walk.open_visit(token, "handle" if step.work else "approve", step.name, mode=slots.mode or step.mode,
                            need=slots.need or step.need, reject=step.reject, trace=slots.trace, cause=arrival.cause,
                            resume_to=arrival.resume_to)
    walk.note("arrived", visit=visit, data={"trace": list(slots.trace)})
    if slots.outcome:
        _decide_alone(walk, visit, slots.outcome)
        return
    _ask(walk, visit, slots, step.in_order)
    settle(walk, visit)


def _decide_alone(walk: Walk, visit: Visit, outcome: str) -> None:
    """Nobody is there to ask, and the flow says what that means."""
    walk.note("no_approver" if outcome == "skipped" else f"auto_{outcome}", visit=visit, data={"reason": "no_approver"})
    _conclude(walk, visit, outcome, "no_approver")


def _ask(walk: Walk, visit: Visit, slots: Slots, in_order: bool) -> None:
    asked: list[int] = []
    for user in slots.users:
        flag = slots.flags.get(user, "")
        if user in slots.auto:
            task = walk.new_task(visit, user, status="done", decision="approve", via="auto", flag=slots.auto[user])
            walk.note("auto_approved", visit=visit, task=task.id, data={"user": user, "reason": slots.auto[user]})
            continue
        absent = slots.behalf.get(user)
        origin = "absence" if absent is not None else "vacancy" if flag else "resolved"
        waits = "waiting" if in_order and asked else "pending"
        task = walk.new_task(visit, user, origin=origin, flag=flag, on_behalf=absent, status=waits)
        if waits == "pending":
            walk.note("task_created", visit=visit, task=task.id, data=_asked(task))
            asked.append(user)
            if flag == "no_substitute":
                absences.unstaffed(walk, visit, task)
    walk.tell("task", asked, at=visit.at)


def _copy(walk: Walk, token: Token, step: Copy) -> None:
    found = walk.scope.resolve(step.to)
    walk.note("cc", at=token.at, step=step.name, data={"users": list(found.users)})
    walk.tell("cc", found.users, at=token.at)
    _pass(walk, token)


def _notify(walk: Walk, token: Token, step: Notify) -> None:
    found = walk.scope.resolve(step.to)
    walk.note("notified", at=token.at, step=step.name, data={"users": list(found.users)})
    walk.tell("notify", found.users, at=token.at)
    _pass(walk, token)


def _branch(walk: Walk, token: Token, step: Branch) -> None:
    for index, arm in enumerate(step.arms):
        if arm.when is None or walk.scope.holds(arm.when):
            walk.note("chosen", at=token.at, step=step.name, data={"arm": index})
            first = blocks.first_in(walk.flow, (*blocks.read(token.at), index))
            if first is None:
                break
            walk.send(token, first)
            return
    _pass(walk, token)


def _parallel(walk: Walk, token: Token, step: Parallel) -> None:
    arms = tuple(index for index, arm in enumerate(step.arms) if arm.when is None or walk.scope.holds(arm.when))
    walk.note("forked", at=token.at, step=step.name, data={"arms": list(arms)})
    starts = {index: blocks.first_in(walk.flow, (*blocks.read(token.at), index)) for index in arms}
    busy = {index: first for index, first in starts.items() if first is not None}
    if not busy:
        _pass(walk, token)
        return
    fork = walk.open_visit(token, "fork", step.name, arms=tuple(busy))
    parent = walk.set_token(token, state="forked")
    for index, first in busy.items():
        walk.new_token(first, parent, fork, index)


def _do(walk: Walk, token: Token, step: Do) -> None:
    walk.note("done", at=token.at, step=step.name)
    walk.scope.perform(step.step)
    _pass(walk, token)


def _end(walk: Walk, token: Token, step: End) -> None:
    """The whole flow is over; `branch`: only the arm that the step stands in."""
    if step.outcome == "branch":
        at = blocks.around(token.at)
        while at and not isinstance(blocks.step_at(walk.flow, at), Parallel):
            at = blocks.around(at)
        if at:
            _join(walk, token, "approved")
            return
    outcome: Status = "rejected" if step.outcome == "rejected" else "approved"
    walk.set_token(token, state="consumed", outcome=outcome)
    if outcome == "approved" and walk.flow.require_human and not walk.decided_by_people():
        walk.cancel_all("branch_lost")
        walk.ready.clear()
        walk.new_token(blocks.write((len(walk.flow.steps),)))
        return
    walk.finish(outcome, "branch_lost")


def _wait(walk: Walk, token: Token, step: Wait) -> None:
    """Nothing is asked until a moment, or until a signal comes; one that is past, or has come, does not hold it up."""
    if step.signal:
        _wait_for(walk, token, step)
        return
    at = walk.scope.until(step.until) if step.until is not None else None
    if at is None or at <= walk.scope.now:
        walk.note("skipped", at=token.at, step=step.name, data={"reason": "past"})
        _pass(walk, token)
        return
    visit = walk.open_visit(token, "wait", step.name, due_at=at)
    walk.note("waits", visit=visit, data={"until": at.isoformat()})


def _wait_for(walk: Walk, token: Token, step: Wait) -> None:
    visit = walk.open_visit(token, "wait", step.name)
    walk.note("waits", visit=visit, data={"signal": step.signal})
    if walk.scope.signalled(step.signal):
        walk.note("signalled", visit=visit, data={"signal": step.signal, "early": True})
        waited(walk, visit)


def waited(walk: Walk, visit: Visit) -> None:
    """The moment, or the signal, has come: the flow goes on."""
    _conclude(walk, visit, "approved")


def signalled(walk: Walk, event: Signalled) -> None:
    """Every step goes on that waits for this signal."""
    for visit in waiting_for(walk, event.signal):
        walk.note("signalled", visit=visit, actor=event.actor, data={"signal": event.signal})
        waited(walk, visit)


def recollect(walk: Walk) -> None:
    """Take the signals that have come while nothing moved."""
    for visit in waiting_for(walk):
        step = blocks.step_at(walk.flow, visit.at)
        if isinstance(step, Wait) and walk.scope.signalled(step.signal):
            walk.note("signalled", visit=visit, data={"signal": step.signal, "early": True})
            waited(walk, visit)


def waiting_for(walk: Walk, signal: str = "") -> list[Visit]:
    """The open visits that wait for this signal, or (blank) for any."""
    found = []
    for visit in walk.visits.values():
        step = blocks.step_at(walk.flow, visit.at) if visit.kind == "wait" and visit.status == "open" else None
        if isinstance(step, Wait) and step.signal and signal in ("", step.signal):
            found.append(visit)
    return found


def _subflow(walk: Walk, token: Token, step: Subflow) -> None:
    """Other flows run over records, and this one waits for them, or (`apart`) goes on at once."""
    records = tuple(dict.fromkeys(walk.scope.rows(step.each)))
    if len(records) > MOST_CALLS:
        text = say(zh="子流程最多 {most} 个", en="A step starts {most} flows at most", most=MOST_CALLS)
        raise Refused(text, code="too_many_calls")
    if not records:
        walk.note("skipped", at=token.at, step=step.name, data={"reason": "no_rows"})
        _pass(walk, token)
        return
    visit = walk.open_visit(token, "subflow", step.name, arms=records)
    walk.note("called", visit=visit, data={"flow": step.flow, "records": list(records)})
    if step.apart:
        _conclude(walk, visit, "approved")


def child_ended(walk: Walk, event: ChildEnded) -> None:
    """One of the flows that a step waits for is over."""
    visit = walk.visits[event.visit]
    step = blocks.step_at(walk.flow, visit.at)
    if visit.status != "open" or not isinstance(step, Subflow):
        return
    approved = sum(1 for outcome in event.outcomes if outcome == "approved")
    pending = sum(1 for outcome in event.outcomes if not outcome)
    tally = verdicts.Tally(approved, len(event.outcomes) - approved - pending, pending)
    verdict = verdicts.joined("all", "go_on" if step.on_reject == "go_on" else "end", tally)
    if verdict is not None:
        walk.note("called_back", visit=visit, data={"outcomes": list(event.outcomes)})
        _conclude(walk, visit, verdict)


STEPS: Mapping[type[FlowStep], Callable[[Walk, Token, Any], None]] = {
    Approve: _approve, Copy: _copy, Notify: _notify, Branch: _branch, Parallel: _parallel,
    Do: _do, End: _end, Wait: _wait, Subflow: _subflow,
}
