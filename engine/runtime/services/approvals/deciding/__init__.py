"""The pure core of approval flows: from a state and an event to what follows. Knows no storage, no clock, no web."""

from __future__ import annotations

from engine.definitions.flows import Flow
from engine.errors import Refused
from engine.runtime.services.approvals.deciding import arriving, timing
from engine.runtime.services.approvals.deciding.events import (
    Answered,
    Away,
    ChildEnded,
    Claimed,
    Commented,
    Copied,
    Corrected,
    Decision,
    Delegated,
    Event,
    Halted,
    Inherited,
    Jumped,
    Note,
    Notice,
    Reassigned,
    Recalled,
    Reckoned,
    Renewed,
    Resolved,
    Resubmitted,
    Resumed,
    Retried,
    Scope,
    Signalled,
    SignerRemoved,
    SignersAdded,
    Started,
    Stashed,
    Superseded,
    Suspended,
    TakenBack,
    TaskDecided,
    Terminated,
    Timer,
    TimerFired,
    Transferred,
    Unclaimed,
    Urged,
    Withdrawn,
)
from engine.runtime.services.approvals.deciding.verbs import VERBS
from engine.runtime.services.approvals.deciding.walks import Walk
from engine.runtime.storage.flow_states import State
from engine.texts import say

__all__ = [
    "Answered", "Away", "ChildEnded", "Claimed", "Commented", "Copied", "Corrected", "Decision", "Delegated",
    "Event", "Halted", "Inherited", "Jumped", "Note", "Notice", "Reassigned", "Recalled", "Reckoned", "Renewed",
    "Resolved", "Resubmitted", "Resumed", "Retried", "Scope", "Signalled", "SignerRemoved", "SignersAdded",
    "Started", "Stashed", "Superseded", "Suspended", "TakenBack", "TaskDecided", "Terminated", "Timer",
    "TimerFired", "Transferred", "Unclaimed", "Urged", "Withdrawn", "decide",
]


def decide(flow: Flow, state: State, event: Event, scope: Scope) -> Decision:
    """What follows from `event`. `flow` is the one that the instance was started with; `state` stays as it is.

    Raises `Refused`, `Forbidden`, `Invalid` or `NotFound` where the event is not allowed; an error in a condition
    is raised by the scope and decides nothing."""
    if not state.instance.live and not isinstance(event, Commented | Copied):
        raise Refused(say(zh="流程已结束", en="This approval is over"), code="task_done")
    walk = Walk(flow, state, scope)
    VERBS[type(event)](walk, event)
    arriving.run(walk)
    timing.arm(walk)
    return walk.decision()
