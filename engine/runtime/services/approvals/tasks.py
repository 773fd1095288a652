"""One task as people see it: what it is about and what may be done to it. Decides nothing; `boxes` lists them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow
from engine.errors import Failure, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services.approvals import choices, pinning
from engine.runtime.services.approvals.boxes import BOXES, Item, counts, inbox, item
from engine.runtime.services.approvals.choices import Wanted
from engine.runtime.services.approvals.deciding import recalling, returning, verdicts
from engine.runtime.services.approvals.flow_views import label_of, may_urge
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import autograph_rows, flow_rows, task_rows
from engine.runtime.storage.flow_states import State, Task, Visit
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

__all__ = ["BOXES", "Back", "Item", "TaskView", "counts", "get", "inbox", "mark_read", "refuse_in_batch"]

GONE = say(zh="没有这个任务，或者您无权查看", en="There is no such task, or you may not see it")


@dataclass(frozen=True, slots=True)
class Back:
    """A place to which a task may be returned: `start` or a step; `modes` rerun · direct."""

    name: str
    label: Text
    modes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task. `verbs` the actor may use now; `edit` the fields open at the step (None = all, for a revision),
    `require` those that must be filled to approve; `opinion_wanted` when a comment is a must."""

    item: Item
    verbs: tuple[str, ...]
    edit: tuple[str, ...] | None
    require: tuple[str, ...]
    opinion_wanted: bool
    add_sign: tuple[str, ...] = ()             # how the actor may add people: before · after · parallel
    added: tuple[Ref, ...] = ()                # people whom the actor added and may take back
    unread: bool = False                       # it waits for the actor, who has not seen it yet
    back: tuple[Back, ...] = ()                # where it may be sent back to, the nearest first
    signature: bool = False                    # a yes or a no is to be signed
    choose: tuple[Wanted, ...] = ()            # for which later steps the actor chooses people


def get(tx: Tx, id: int) -> TaskView:
    """One task that the actor has to do with; `NotFound` for others."""
    row = task_rows.one(tx, id)
    if row is None:
        raise NotFound(GONE)
    object_of(tx, row)
    state = flow_rows.load(tx, row["instance"])
    assert state is not None, "a task has its instance"
    task, instance = state.tasks[id], state.instance
    me = tx.actor.id
    found = item(tx, row, task_rows.names(tx, [row["initiator"]]))
    mine = task.status == "pending" and task.assignee == me and instance.live
    if row["kind"] == "revise":
        others = ("urge", "comment") if may_urge(tx, state) else ("comment",)
        wanted = _choices(tx, state, returning.START) if mine else ()
        return TaskView(found, ("resubmit", "withdraw", "comment") if mine else others, None, (), False, choose=wanted)
    flow = pinning.flow_of(tx, instance)
    step = blocks.step_at(flow, row["at"])
    assert isinstance(step, Approve), "people are asked at approvals"
    back = _back(flow, state, state.visits[task.visit]) if mine else ()
    verbs = _verbs(tx, flow, state, task, step, mine)
    verbs = verbs if back else tuple(verb for verb in verbs if verb != "return")
    edit = tuple(dict.fromkeys((*step.edit, *step.require)))
    ways = step.add_sign if "add_signer" in verbs else ()
    added = [t for t in state.tasks_of(task.visit) if t.added_by == me and t.status in ("pending", "waiting")]
    if added:
        verbs = (*verbs, "remove_signer")
    named = task_rows.names(tx, (one.assignee for one in added))
    return TaskView(
        found, verbs if ways else tuple(verb for verb in verbs if verb != "add_signer"), edit, step.require,
        step.opinion, ways, tuple(Ref("user", one.assignee, named.get(one.assignee, "")) for one in added),
        mine and task.read_at is None, back if "return" in verbs else (),
        step.signature and mine, _choices(tx, state, step.name) if {"approve", "done"} & {*verbs} else (),
    )


def object_of(tx: Tx, row: task_rows.Row) -> str:
    """The object of a task of which this is the row (`task_rows.concerned`); `NotFound` for those who have nothing to
    do with it."""
    object, me = tx.live.names[row["object"]], tx.actor.id
    mine = me in (row["assignee"], row["owner"], row["done_by"], row["initiator"])
    if not access.reaches(tx, object, "see", "decide"):
        raise NotFound(GONE)
    if not mine and not flow_rows.may_read(tx, object, row["record"], me):
        raise NotFound(GONE)
    return object


