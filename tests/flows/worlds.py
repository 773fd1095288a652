"""A tiny world for flows: conditions are named switches, `who` is a tuple of user numbers. Knows no storage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from engine.definitions import blocks
from engine.definitions.flows import Approve, Arm, Branch, Copy, Do, Due, End, Flow, FlowStep, Notify, Parallel, Subflow
from engine.definitions.objects import Who
from engine.errors import Refused
from engine.runtime.services.approvals import deciding
from engine.runtime.services.approvals.deciding import Away, Decision, Event, Resolved
from engine.runtime.storage.flow_states import Instance, State, Task
from engine.texts import plain

INITIATOR = 9
ADMIN = 99
LABEL = plain("x")


@dataclass
class Switches:
    """What the flow asks: true conditions, managers, who is gone, what is empty."""

    true: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    managers: Mapping[int, int] = field(default_factory=dict)
    admins_: tuple[int, ...] = (ADMIN,)
    gone: set[int] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    people: dict[str, tuple[int, ...]] = field(default_factory=dict)
    performed: list[str] = field(default_factory=list)
    now: dt.datetime = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    moments: dict[str, dt.datetime] = field(default_factory=dict)
    out: dict[int, int | None] = field(default_factory=dict)   # who is away → who stands in
    loose: set[int] = field(default_factory=set)               # who is meant because of a role only
    amount: int = 0                                            # what `no_change` looks at
    called: dict[str, tuple[int, ...]] = field(default_factory=dict)
    signals: set[str] = field(default_factory=set)             # what has come already

    def holds(self, condition: Any) -> bool:
        if condition in self.broken:
            raise Refused(plain("broken condition"), code="broken")
        return condition in self.true

    def resolve(self, who: Who) -> Resolved:
        users = self.people.get(who.text, tuple(int(word) for word in who.words))
        found = tuple(dict.fromkeys(user for user in users if user not in self.gone))
        return Resolved(found, loose=frozenset(found) & self.loose)

    def away(self, user: int) -> Away | None:
        return Away(self.out[user]) if user in self.out else None

    def facts(self, fields: Sequence[str]) -> str:
        return f"amount {self.amount}"

    def rows(self, each: Any) -> Sequence[int]:
        return self.called.get(each, (1,))

    def manager(self, user: int) -> int | None:
        above = self.managers.get(user)
        return None if above in self.gone else above

    def admins(self) -> Sequence[int]:
        return self.admins_

    def active(self, user: int) -> bool:
        return user not in self.gone

    def perform(self, step: Any) -> None:
        """Taking a step named `x` makes the condition `x` true."""
        self.performed.append(step)
        self.true.add(step)

    def deadline(self, due: Due) -> dt.datetime | None:
        """`within` is a number of hours, `at` the name of a moment."""
        return self.moments.get(cast(Any, due.at)) if due.at else self.later(self.now, due.within, "")

    def later(self, moment: dt.datetime, by: Any, calendar: str) -> dt.datetime:
        return moment + dt.timedelta(hours=by)

    def until(self, expression: Any) -> dt.datetime | None:
        return self.moments.get(expression) if isinstance(expression, str) else self.later(self.now, expression, "")

    def signalled(self, name: str) -> bool:
        return name in self.signals

    def missing(self, fields: Sequence[str]) -> Sequence[str]:
        return [name for name in fields if name in self.empty]


def who(*users: int, text: str = "") -> Who:
    return Who(words=tuple(str(user) for user in users), text=text)


def approve(name: str, *users: int, text: str = "", **options: Any) -> Approve:
    return Approve(name, LABEL, who(*users, text=text), **options)


def arm(*steps: FlowStep, when: str | None = None) -> Arm:
    return Arm("", LABEL, cast(Any, when), steps)


def branch(*arms: Arm, name: str = "branch") -> Branch:
    return Branch(name, arms)


def parallel(*arms: Arm, name: str = "parallel", **options: Any) -> Parallel:
    return Parallel(name, arms, **options)


def cc(*users: int, name: str = "cc") -> Copy:
    return Copy(name, who(*users))


def subflow(name: str, **options: Any) -> Subflow:
    """A step that runs the flow `child` over the records that the case knows under the step's name."""
    return Subflow(name, "child", cast(Any, name), **options)


def notify(*users: int) -> Notify:
    return Notify("notify", who(*users), None)


def do(name: str) -> Do:
    return Do(name, cast(Any, Taken(name)))


class Taken(str):
    """A step of actions, as far as flows look at it: its name, and no condition."""

    when = None
    unless = None


def end(outcome: str, when: str | None = None) -> End:
    return End("end", outcome, cast(Any, when))


def flow(*steps: FlowStep, **options: Any) -> Flow:
    return Flow("f", "order", LABEL, steps, "approve", "reject", **options)


