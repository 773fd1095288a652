"""People who are away when it is their turn. Pure."""

from __future__ import annotations

from engine.definitions import blocks
from engine.definitions.flows import Approve
from engine.runtime.services.approvals.deciding.slots import substitute
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import Task, Visit


def relieve(walk: Walk, visit: Visit, task: Task) -> Task:
    """The one whose turn has come may be away: then the substitute is asked."""
    step = blocks.step_at(walk.flow, visit.at)
    if not isinstance(step, Approve) or walk.scope.away(task.assignee) is None:
        return task
    inside = {one.owner for one in walk.tasks_of(visit) if one.status != "cancelled"}
    other = substitute(walk, step, task.owner, inside)
    if other is None:
        unstaffed(walk, visit, task)
        return walk.set_task(task, flag="no_substitute")
    return walk.set_task(task, assignee=other, owner=other, origin="absence", on_behalf=task.owner)


def unstaffed(walk: Walk, visit: Visit, task: Task) -> None:
    """Somebody is asked who is away, and nobody stands in: administrators are told."""
    walk.note("no_substitute", visit=visit, task=task.id, data={"user": task.assignee})
    walk.tell("no_substitute", walk.scope.admins(), at=visit.at, task=task.id)
