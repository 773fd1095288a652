"""The invariants of approvals over random definitions and random commands, each checked after each command.

In the pure core: I3 (never running with nothing to wait for), I4 (joins count arms of one fork), I6 (a person has one
live vote per visit), I7 (what was decided stays, it is voided at most), I9 (an error decides nothing). I1, I2, I5 and
I8 are promises of storage: `test_flows.py` under the scenarios 71, 73 and 19."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any, cast

from engine.definitions import blocks
from engine.definitions.flows import Due, Flow, FlowStep, Wait
from engine.errors import Failure
from engine.runtime.services.approvals import deciding
from engine.runtime.services.approvals.deciding import returning
from engine.runtime.storage.flow_states import HUMAN, State, Task
from tests.flows.worlds import (
    ADMIN,
    INITIATOR,
    Case,
    Switches,
    approve,
    arm,
    branch,
    cc,
    check_joins,
    do,
    end,
    flow,
    parallel,
    subflow,
)

COMMANDS = 100_000 if os.environ.get("FORMWORK_SOAK") else 2_000
LONGEST = 60                                   # commands over one definition
ACTS = ("ok", "ok", "ok", "ok", "no", "back", "direct", "step", "step", "give", "delegate", "before", "after",
        "parallel", "take", "remove", "recall", "recall", "claim", "unclaim", "switch", "time", "withdraw", "away",
        "leave", "reassign", "jump", "suspend", "child", "child", "terminate")


class Author:
    """Writes random definitions; the same number gives the same one."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)               # noqa: S311 - no secret
        self.named = 0

    def name(self) -> str:
        self.named += 1
        return f"s{self.named}"

    def when(self) -> str | None:
        return self.dice.choice((None, None, None, "x", "y", "z"))

    def asked(self) -> FlowStep:
        """A step at which people decide or work, in any mode."""
        dice = self.dice
        work, pool = dice.random() < 0.2, dice.random() < 0.2  # noqa: PLR2004
        mode = "any" if pool else dice.choice(("any", "all", "count"))
        thens = ("", "approve", "return") if work else ("", "approve", "reject", "return")
        within, timed = cast(Any, dice.randint(1, 20)), dice.random() < 0.3  # noqa: PLR2004
        due = Due(within=within, then=dice.choice(thens)) if timed else None
        people = dice.sample((1, 2, 3, 4, 5, 6, INITIATOR), dice.choice((0, 1, 1, 2, 2, 3, 4)))
        return approve(
            self.name(), *people, when=self.when(), mode=mode, need="2" if mode == "count" else "", work=work,
            pool=pool, reject=dice.choice(("at_once", "at_end")), due=due,
            in_order=not pool and dice.random() < 0.3,  # noqa: PLR2004
            wait_all=dice.random() < 0.2, on_reject=dice.choice(("end", "end", "return")),  # noqa: PLR2004
            child_reject=dice.choice(("node", "back_to_me")),
            no_change=dice.random() < 0.2,  # noqa: PLR2004
            self_rule=dice.choice(("", "approve", "forbid", "manager")),
        )

    def other(self) -> FlowStep:
        dice = self.dice
        match dice.randint(0, 5):
            case 0:
                return cc(dice.randint(1, 5))
            case 1:
                return do(dice.choice("xy"))
            case 2:
                return Wait(self.name(), cast(Any, dice.randint(-3, 30)))
            case 3:
                return subflow(self.name(), on_reject=dice.choice(("end", "go_on", "return")),
                               apart=dice.random() < 0.2)  # noqa: PLR2004
            case 4:
                return end(dice.choice(("approved", "rejected", "branch")), dice.choice("xz"))
        return approve(self.name(), dice.randint(1, 6))

    def steps(self, depth: int, most: int) -> list[FlowStep]:
        return [self.step(depth) for _ in range(self.dice.randint(0 if depth else 2, most))]

    def step(self, depth: int) -> FlowStep:
        dice, kind = self.dice, self.dice.random()
        if depth < 2 and kind < 0.3:  # noqa: PLR2004
            arms = [arm(*self.steps(depth + 1, 3), when=self.when()) for _ in range(dice.randint(1, 3))]
            if dice.random() < 0.4:  # noqa: PLR2004
                return branch(*arms, arm(*self.steps(depth + 1, 2)), name=self.name())
            return parallel(*arms, name=self.name(), join=dice.choice(("all", "all", "any", "2")),
                            on_reject=dice.choice(("end", "wait", "go_on")))
        return self.other() if kind > 0.8 else self.asked()  # noqa: PLR2004

    def flow(self) -> Flow:
        dice = self.dice
        return flow(
            *self.steps(0, 6), dedupe=dice.choice(("none", "adjacent", "earlier")), withdraw="any_time",
            on_empty=dice.choice(("admin", "skip", "approve", "reject")),
            recall=dice.choice(("next_decides", "next_reads")), require_human=dice.random() < 0.3,  # noqa: PLR2004
        )


