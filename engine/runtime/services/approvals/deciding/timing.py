"""Deadlines of tasks and waits on the way: which timers they need, and what happens when one fires. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from engine.definitions import blocks
from engine.definitions.flows import Approve, Due, Wait
from engine.runtime.services.approvals.deciding import arriving, returning
from engine.runtime.services.approvals.deciding.events import Reckoned, Timer, TimerFired
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import HUMAN, Task, Visit

LATER = dt.timedelta(hours=1)                  # a deadline that meets a held task looks again after this time


def arm(walk: Walk) -> None:
    """Give the tasks that became somebody's their deadlines, and note the timers that they and new waits need."""
    for task in list(walk.tasks.values()):
        due = _due(walk, walk.visits[task.visit])
        if due is not None and task.status == "pending" and task.parent is None and task.due_at is None:
            _set(walk, task, due, walk.scope.deadline(due))
            walk.tasks[task.id] = replace(walk.tasks[task.id], clock_at=walk.scope.now)
    for visit in walk.visits.values():
        if visit.id < 0 and visit.kind == "wait" and visit.status == "open" and visit.due_at is not None:
            walk.timers.append(Timer("wait", visit.due_at, visit.id))


def _due(walk: Walk, visit: Visit) -> Due | None:
    step = blocks.step_at(walk.flow, visit.at) if visit.kind in HUMAN else None
    return step.due if isinstance(step, Approve) else None


def _set(walk: Walk, task: Task, due: Due, at: dt.datetime | None) -> None:
    """A deadline and its timers; reminders that are past already are left out."""
    if at is None:
        return                                 # the field that says when is blank: asked again with the next decision
    walk.tasks[task.id] = replace(task, due_at=at)
    now = walk.scope.now
    found = [Timer("due", at, task.visit, task.id)]
    for index, by in enumerate(due.remind):
        found.append(Timer("remind", walk.scope.later(at, by, due.calendar), task.visit, task.id, index))
    for index, level in enumerate(due.escalate):
        found.append(Timer("escalate", walk.scope.later(at, level.after, due.calendar), task.visit, task.id, index))
    walk.timers += [one for one in found if one.at > now or one.kind != "remind"]


def fire(walk: Walk, event: TimerFired) -> None:
    """A moment has come. What was decided meanwhile stays as it is: whoever came first has decided."""
    if event.kind == "wait":
        _waited(walk, walk.visits[event.visit], event.at)
        return
    task = walk.tasks[event.task or 0]
    visit = walk.visits[task.visit]
    due = _due(walk, visit)
    if due is None or task.due_at is None or visit.status != "open":
        return
    moment = _moment(walk, task.due_at, due, event)
    if event.at is not None and event.at < moment:  # it was put off meanwhile
        walk.timers.append(Timer(event.kind, moment, visit.id, task.id, event.index))
        return
    if task.status == "held" and event.kind == "due":
        walk.timers.append(Timer("due", walk.scope.now + LATER, visit.id, task.id))
    elif task.status == "pending" and not _moved(walk, task, due):
        Fired(walk, task, visit, due).by(event)


def reckon(walk: Walk, event: Reckoned) -> None:
    """Deadlines in working time, from when each clock began, by the calendars as they are now."""
    for task in list(walk.tasks.values()):
        due = _due(walk, walk.visits[task.visit])
        if due is None or due.within is None or task.clock_at is None or task.status not in ("pending", "held"):
            continue
        at = walk.scope.later(task.clock_at, due.within, due.calendar)
        if at != task.due_at:
            walk.note("due_moved", visit=walk.visits[task.visit], task=task.id, data={"due": at.isoformat()})
            _set(walk, task, due, at)


def _moment(walk: Walk, at: dt.datetime, due: Due, event: TimerFired) -> dt.datetime:
    """When a timer of a task that is due at a moment fires."""
    if event.kind == "due":
        return at
    by = due.remind[event.index] if event.kind == "remind" else due.escalate[event.index].after
    return walk.scope.later(at, by, due.calendar)


