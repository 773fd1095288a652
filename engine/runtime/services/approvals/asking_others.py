"""What a person asks for at a task, as an event of the flow: others to help, to be added, to be reminded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import FieldError, Invalid, Refused, TooMany
from engine.runtime.services.approvals import deciding
from engine.runtime.services.approvals.deciding import Event
from engine.runtime.services.sessions import Session
from engine.runtime.storage import autograph_rows, flow_rows
from engine.runtime.storage.flow_states import State
from engine.texts import say

URGED_EVERY = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Company:
    """What a verb names besides the task: `to` one person, `people` several; `kind` before · after · parallel and
    `rule` all · any · in_order of those who are added; `back` the step to which it returns (`start`, or "" for what
    the step offers first) and `mode` rerun · direct; `choose`: people for later steps, by the names of these."""

    to: int | None = None
    people: tuple[int, ...] = ()
    kind: str = "before"
    rule: str = "all"
    back: str = ""
    mode: str = ""
    choose: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    signature: bytes = b""                     # the picture that was drawn
    seen: str = ""                             # what the fields open at the step held as they were shown, as a digest


ALONE = Company()


def event(session: Session, state: State, task: int, verb: str, comment: str, company: Company) -> Event:
    """The event of a verb; raises `Invalid` where it names nobody, `TooMany` for a reminder too soon."""
    actor = session.tx.actor.id
    signed = autograph_rows.digest(company.signature) if company.signature else ""
    if verb in ("transfer", "delegate") and company.to is None:
        text = say(zh="请选择交给谁", en="Choose who gets it")
        raise Invalid(text, errors=[FieldError("to", text, "required")])
    makers: Mapping[str, Callable[[], Event]] = {
        "resubmit": lambda: deciding.Resubmitted(task, actor, comment),
        "withdraw": lambda: deciding.Withdrawn(actor, opinion=comment),
        "transfer": lambda: deciding.Transferred(task, actor, company.to or 0, comment),
        "comment": lambda: deciding.Commented(actor, comment, task),
        "delegate": lambda: deciding.Delegated(task, actor, company.to or 0, comment),
        "answer": lambda: deciding.Answered(task, actor, comment),
        "take_back": lambda: deciding.TakenBack(task, actor, comment),
        "add_signer": lambda: deciding.SignersAdded(
            task, actor, company.people or ((company.to,) if company.to else ()), company.kind, company.rule, comment,
            signed,
        ),
        "remove_signer": lambda: deciding.SignerRemoved(added(state, task, company.to), actor, comment),
        "return": lambda: deciding.TaskDecided(task, actor, "return", comment, company.back, company.mode),
        "recall": lambda: deciding.Recalled(task, actor, comment),
        "claim": lambda: deciding.Claimed(task, actor),
        "unclaim": lambda: deciding.Unclaimed(task, actor, comment),
        "cc": lambda: deciding.Copied(actor, company.people or ((company.to,) if company.to else ()), comment, task),
        "stash": lambda: deciding.Stashed(task, actor, comment),
        "urge": lambda: deciding.Urged(actor, to_urge(session, state), comment),
    }
    make = makers.get(verb)
    return make() if make is not None else deciding.TaskDecided(task, actor, verb, comment, signature=signed)


def added(state: State, task: int, user: int | None) -> int:
    """The task that was added for a user at the step of this task; the task itself where no user is named."""
    if user is None:
        return task
    visit = state.tasks[task].visit
    found = [one for one in state.tasks_of(visit) if one.added_by is not None and one.assignee == user]
    return found[-1].id if found else task


def to_urge(session: Session, state: State) -> tuple[int, ...]:
    """The open tasks of an approval whose people were not reminded lately."""
    waiting = [task.id for task in state.tasks.values() if task.status == "pending"]
    if not waiting or not state.instance.live:
        raise Refused(say(zh="没有待处理的任务", en="Nobody is asked at the moment"), code="task_done")
    now = session.tx.now
    events = flow_rows.events_of(session.tx, state.instance.id)
    last = {e["task"]: e["at"] for e in events if e["type"] == "urged" and now - e["at"] < URGED_EVERY}
    found = tuple(task for task in waiting if task not in last)
    if not found:
        left = URGED_EVERY - (now - min(last[task] for task in waiting))
        raise TooMany(say(zh="30 分钟内已催办过", en="They were reminded within the last 30 minutes"),
                      seconds=left.total_seconds())
    return found