def event(case: Case, act: str, pick: int) -> deciding.Event:
    """What somebody who is asked (or was) tries to do; whether they may is for the core to say."""
    if act == "recall":
        done = [task for task in case.state.tasks.values() if task.via == "human" and task.done_by is not None]
        if done:
            one = max(done, key=lambda task: task.nth) if pick % 2 else done[pick % len(done)]
            return deciding.Recalled(one.id, one.done_by or 0)
    steered = steering(case, act, pick)
    tasks = case.open()
    if steered is not None:
        return steered
    if not tasks:
        return deciding.Withdrawn(INITIATOR)
    task = tasks[pick % len(tasks)]
    me, to, visit = task.assignee, 1 + pick % 6, case.state.visits[task.visit]
    if act == "take" and task.owner != me:
        return deciding.TakenBack(task.id, task.owner)
    if act == "remove" and task.added_by is not None:
        return deciding.SignerRemoved(task.id, task.added_by)
    if task.owner != me:
        return deciding.Answered(task.id, me, "so it is")
    if visit.kind == "revise":
        return deciding.Resubmitted(task.id, me)
    if act in ("before", "after", "parallel"):
        return deciding.SignersAdded(task.id, me, (to, 1 + to % 6), act, ("all", "any", "in_order")[pick % 3])
    made: dict[str, deciding.Event] = {
        "give": deciding.Transferred(task.id, me, to), "delegate": deciding.Delegated(task.id, me, to),
        "claim": deciding.Claimed(task.id, me), "unclaim": deciding.Unclaimed(task.id, me),
        "withdraw": deciding.Withdrawn(INITIATOR) if pick == 0 else deciding.Commented(me, "hm", task.id),
    }
    return made.get(act) or deciding.TaskDecided(task.id, me, *answer(case, act, pick, task))


def steering(case: Case, act: str, pick: int) -> deciding.Event | None:
    """What an administrator does, or a flow that this one runs."""
    suspended = case.state.instance.status == "suspended"
    if suspended and pick > 1 or act == "suspend":
        return deciding.Resumed(ADMIN, "go on") if suspended else deciding.Suspended(ADMIN, "wait")
    tasks = list(case.state.tasks.values())
    if act == "reassign" and tasks:
        return deciding.Reassigned(ADMIN, tasks[pick % len(tasks)].id, 1 + pick % 6, "so be it")
    if act == "jump":
        steps = [step.name for _, step in blocks.walk(case.flow)]
        return deciding.Jumped(ADMIN, steps[pick % len(steps)], "so be it")
    calls = [one for one in case.state.visits.values() if one.kind == "subflow" and one.status == "open"]
    if act == "child" and calls:
        return deciding.ChildEnded(calls[pick % len(calls)].id, (("approved", "rejected", "")[pick % 3],))
    if act == "leave":
        return deciding.Inherited(ADMIN, 1 + pick % 6, 1 + (pick + 1) % 6, "left")
    return deciding.Terminated(ADMIN, "enough") if act == "terminate" and pick == 0 else None


def answer(case: Case, act: str, pick: int, task: Task) -> tuple[str, str, str, str]:
    """Verb, opinion, where to and how."""
    visit = case.state.visits[task.visit]
    if act in ("back", "direct", "step"):
        places = [one.step for one in returning.targets(case.flow, case.state, visit)] if act != "back" else []
        return "return", "", places[pick % len(places)] if places else "start", "rerun" if act != "direct" else "direct"
    return ("reject" if act == "no" else "done" if visit.kind == "handle" else "approve"), "", "", ""