def shift(walk: Walk, by: dt.timedelta) -> None:
    """Everything that is to be done by a moment has so much more time; what follows a field of the record has not."""
    for task in list(walk.tasks.values()):
        visit = walk.visits[task.visit]
        due = _due(walk, visit)
        if due is not None and task.due_at is not None and task.status in ("pending", "held"):
            _set(walk, task, due, task.due_at if due.at is not None else task.due_at + by)
            began = None if task.clock_at is None else task.clock_at + by
            walk.tasks[task.id] = replace(walk.tasks[task.id], clock_at=began)
    for visit in list(walk.visits.values()):
        if visit.kind == "wait" and visit.status == "open" and visit.due_at is not None:
            step = blocks.step_at(walk.flow, visit.at)
            at = visit.due_at if isinstance(step, Wait) and step.moment else visit.due_at + by
            walk.visits[visit.id] = replace(visit, due_at=at)
            walk.timers.append(Timer("wait", at, visit.id))


def _moved(walk: Walk, task: Task, due: Due) -> bool:
    """Whether the field that says when has come to say something later: then everything counts from there."""
    at = walk.scope.deadline(due) if due.at is not None else None
    if at is None or task.due_at is None or at <= task.due_at:
        return False
    walk.note("due_moved", visit=walk.visits[task.visit], task=task.id, data={"due": at.isoformat()})
    _set(walk, task, due, at)
    return True


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer of a task that is still open."""

    walk: Walk
    task: Task
    visit: Visit
    due: Due

    def by(self, event: TimerFired) -> None:
        if event.kind == "remind":
            if self._newest(event.index + 1):
                self._tell("reminded", "reminder", [self.task.assignee])
        elif event.kind == "escalate":
            found = self.walk.scope.resolve(self.due.escalate[event.index].to)
            self._tell("escalated", "escalated", found.users)
        elif self.due.then:
            self._act(self.due.then)
        elif self._newest(0):
            self._tell("overdue", "reminder", [self.task.assignee])
        else:
            self.walk.note("overdue", visit=self.visit, task=self.task.id)

    def _newest(self, place: int) -> bool:
        """Whether no later reminder has come too: after a standstill several become one. The deadline has place 0."""
        scope, at = self.walk.scope, self.task.due_at
        assert at is not None, "it has a deadline"
        moments = [scope.later(at, by, self.due.calendar) for by in self.due.remind]
        moments.insert(0, at)
        come = [(moment, n) for n, moment in enumerate(moments) if moment <= scope.now and (n or not self.due.then)]
        return (moments[place], place) >= max(come, default=(at, 0))

    def _tell(self, note: str, kind: str, users: list[int] | tuple[int, ...]) -> None:
        self.walk.note(note, visit=self.visit, task=self.task.id, data={"users": list(users)})
        self.walk.tell(kind, users, at=self.visit.at, task=self.task.id)

    def _act(self, then: str) -> None:
        """What the deadline does in the place of a person; what a person must write is left to people."""
        walk, step = self.walk, blocks.step_at(self.walk.flow, self.visit.at)
        assert isinstance(step, Approve), "deadlines belong to people"
        if then == "approve" and (step.opinion or step.signature or walk.scope.missing(step.require)):
            self._tell("timer_blocked", "blocked", tuple(walk.scope.admins()))
            return
        decision = "done" if then == "approve" and step.work else then
        walk.set_task(self.task, status="done", decision=decision, via="timer")
        walk.note("timed_out", visit=self.visit, task=self.task.id, data={"user": self.task.assignee, "then": then})
        if then == "return":
            returning.send_back(walk, self.visit, "", "")
        else:
            arriving.settle(walk, self.visit)


def _waited(walk: Walk, visit: Visit, meant: dt.datetime | None) -> None:
    if visit.status != "open" or visit.kind != "wait":
        return
    if meant is not None and visit.due_at is not None and meant < visit.due_at:
        walk.timers.append(Timer("wait", visit.due_at, visit.id))
        return
    step = blocks.step_at(walk.flow, visit.at)
    moment = step.until if isinstance(step, Wait) and step.moment else None
    at = None if moment is None else walk.scope.until(moment)
    if at is not None and at > walk.scope.now:  # the field was moved to a later day
        walk.visits[visit.id] = replace(visit, due_at=at)
        walk.timers.append(Timer("wait", at, visit.id))
        return
    arriving.waited(walk, visit)
