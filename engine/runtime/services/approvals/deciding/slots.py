"""Who gets a slot of an approval step: separation from the initiator, empty steps, decisions already given. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions import blocks
from engine.definitions.flows import Approve
from engine.errors import Refused
from engine.runtime.services.approvals.deciding.events import Resolved
from engine.runtime.services.approvals.deciding.walks import ON, Arrival, Walk
from engine.runtime.storage.flow_states import AGREED, HUMAN, Token, Visit
from engine.texts import Text, say

CHAIN = 5                                      # people of whom each stands in for the one before
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
    behalf: Mapping[int, int] = field(default_factory=dict)    # who stands in → who is away


def asked_again(walk: Walk, arrival: Arrival) -> Slots | None:
    """The people of the visit that sent the record back, all of them once more; None where that is not what happens, or
    nobody of them is left."""
    if arrival.again is None:
        return None
    before = walk.visits[arrival.again]
    slots = [one for one in walk.tasks_of(before) if one.parent is None and one.cancel_reason not in GONE]
    users = tuple(dict.fromkeys(one.owner for one in slots if walk.scope.active(one.owner)))
    behalf = {one.owner: one.on_behalf for one in slots if one.on_behalf is not None}
    return Slots(users, before.trace, before.mode, before.need, behalf=behalf) if users else None


def slots_for(walk: Walk, step: Approve, token: Token, arrival: Arrival = ON) -> Slots:
    """Find the people for a step that a token has just reached."""
    found = Resolved(tuple(walk.scope.admins())) if step is blocks.CONFIRM else walk.scope.resolve(step.by)
    slots = seated(walk, step, _part(walk, step, found), found.loose)
    if not slots.users:
        slots = _fill(walk, step, slots)
    written = step.opinion or step.signature or walk.scope.missing(step.require)
    if arrival.cause != "normal" or step.work or not step.auto or written:
        return replace(slots, auto=NOTHING)    # what must be written can't be left to a rule
    asked = tuple(user for user in slots.users if user not in slots.behalf)  # who stands in decides anew
    return replace(slots, auto={**_unchanged(walk, step, token, asked), **_known(walk, step, token, asked),
                                **slots.auto})


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


def seated(walk: Walk, step: Approve, slots: Slots, loose: Collection[int]) -> Slots:
    """The people of a step as they are there today: who is away and one of several in a role is left out, who is meant
    in person has a substitute. Where nobody can stand in, the task waits, and administrators are told.

    People who are asked in order are looked at when it is their turn."""
    here = [user for user in slots.users if walk.scope.away(user) is None]
    users: list[int] = []
    behalf: dict[int, int] = {}
    flags, trace = dict(slots.flags), list(slots.trace)
    for user in slots.users:
        if walk.scope.away(user) is None or step.in_order and users:
            users.append(user)
        elif user in loose and here:
            trace.append({"dropped": user, "why": "absent"})
        else:
            other = substitute(walk, step, user, {*slots.users, *users})
            users.append(user if other is None else other)
            if other is None:
                flags[user] = "no_substitute"
            else:
                behalf[other] = user
                trace.append({"dropped": user, "why": "absent", "instead": other})
    return replace(slots, users=tuple(users), flags=flags, trace=tuple(trace), behalf=behalf)


def substitute(walk: Walk, step: Approve, user: int, inside: Iterable[int]) -> int | None:
    """Who stands in for somebody: the next one of the chain who is there, has no say at this step yet and may have one;
    None where there is nobody."""
    seen, taken = {user}, set(inside)
    away = walk.scope.away(user)
    for _ in range(CHAIN):
        to = None if away is None else away.to
        if to is None or to in seen:
            return None
        seen.add(to)
        away = walk.scope.away(to)
        kept_out = to == walk.instance.initiator and barred(walk, step)
        if away is None and to not in taken and walk.scope.active(to) and not kept_out:
            return to
    return None


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


def _unchanged(walk: Walk, step: Approve, token: Token, users: tuple[int, ...]) -> dict[int, str]:
    """Who approved here before it was sent back, if what they approved has not changed since."""
    facts = walk.scope.facts(walk.flow.material) if step.no_change else ""
    if not facts:
        return {}
    before = [
        task for task in walk.tasks.values()
        if walk.visits[task.visit].at == token.at and task.via == "human" and task.status == "done"
        and task.done_by == task.assignee == task.owner and task.on_behalf is None
    ]
    last = {task.assignee: task for task in sorted(before, key=lambda task: task.nth)}
    return {
        user: "unchanged" for user in users
        if user in last and last[user].decision in AGREED and last[user].facts == facts
        and walk.visits[last[user].visit].voided_by is not None
    }


def _counts(walk: Walk, visit: Visit) -> bool:
    decided = any(task.via == "human" and task.status == "done" for task in walk.tasks_of(visit))
    return visit.kind in HUMAN and visit.status == "closed" and visit.voided_by is None and decided


def _approvers(walk: Walk, visit: Visit) -> list[int]:
    """People who approved a visit themselves and for themselves."""
    return [
        task.assignee for task in walk.tasks_of(visit)
        if task.decision in AGREED and task.status == "done" and task.via == "human"
        and task.done_by == task.assignee == task.owner and task.on_behalf is None
    ]