def act_on(case: Case, act: str, pick: int) -> None:
    """One command; a refusal leaves everything as it was."""
    if act == "switch":
        case.switches.true ^= {"xyz"[pick % 3]}
        case.switches.broken ^= {"z"} if pick == 0 else set()
        case.switches.amount ^= pick % 2
        return
    if act == "away":
        case.switches.out = {1 + pick % 6: 1 + pick % 5, 1 + (pick + 2) % 6: None}
        return
    before = case.state
    try:
        case.do(event(case, act, pick))
    except Failure:
        assert case.state is before            # I9, I1: all of it or nothing


def pass_time(case: Case, hours: int) -> None:
    try:
        case.fire(hours)
    except Failure:
        return                                 # a timer that meets an error decides nothing; it is tried again


def check(case: Case) -> None:
    """What holds in every state."""
    state = case.state
    open_tasks = [task for task in state.tasks.values() if task.status == "pending"]
    unasked = ("wait", "subflow")
    waits = [one for one in state.visits.values() if one.kind in unasked and one.status == "open"]
    open_visits = [visit for visit in state.visits.values() if visit.status == "open"]
    if state.instance.live:
        assert open_tasks or waits, "I3: running with nothing to wait for"
        for visit in open_visits:
            mine = [task for task in open_tasks if task.visit == visit.id]
            assert visit.kind in ("fork", "wait", "subflow") or mine, "I3: a step at which nobody is asked"
    else:
        assert not open_tasks and not open_visits
        assert not [token for token in state.tokens.values() if token.live]
    for visit in state.visits.values():
        voters = [task.assignee for task in state.tasks_of(visit.id) if task.status != "cancelled"]
        assert len(voters) == len(set(voters)), "I6: two votes of one person"
        line = state.line(visit.token)
        assert visit.status != "open" or all(state.tokens[token].live for token in line)
    for task in open_tasks:
        assert state.visits[task.visit].status == "open"
    check_joins(case.flow, state)


def check_history(before: State, after: State, act: str) -> None:
    """I7: what was decided stays; only a recall opens a step again."""
    for id, task in before.tasks.items():
        if task.status == "done":
            now = after.tasks[id]
            assert (now.decision, now.done_by, now.nth) == (task.decision, task.done_by, task.nth)
            assert now.status == "done" or act == "recall" and now.cancel_reason == "recalled"
    for id, visit in before.visits.items():
        now_visit = after.visits[id]
        assert visit.voided_by is None or now_visit.voided_by == visit.voided_by
        if visit.status != "open" and not (act == "recall" and visit.kind in HUMAN):
            assert (now_visit.status, now_visit.outcome) == (visit.status, visit.outcome)


def acted(seed: int, seen: Counter[str]) -> int:
    """One definition and many commands over it; how many there were."""
    author = Author(seed)
    dice, count = author.dice, 0
    switches = Switches(true=set(dice.sample("xyz", dice.randint(0, 3))), managers={INITIATOR: 5})
    case = Case(author.flow(), switches)
    check(case)
    while case.state.instance.live and count < LONGEST:
        before, act, pick = case.state, dice.choice(ACTS), dice.randint(0, 11)
        if act == "time":
            pass_time(case, 1 + pick)
        else:
            act_on(case, act, pick)
        count += 1
        check(case)
        check_history(before, case.state, act)
    seen.update(case.types())
    return count


def test_the_invariants_hold_after_every_command() -> None:
    seen: Counter[str] = Counter()
    left, seed = COMMANDS, 0
    while left > 0:
        seed += 1
        try:
            left -= acted(seed, seen)
        except AssertionError as error:
            raise AssertionError(f"the definition and commands of the number {seed}: {error}") from error
    wanted = {
        "approved", "rejected", "handled", "returned", "resubmitted", "recalled", "claimed", "delegated", "answered",
        "sign_added", "sign_removed", "transferred", "timed_out", "waits", "voided", "withdrawn",
        "handed_over", "merged", "reassigned", "jumped", "suspended", "resumed", "called_back", "terminated",
        "no_substitute",
    }
    assert not wanted - {*seen}, "every kind of command is carried out somewhere"