def _choices(tx: Tx, state: State, at: str) -> tuple[Wanted, ...]:
    """For which steps people are chosen with an answer at this one."""
    session, run = Session(tx), state.instance
    flow, record = pinning.flow_of(tx, run), session.record(Ref(run.object, run.record))
    if record is None:
        return ()
    session.raised_names |= run.raised
    return tuple(choices.wanted(session, record, flow, at, run.chosen))


def _back(flow: Flow, state: State, visit: Visit) -> tuple[Back, ...]:
    """Where a task may be sent back to."""
    step = blocks.step_at(flow, visit.at)
    only = step.return_mode if isinstance(step, Approve) else ""
    found: list[tuple[str, Text, Visit | None]] = [
        (one.step, label_of(flow, one), one) for one in reversed(returning.targets(flow, state, visit))
    ]
    if returning.to_start(flow, visit):
        found.append((returning.START, say(zh="发起人", en="Whoever submitted it"), None))
    places = []
    for name, label, target in found:
        ways = ("rerun", "direct") if returning.directly(flow, state, visit, target) else ("rerun",)
        modes = tuple(way for way in ways if only in ("", way))
        places += [Back(name, label, modes)] if modes else []
    return tuple(places)


def signature(tx: Tx, id: int) -> bytes:
    """The signature of a decision that the actor has to do with; `NotFound` where there is none."""
    get(tx, id)                                # strangers see nothing
    number = flow_rows.instance_of_task(tx, id)
    told = autograph_rows.latest(flow_rows.events_of(tx, number or 0)).get(id)
    found = None if told is None else autograph_rows.one(tx, id, told)
    if found is None:
        raise NotFound(say(zh="没有签名", en="There is no signature"))
    return found


def mark_read(tx: Tx, id: int) -> None:
    """Note that the person who is asked has seen the task."""
    task_rows.mark_read(tx, id, tx.actor.id)


def refuse_in_batch(tx: Tx, id: int) -> None:
    """A task that somebody was added to, or added for, is decided on its own page."""
    row = task_rows.one(tx, id)
    state = flow_rows.load(tx, row["instance"]) if row is not None else None
    task = state.tasks[id] if state is not None else None
    if state is not None and task is not None and task.added_by is not None:
        raise Refused(say(zh="加签任务请单独审批", en="Somebody added you here: decide it by itself"), code="added")


def _verbs(tx: Tx, flow: Flow, state: State, task: Task, step: Approve, mine: bool) -> tuple[str, ...]:
    """What the actor may do with a task now: as its owner, a helper, one who was added, or who submitted it."""
    if mine and task.owner != task.assignee:
        return ("answer", "comment")
    answers = ("done",) if step.work else ("approve", "reject")
    if mine and task.parent is not None:
        return (*answers, "transfer", "delegate", "comment")
    if mine:
        handing = () if step.hide else ("cc",)
        more = ("transfer", "delegate", "add_signer", "stash", *handing, "comment")
        voting = ("abstain",) if not step.work and state.visits[task.visit].mode in verdicts.VOTED else ()
        return (*_taking(state, task, step), *answers, *voting, "return", *more)
    delegated = task.status == "pending" and task.owner == tx.actor.id and state.instance.live
    found = ("take_back",) if delegated else ()
    if _recallable(flow, state, task, tx.actor.id):
        found = (*found, "recall")
    return (*found, *(("urge",) if may_urge(tx, state) else ()), "comment")


def _taking(state: State, task: Task, step: Approve) -> tuple[str, ...]:
    """What may be done with work that is offered to many."""
    others = [one for one in state.tasks_of(task.visit) if one.id != task.id and one.parent is None]
    if not step.pool:
        return ()
    if any(one.status == "pending" for one in others):
        return ("claim",)
    return ("unclaim",) if any(one.cancel_reason == "claimed" for one in others) else ()


def _recallable(flow: Flow, state: State, task: Task, actor: int) -> bool:
    try:
        recalling.check(flow, state, task.id, actor)
    except Failure:
        return False
    return True
