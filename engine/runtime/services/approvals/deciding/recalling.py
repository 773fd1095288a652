"""Taking back one's own last decision, while nobody has built on it. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.definitions import blocks
from engine.definitions.flows import Approve, Do, Flow, Subflow, Wait
from engine.errors import Forbidden, NotFound, Refused
from engine.runtime.services.approvals.deciding.events import Recalled
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import DECISIVE, HUMAN, State, Task, Visit
from engine.texts import say

LATE = say(
    zh="后续已有处理，不能取回；可请后面的审批人退回",
    en="Others have gone on since: it cannot be taken back; ask them to return it",
)


def check(flow: Flow, state: State, id: int, actor: int) -> list[Visit]:
    """The visits that came of a decision and would be taken back with it; raises `Refused` where somebody has built on
    it (`recall_past`), where the flow never lets that happen, and where there is nothing to take back."""
    task = state.tasks.get(id)
    if task is None:
        raise NotFound(say(zh="没有这个任务", en="There is no such task"))
    if task.done_by != actor or task.via != "human":
        raise Forbidden(say(zh="只能取回自己的审批", en="That decision was not yours"), code="not_assignee")
    visit, token = state.visits[task.visit], state.tokens[state.visits[task.visit].token]
    if flow.recall == "never":
        raise Refused(say(zh="本流程不允许取回", en="This flow lets nobody take a decision back"), code="no_recall")
    live = state.instance.status == "running" and visit.kind in HUMAN and visit.voided_by is None
    mine = task.status == "done" and task.decision in (*DECISIVE, "abstain") and task.parent is None
    last = all(one.nth <= task.nth for one in state.tasks.values() if one.visit == visit.id)
    if not (live and mine and last):
        raise Refused(LATE, code="recall_past")
    if visit.status == "open":
        return []
    since = (v for v in state.visits.values() if v.token == token.id and v.seq > visit.seq and v.status != "cancelled")
    following = sorted((v for v in since if v.voided_by is None), key=lambda v: v.seq)
    if token.state != "active" or not following or following[-1].status != "open" or following[-1].kind not in HUMAN:
        raise Refused(LATE, code="recall_past")
    if any(_touched(flow, state, one) for one in following) or _acted(flow, visit.at, following[-1].at):
        raise Refused(LATE, code="recall_past")
    return following


def _touched(flow: Flow, state: State, visit: Visit) -> bool:
    """Whether anybody has done anything at a visit (read it, where the flow counts that)."""
    tasks = [one for one in state.tasks.values() if one.visit == visit.id]
    read = flow.recall == "next_reads" and any(one.read_at is not None for one in tasks)
    return read or visit.cause != "normal" or any(
        one.via == "human" or one.moves or one.added_by is not None or one.assignee != one.owner for one in tasks
    )


def _acted(flow: Flow, start: str, end: str) -> bool:
    """Whether a step in between did what cannot be taken back."""
    between = (step for path, step in blocks.walk(flow) if blocks.read(start) < blocks.read(path) < blocks.read(end))
    return any(isinstance(step, Do | Wait | Subflow) for step in between)


def recall(walk: Walk, event: Recalled) -> None:
    """The slot is asked again; others at the step stand as they did before the decision; its reason is a draft."""
    following = check(walk.flow, walk.state(), event.task, event.actor)
    task = walk.tasks[event.task]
    visit = walk.visits[task.visit]
    for one in following:
        if one.status == "open":
            walk.cancel_tasks(one, "recalled")
            walk.visits[one.id] = replace(one, status="cancelled")
        else:
            walk.visits[one.id] = replace(one, voided_by=visit.id)
            walk.note("voided", visit=one)
    walk.set_task(task, status="cancelled", cancel_reason="recalled")
    if visit.status != "open":
        walk.visits[visit.id] = replace(visit, status="open", outcome="")
        walk.set_token(walk.tokens[visit.token], at=visit.at)
        _restore(walk, visit)
    step = blocks.step_at(walk.flow, visit.at)
    if isinstance(step, Approve) and step.in_order:
        for other in walk.tasks_of(visit):
            if other.status == "pending" and other.parent is None:
                walk.set_task(other, status="waiting")
    again = walk.new_task(visit, event.actor, slot=task.slot, origin="recall", opinion=task.opinion,
                          owner=task.owner, added_by=task.added_by, due_at=task.due_at,
                          on_behalf=task.on_behalf)
    walk.note("recalled", visit=visit, task=again.id, actor=event.actor,
              data={"opinion": event.opinion} if event.opinion else None)


def _restore(walk: Walk, visit: Visit) -> None:
    """Those who were asked no longer because of the decision are asked again."""
    gone = [one for one in walk.tasks_of(visit) if one.status == "cancelled" and one.cancel_reason == "peer_decided"]
    for one in gone:
        family = [other for other in gone if other.parent == one.id]
        first = one.parent is None or one.rule != "in_order" or not _earlier(gone, one)
        status = "held" if family else "pending" if first else "waiting"
        walk.set_task(one, status=status, cancel_reason="")


def _earlier(tasks: list[Task], task: Task) -> bool:
    return any(one.parent == task.parent and one.slot < task.slot for one in tasks)
