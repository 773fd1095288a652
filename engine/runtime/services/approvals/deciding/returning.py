"""Sending a record back: to whom it can go, what is taken back, and how the one who sent it is asked again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.definitions import blocks
from engine.definitions.flows import Approve, Branch, End, Flow, Parallel
from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.runtime.services.approvals.deciding.walks import Arrival, Walk
from engine.runtime.storage.flow_states import HUMAN, State, Token, Visit
from engine.texts import say

START = "start"
ROUNDS = 50                                    # returns of one instance
Holds = Callable[[Expression], bool]


def targets(flow: Flow, state: State, visit: Visit) -> list[Visit]:
    """The visits to which a step may send back besides the initiator: people were asked there on this very path, and
    nothing ran since that cannot be taken back. The one before comes last."""
    step = blocks.step_at(flow, visit.at)
    named = step.return_to if isinstance(step, Approve) else ()
    line = state.line(visit.token)
    found: dict[str, Visit] = {}
    passed = (one.seq for one in state.visits.values() if one.kind == "subflow" and one.token in line and one.closed)
    barrier = max(passed, default=0)
    for one in sorted(state.visits.values(), key=lambda one: one.seq):
        asked = one.kind in HUMAN and one.closed and one.outcome not in ("returned", "skipped")
        before = barrier < one.seq < visit.seq and one.at != visit.at and one.voided_by is None
        if asked and before and one.token in line and (named is None or one.step in named):
            found.pop(one.step, None)
            found[one.step] = one
    return list(found.values())


def to_start(flow: Flow, visit: Visit) -> bool:
    """Whether a step may send back to the initiator."""
    step = blocks.step_at(flow, visit.at)
    return isinstance(step, Approve) and (step.return_to is None or START in step.return_to)


def directly(flow: Flow, state: State, visit: Visit, target: Visit | None) -> bool:
    """Whether who gets it back (None: the initiator) may hand it over to this step at once: inside one arm only."""
    step = blocks.step_at(flow, visit.at)
    token = state.tokens[visit.token]
    inside = token.parent is None if target is None else target.token == token.id
    return inside and isinstance(step, Approve) and step.return_mode != "rerun"


def send_back(walk: Walk, visit: Visit, to: str, mode: str) -> None:
    """Send the record back as the step allows; without `to` it goes to the initiator, or where alone it can go."""
    known = {one.step: one for one in targets(walk.flow, walk.state(), visit)}
    start = to_start(walk.flow, visit)
    name = to or (START if start or not known else next(reversed(known)))
    if name == "previous" and known:
        name = next(reversed(known))
    if name != START and name not in known or name == START and not start:
        text = say(zh="不能退回到该步骤", en="It cannot be returned to that step")
        raise Refused(text, code="target_not_visited")
    target = known.get(name)
    direct = mode == "direct" or not mode and _only_direct(walk, visit)
    if direct and not directly(walk.flow, walk.state(), visit, target):
        text = say(zh="该步骤不能在修改后直接返回", en="It cannot come back to this step directly from there")
        raise Refused(text, code="not_offered")
    _refuse_too_often(walk, visit)
    visit = walk.close_visit(visit, "returned", "returned")
    if target is not None:
        _to_step(walk, visit, target, direct)
    elif direct:
        revise(walk, walk.tokens[visit.token], visit.id)
    else:
        to_initiator(walk, visit)


def _only_direct(walk: Walk, visit: Visit) -> bool:
    step = blocks.step_at(walk.flow, visit.at)
    return isinstance(step, Approve) and step.return_mode == "direct"


def _refuse_too_often(walk: Walk, visit: Visit) -> None:
    if sum(1 for one in walk.visits.values() if one.outcome == "returned" and one.id != visit.id) >= ROUNDS:
        often = say(zh="退回次数过多，请同意或拒绝", en="Returned too often: approve or reject it")
        raise Refused(often, code="too_many_rounds")


def _to_step(walk: Walk, visit: Visit, target: Visit, direct: bool) -> None:
    token = walk.tokens[target.token]
    if direct:
        walk.visits[target.id] = replace(target, voided_by=visit.id)
        walk.note("voided", visit=target)
        walk.send(token, target.at, Arrival("return", resume_to=visit.id))
        return
    back_to(walk, visit, token, target.at, target.seq)


def back_to(walk: Walk, visit: Visit, token: Token, at: str, seq: int) -> None:
    """Everything from visit number `seq` on is taken back, also in arms that began since, and a step is asked anew."""
    for fork in [one for one in walk.visits.values() if one.token == token.id and one.status == "open"]:
        for child in walk.children(fork.id):
            walk.cancel_token(child, "returned")
        walk.cancel_tasks(fork, "returned")
        walk.visits[fork.id] = replace(fork, status="cancelled")
    walk.void(visit, seq, tokens=walk.below(token))
    walk.send(token, at, Arrival("return"))


def to_initiator(walk: Walk, visit: Visit) -> None:
    """Every decision is taken back, and after the resubmission everything runs anew."""
    _refuse_too_often(walk, visit)
    walk.void(visit)
    walk.cancel_all("returned")
    walk.ready.clear()
    revise(walk, walk.new_token(""), None)


def revise(walk: Walk, token: Token, resume_to: int | None) -> None:
    """Ask the initiator, or an administrator where that person has left, to look at it again."""
    me = walk.instance.initiator
    who = [me] if me is not None and walk.scope.active(me) else list(walk.scope.admins())[:1]
    if not who:
        raise Refused(say(zh="找不到可以修改的人", en="There is nobody it could be returned to"), code="no_assignee")
    token = walk.set_token(token, at="")
    walk.ready.clear()
    revise = walk.open_visit(token, "revise", "", cause="return", mode="any", reject="at_once", resume_to=resume_to)
    task = walk.new_task(revise, who[0], origin="resolved" if who[0] == me else "vacancy")
    walk.note("task_created", visit=revise, task=task.id, data={"user": who[0]})
    walk.tell("returned", who, task=task.id)
    walk.instance = replace(walk.instance, status="returned", lock_version=walk.instance.lock_version + 1)


def resume(walk: Walk, token: Token, visit: Visit) -> bool:
    """Ask the step again that sent the record back to this visit, now that it is through. False where the record, as it
    is now, would no longer come there: what was decided in between is then taken back, and everything runs again."""
    asker = walk.visits[visit.resume_to or 0]
    if leads(walk.flow, walk.scope.holds, visit.at, asker.at):
        walk.send(token, asker.at, Arrival("resume", resume_to=asker.resume_to, again=asker.id))
        return True
    walk.note("direct_downgraded", visit=visit)
    first = min((v.seq for v in walk.visits.values() if v.voided_by == asker.id), default=0)
    walk.void(visit, first, visit.seq, walk.below(token))
    return False


def leads(flow: Flow, holds: Holds, start: str, to: str) -> bool:
    """Whether the way from one step (`""`: the beginning) still comes to a later one, as the conditions are now."""
    after, way = blocks.read(start), blocks.read(to)
    for depth in range(0, len(way), 2):
        block, index = way[:depth], way[depth]
        for place, one in enumerate(blocks.steps_of(flow, block)[:index]):
            if (*block, place) > after and isinstance(one, End) and _taken(one, holds):
                return False
        step = blocks.step_at(flow, blocks.write(way[:depth + 1]))
        if depth + 1 == len(way):
            return _taken(step, holds)
        arm = blocks.arms_of(step)[way[depth + 1]]
        if isinstance(step, Parallel) and arm.when is not None and not holds(arm.when):
            return False
        if isinstance(step, Branch):
            chosen = next((one for one in step.arms if one.when is None or holds(one.when)), None)
            if chosen is not arm:
                return False
    return False


def _taken(step: object, holds: Holds) -> bool:
    when, unless = getattr(step, "when", None), getattr(step, "unless", None)
    return (when is None or holds(when)) and (unless is None or not holds(unless))
