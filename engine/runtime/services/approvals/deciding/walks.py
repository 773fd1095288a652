"""The workbench of one decision: a copy of the state with the few moves that keep it sound. Knows no kind of step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.flows import Flow
from engine.errors import Refused
from engine.runtime.services.approvals.deciding.events import Decision, Note, Notice, Scope, Timer
from engine.runtime.storage.flow_states import HUMAN, OPEN, State, Status, Task, Token, Visit
from engine.texts import say

LONGEST = 200                                  # steps of one command; more is a loop


@dataclass(frozen=True, slots=True)
class Arrival:
    """Why a token comes to a step: `cause` of the visit that opens there, the visit that it goes back to when it is
    through (`resume_to`), and the visit whose people are asked once more (`again`)."""

    cause: str = "normal"
    resume_to: int | None = None
    again: int | None = None


ON = Arrival()


class Walk:
    """What a decision works on. Ids of new rows count down from -1; the state that was given is never changed."""

    def __init__(self, flow: Flow, state: State, scope: Scope) -> None:
        self.flow = flow
        self.scope = scope
        self.instance = state.instance
        self._lived = state.instance.live
        self.tokens = dict(state.tokens)
        self.visits = dict(state.visits)
        self.tasks = dict(state.tasks)
        self.ready: deque[int] = deque()
        self.arrivals: dict[int, Arrival] = {}
        self.notes: list[Note] = []
        self.notices: list[Notice] = []
        self.timers: list[Timer] = []
        self._last = 0
        self._spent = 0

    def decision(self) -> Decision:
        """The result; the votes of this decision count from now on. What was over before does not end again."""
        outcome = self.instance.status if self._lived and not self.instance.live else ""
        return Decision(self.state(), tuple(self.notes), tuple(self.notices), outcome, tuple(self.timers))

    def state(self) -> State:
        """How everything stands now."""
        return State(self.instance, self.tokens, self.visits, self.tasks)

    def number(self) -> int:
        self._last -= 1
        return self._last

    def spend(self) -> None:
        """Count one step; a flow that never comes to rest is refused, and nothing of it is kept."""
        self._spent += 1
        if self._spent > LONGEST:
            raise Refused(say(
                zh="流程「{flow}」步骤过多，请联系管理员检查",
                en="The flow “{flow}” does not come to rest: ask its designer",
                flow=self.flow.label,
            ), code="flow_loop")

    def note(self, type: str, *, visit: Visit | None = None, task: int | None = None, at: str = "", step: str = "",
             actor: int | None = None, data: Mapping[str, object] | None = None) -> None:
        """An entry for the history."""
        at, step = (visit.at, visit.step) if visit else (at, step)
        self.notes.append(Note(type, at, step, visit.id if visit else None, task, actor, data or {}))

    def tell(self, kind: str, users: Iterable[int | None], *, at: str = "", task: int | None = None) -> None:
        """Somebody is to be told (nobody is fine)."""
        people = tuple(dict.fromkeys(user for user in users if user is not None))
        if people:
            self.notices.append(Notice(kind, people, at, task))

    # tokens

    def new_token(self, at: str, parent: Token | None = None, fork: Visit | None = None, arm: int = 0) -> Token:
        token = Token(self.number(), at, parent.id if parent else None, fork.id if fork else None, arm)
        self.tokens[token.id] = token
        self.ready.append(token.id)
        return token

    def set_token(self, token: Token, **changes: Any) -> Token:
        self.tokens[token.id] = replace(token, **changes)
        return self.tokens[token.id]

    def send(self, token: Token, at: str, arrival: Arrival = ON) -> None:
        """Let a token enter the step at this path, when its turn comes."""
        self.arrivals[token.id] = arrival
        self.set_token(token, at=at, state="active", outcome="")
        self.ready.append(token.id)

    def children(self, fork: int) -> list[Token]:
        return [token for token in self.tokens.values() if token.fork == fork]

    def line(self, token: Token) -> list[int]:
        """A token and those it came from: the path on which it stands."""
        return self.state().line(token.id)

    def below(self, token: Token) -> set[int]:
        """A token and all that came from it."""
        found = {token.id}
        for one in self.tokens.values():       # parents come before their children
            if one.parent in found:
                found.add(one.id)
        return found

    def cancel_token(self, token: Token, reason: str) -> None:
        """End what a token and all below it were doing."""
        if not token.live:
            return
        for visit in [v for v in self.visits.values() if v.token == token.id and v.status == "open"]:
            for child in self.children(visit.id):
                self.cancel_token(child, reason)
            self.cancel_tasks(visit, reason)
            self.visits[visit.id] = replace(visit, status="cancelled")
        self.set_token(token, state="cancelled")

    def cancel_all(self, reason: str) -> None:
        """End everything that is open."""
        for token in list(self.tokens.values()):
            if token.parent is None:
                self.cancel_token(token, reason)

    # visits

    def open_visit(self, token: Token, kind: str, step: str, **options: Any) -> Visit:
        seq = len(self.visits) + 1
        visit = Visit(self.number(), token.id, token.at, step, kind, seq, self.instance.round, **options)
        self.visits[visit.id] = visit
        return visit

    def close_visit(self, visit: Visit, outcome: str, reason: str = "peer_decided") -> Visit:
        """Close a visit; whoever was still asked is asked no longer."""
        self.cancel_tasks(visit, reason)
        self.visits[visit.id] = replace(visit, status="closed", outcome=outcome)
        return self.visits[visit.id]

    def void(self, by: Visit, since: int = 0, until: int | None = None, tokens: Iterable[int] | None = None) -> None:
        """Take back the decisions of visits from number `since` on (before `until`), of these tokens or of all;
        a return is no decision."""
        among = None if tokens is None else set(tokens)
        for visit in list(self.visits.values()):
            meant = visit.seq >= since and (until is None or visit.seq < until)
            if visit.id == by.id or visit.voided_by is not None or visit.kind == "revise" or not meant:
                continue
            if visit.outcome == "returned" or among is not None and visit.token not in among:
                continue
            self.visits[visit.id] = replace(visit, voided_by=by.id)
            if visit.kind in HUMAN and visit.status == "closed":
                self.note("voided", visit=visit)

    # tasks

    def new_task(self, visit: Visit, assignee: int, **options: Any) -> Task:
        """One more slot of a visit."""
        slot = options.pop("slot", 0) or sum(1 for task in self.tasks.values() if task.visit == visit.id) + 1
        task = Task(self.number(), visit.id, slot, assignee, options.pop("owner", assignee), **options)
        self.tasks[task.id] = task
        return task

    def set_task(self, task: Task, **changes: Any) -> Task:
        """Change a task; every change makes pages that show the old one stale."""
        self.tasks[task.id] = replace(task, lock_version=task.lock_version + 1, **changes)
        return self.tasks[task.id]

    def answer(self, task: Task, decision: str, actor: int, opinion: str, **changes: Any) -> Task:
        """A person answers."""
        nth = 1 + max((one.nth for one in self.tasks.values()), default=0)
        return self.set_task(task, **{"status": "done", "decision": decision, "via": "human", "done_by": actor,
                                      "opinion": opinion, "nth": nth, **changes})

    def tasks_of(self, visit: Visit) -> list[Task]:
        return [task for task in self.tasks.values() if task.visit == visit.id]

    def cancel_tasks(self, visit: Visit, reason: str) -> None:
        for task in self.tasks_of(visit):
            if task.status in OPEN:
                self.set_task(task, status="cancelled", cancel_reason=reason)

    # the instance

    def finish(self, outcome: Status, reason: str, actor: int | None = None) -> None:
        """The flow is over."""
        self.cancel_all(reason)
        self.ready.clear()
        if outcome == "approved" and not self.decided_by_people():
            self.note("no_human_decision")
        self.instance = replace(self.instance, status=outcome, lock_version=self.instance.lock_version + 1)
        self.note("ended", actor=actor, data={"outcome": outcome})
        if outcome in ("approved", "rejected", "terminated"):
            self.tell(outcome, [self.instance.initiator])

    def decided_by_people(self) -> bool:
        """Whether a person approved or rejected anything that was not taken back."""
        return self.state().decided_by_people()