class Case:
    """One instance under test: what happened so far, and short verbs for people."""

    def __init__(self, definition: Flow, switches: Switches | None = None, initiator: int | None = INITIATOR) -> None:
        self.flow = definition
        self.switches = switches or Switches()
        self.state = State(Instance(1, "app", "f", 1, "order", 1, initiator))
        self.log: list[Decision] = []
        self.start_id = 0
        self.timers: list[deciding.Timer] = []
        self.do(deciding.Started(initiator))

    def do(self, event: Event) -> Decision:
        decision = deciding.decide(self.flow, self.state, event, self.switches)
        self.state = renumbered(decision.state, self.start_id)
        self.timers += [
            replace(one, visit=fixed(one.visit, self.start_id), task=fixed(one.task, self.start_id))
            for one in decision.timers
        ]
        self.start_id += 1000
        self.log.append(decision)
        return decision

    def pending(self) -> list[int]:
        """Who is asked now, in order."""
        return [task.assignee for task in self.open()]

    def open(self) -> list[Task]:
        tasks = [task for task in self.state.tasks.values() if task.status == "pending"]
        return sorted(tasks, key=lambda task: task.id)

    def task(self, user: int) -> Task:
        return next(task for task in self.open() if task.assignee == user)

    def ok(self, user: int) -> Decision:
        return self.do(deciding.TaskDecided(self.task(user).id, user, "approve"))

    def no(self, user: int) -> Decision:
        return self.do(deciding.TaskDecided(self.task(user).id, user, "reject"))

    def ret(self, user: int, to: str = "", mode: str = "") -> Decision:
        return self.do(deciding.TaskDecided(self.task(user).id, user, "return", to=to, mode=mode))

    def done(self, user: int) -> Decision:
        return self.do(deciding.TaskDecided(self.task(user).id, user, "done"))

    def give(self, user: int, to: int) -> Decision:
        return self.do(deciding.Transferred(self.task(user).id, user, to))

    def recall(self, user: int) -> Decision:
        """Take back the decision that this person made last."""
        mine = [task for task in self.state.tasks.values() if task.done_by == user and task.status == "done"]
        return self.do(deciding.Recalled(max(mine, key=lambda task: task.nth).id, user))

    def fire(self, hours: float) -> None:
        """Let time pass: what is due by then fires, in order; timers come once."""
        end = self.switches.now + dt.timedelta(hours=hours)
        while due := sorted((one for one in self.timers if one.at <= end), key=lambda one: one.at):
            self.timers.remove(due[0])
            self.switches.now = max(self.switches.now, due[0].at)
            if self.state.instance.status == "running":
                self.do(deciding.TimerFired(due[0].kind, due[0].visit, due[0].task, due[0].index, due[0].at))
        self.switches.now = end

    def delegate(self, user: int, to: int) -> Decision:
        return self.do(deciding.Delegated(self.task(user).id, user, to))

    def add(self, user: int, *people: int, kind: str = "before", rule: str = "all") -> Decision:
        return self.do(deciding.SignersAdded(self.task(user).id, user, people, kind, rule))

    def remove(self, user: int, added: int) -> Decision:
        return self.do(deciding.SignerRemoved(self.task(added).id, user))

    def resubmit(self, user: int = INITIATOR) -> Decision:
        return self.do(deciding.Resubmitted(self.task(user).id, user))

    def withdraw(self, user: int = INITIATOR) -> Decision:
        return self.do(deciding.Withdrawn(user))

    @property
    def status(self) -> str:
        return self.state.instance.status

    def types(self) -> list[str]:
        """Every entry of the history so far."""
        return [note.type for decision in self.log for note in decision.notes]

    def told(self, kind: str) -> list[int]:
        return [user for decision in self.log for n in decision.notices if n.kind == kind for user in n.users]


def fixed(number: Any, base: int) -> Any:
    """The number that the storage would give."""
    return number if number is None or number > 0 else base - number


def renumbered(state: State, base: int) -> State:
    """What the storage does: rows that are new get their own numbers."""
    def fix(number: int | None) -> Any:
        return number if number is None or number > 0 else base - number

    tokens = [replace(t, id=fix(t.id), parent=fix(t.parent), fork=fix(t.fork)) for t in state.tokens.values()]
    visits = [replace(v, id=fix(v.id), token=fix(v.token), voided_by=fix(v.voided_by),
                      resume_to=fix(v.resume_to)) for v in state.visits.values()]
    tasks = [replace(t, id=fix(t.id), visit=fix(t.visit), parent=fix(t.parent)) for t in state.tasks.values()]
    return State(state.instance, {t.id: t for t in tokens}, {v.id: v for v in visits}, {t.id: t for t in tasks})


def check_joins(definition: Flow, state: State) -> None:
    """I4: a join fires once per fork visit, on distinct arms."""
    for visit in (one for one in state.visits.values() if one.kind == "fork"):
        children = [token for token in state.tokens.values() if token.fork == visit.id]
        assert sorted(token.arm for token in children) == sorted(visit.arms)
        step = blocks.step_at(definition, visit.at)
        assert isinstance(step, Parallel)
        if visit.status == "closed" and visit.outcome == "approved" and step.join == "all":
            assert {token.arm for token in children if token.state == "consumed"} == set(visit.arms)
        if visit.status == "open":
            assert [token for token in children if token.state in ("active", "forked")]
