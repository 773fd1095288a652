"""Who takes over from people who leave. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions import blocks
from engine.definitions.flows import Approve
from engine.runtime.services.approvals.deciding import arriving, company
from engine.runtime.services.approvals.deciding.events import Inherited
from engine.runtime.services.approvals.deciding.slots import barred
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import HUMAN, OPEN, Task, Visit


def hand_over(walk: Walk, event: Inherited) -> None:
    """All that waits for a person is somebody else's; what they decided stays theirs.

    Where the other has a say at the step already, the slots become one, which may decide it. Whoever is asked by
    that is told once."""
    first: dict[int, Task] = {}                # that somebody is asked
    for task in list(walk.tasks.values()):
        concerned = event.leaver in (task.assignee, task.owner)
        if concerned and walk.tasks[task.id].status in OPEN and walk.visits[task.visit].status == "open":
            to = _hand(walk, walk.tasks[task.id], event)
            now = walk.tasks[task.id]
            if to == now.assignee and now.status == "pending":
                first.setdefault(now.assignee, now)
    for to, task in first.items():
        walk.tell("task", [to], at=walk.visits[task.visit].at, task=task.id)


def _hand(walk: Walk, task: Task, event: Inherited) -> int | None:
    """Move one slot; whose it is now, None where it has not moved."""
    visit = walk.visits[task.visit]
    if task.owner != event.leaver:             # the leaver only helps
        to: int | None = task.owner if _inside(walk, visit, task, event.to) else event.to
        walk.set_task(task, assignee=to)
    elif _inside(walk, visit, task, event.to) and (task.parent is not None or _own(walk, visit, event.to)):
        _merge(walk, visit, task, event)
        return None
    else:
        to = _receiver(walk, visit, task, event)
        if to is None:                         # it stays, and the report tells it
            return None
        helper = to if task.assignee == event.leaver else task.assignee
        walk.set_task(task, assignee=helper, owner=to, origin="handover", flag="" if to == event.to else "barred")
    walk.note("handed_over", visit=visit, task=task.id, actor=event.actor,
              data={"from": event.leaver, "user": to, **company.said(event.reason)})
    return to


def _inside(walk: Walk, visit: Visit, task: Task, user: int) -> bool:
    others = (one for one in walk.tasks_of(visit) if one.id != task.id and one.status != "cancelled")
    return any(user in (one.assignee, one.owner) for one in others)


def _own(walk: Walk, visit: Visit, user: int) -> bool:
    """Whether somebody has a slot that counts by itself, not one for another's."""
    return any(user in (one.assignee, one.owner) for one in walk.tasks_of(visit)
               if one.parent is None and one.status != "cancelled")


def _receiver(walk: Walk, visit: Visit, task: Task, event: Inherited) -> int | None:
    """Who gets a slot: nobody decides on what they have submitted where the step keeps them out, or twice at one step.
    Then an administrator does."""
    step = blocks.step_at(walk.flow, visit.at) if visit.kind in HUMAN else None
    kept_out = isinstance(step, Approve) and event.to == walk.instance.initiator and barred(walk, step)
    if not kept_out and not _inside(walk, visit, task, event.to):
        return event.to
    free = (one for one in walk.scope.admins() if one not in (event.to, event.leaver, walk.instance.initiator))
    return next((one for one in free if not _inside(walk, visit, task, one)), None)


def _merge(walk: Walk, visit: Visit, task: Task, event: Inherited) -> None:
    """Two slots of one person are one: people have one vote."""
    walk.set_task(task, status="cancelled", cancel_reason="merged")
    data: Mapping[str, object] = {"from": event.leaver, "user": event.to, **company.said(event.reason)}
    walk.note("merged", visit=visit, task=task.id, actor=event.actor, data=data)
    for child in walk.tasks_of(visit):
        if child.parent == task.id and child.status in OPEN:
            walk.set_task(child, status="cancelled", cancel_reason="merged")
    step = blocks.step_at(walk.flow, visit.at)
    if task.parent is not None and isinstance(step, Approve):
        company.heard(walk, visit, walk.tasks[task.parent], step.child_reject)
    arriving.settle(walk, visit)
