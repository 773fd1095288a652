"""Who gets a slot of an approval step: separation from the initiator, empty steps, decisions already given. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.flows import Approve
from engine.errors import Refused
from engine.runtime.services.deciding.events import Resolved
from engine.runtime.services.deciding.walks import ON, Arrival, Walk
from engine.runtime.storage.flow_states import AGREED, HUMAN, Token, Visit
from engine.texts import Text, say

GONE = ("inactive", "removed", "recalled")     # slots that are nobody's any more
NOTHING: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Slots:
    """The people of one visit in order. `auto` slots are answered at once (user → reason); `flags` say why somebody
    unexpected is asked. Without people `outcome` decides the visit: skipped · approved · rejected."""

    users: tuple[int, ...]
    trace: tuple[Mapping[str, object], ...] = ()
    mode: str = ""
    need: str = ""
    auto: Mapping[int, str] = field(default_factory=dict)
    flags: Mapping[int, str] = field(default_factory=dict)
    outcome: str = ""


def asked_again(walk: Walk, arrival: Arrival) -> Slots | None:
    """The people of the visit that sent the record back, all of them once more; None where that is not what happens, or
    nobody of them is left."""
    if arrival.again is None:
        return None
    before = walk.visits[arrival.again]
    slots = [one for one in walk.tasks_of(before) if one.parent is None and one.cancel_reason not in GONE]
    users = tuple(dict.fromkeys(one.owner for one in slots if walk.scope.active(one.owner)))
    return Slots(users, before.trace, before.mode, before.need) if users else None


def slots_for(walk: Walk, step: Approve, token: Token, arrival: Arrival = ON) -> Slots:
    """Find the people for a step that a token has just reached."""
    found = walk.scope.resolve(step.by)
    slots = _part(walk, step, found)
    if not slots.users:
        slots = _fill(walk, step, slots)
    if arrival.cause != "normal" or step.work or step.opinion or not step.auto or walk.scope.missing(step.require):
        return replace(slots, auto=NOTHING)    # what must be written can't be left to a rule
    return replace(slots, auto={**_known(walk, step, token, slots.users), **slots.auto})


def barred(walk: Walk, step: Approve) -> bool:
    """Whether the initiator may not decide at this step."""
    return (step.self_rule or walk.flow.self_rule) in ("manager", "forbid")


def _part(walk: Walk, step: Approve, found: Resolved) -> Slots:
    """Apply the rule for an initiator among the approvers."""
    me = walk.instance.initiator
    rule = step.self_rule or walk.flow.self_rule
    slots = Slots(found.users, found.trace, step.mode)
    if me is None or me not in found.users or rule == "ask":
        return slots
    if rule == "approve":
        return replace(slots, auto={me: "self"})
    others = tuple(user for user in found.users if user != me)
    if rule == "forbid":
        return replace(slots, users=others, trace=(*found.trace, {"dropped": me, "why": "self"}))
    return _lift(walk, slots, me)


def _lift(walk: Walk, slots: Slots, me: int) -> Slots:
    """The manager answers in the initiator's place; where there is none, one of the administrators does."""
    above = walk.scope.manager(me)
    stand_in = above if above is not None and above != me else next((a for a in walk.scope.admins() if a != me), None)
    placed = (stand_in if user == me else user for user in slots.users)
    users = tuple(dict.fromkeys(user for user in placed if user is not None))
    trace: tuple[Mapping[str, object], ...] = (*slots.trace, {"dropped": me, "why": "self", "instead": stand_in})
    flags = {stand_in: "no_manager"} if stand_in is not None and stand_in != above else {}
    return replace(slots, users=users, trace=trace, flags=flags)


def _fill(walk: Walk, step: Approve, slots: Slots) -> Slots:
    """Apply the rule for a step that found nobody."""
    rule = step.on_empty or walk.flow.on_empty
    if rule in ("skip", "approve", "reject"):
        return replace(slots, outcome={"skip": "skipped", "approve": "approved", "reject": "rejected"}[rule])
    if rule == "block":
        raise Refused(_nobody(step), code="no_assignee")
    me = walk.instance.initiator
    above = walk.scope.manager(me) if rule == "up" and me is not None else None
    people = [above] if above is not None and above != me else [
        admin for admin in walk.scope.admins() if admin != me or not barred(walk, step)
    ]
    if not people:
        raise Refused(_nobody(step), code="no_assignee")
    return replace(slots, users=tuple(people), mode="any", auto=NOTHING, flags=dict.fromkeys(people, "no_approver"))


def _nobody(step: Approve) -> Text:
    return say(
        zh="步骤「{step}」找不到审批人，请让管理员指定",
        en="Nobody can approve at “{step}”: ask an administrator to name somebody",
        step=step.label,
    )


def _known(walk: Walk, step: Approve, token: Token, users: tuple[int, ...]) -> dict[int, str]:
    """Who has approved already on this very path, as far as the flow asks for that."""
    rule = step.dedupe or walk.flow.dedupe
    if rule == "none":
        return {}
    path = walk.line(token)
    human = [v for v in walk.visits.values() if v.token in path and _counts(walk, v)]
    human.sort(key=lambda visit: visit.seq)
    seen = human[-1:] if rule == "adjacent" else human
    approved = {user for visit in seen for user in _approvers(walk, visit)}
    return {user: "earlier" for user in users if user in approved}


def _counts(walk: Walk, visit: Visit) -> bool:
    decided = any(task.via == "human" and task.status == "done" for task in walk.tasks_of(visit))
    return visit.kind in HUMAN and visit.status == "closed" and visit.voided_by is None and decided


def _approvers(walk: Walk, visit: Visit) -> list[int]:
    """People who approved a visit themselves and for themselves."""
    return [
        task.assignee for task in walk.tasks_of(visit)
        if task.decision in AGREED and task.status == "done" and task.via == "human"
        and task.done_by == task.assignee == task.owner
    ]
