"""The invariants of approvals over random definitions and random commands, each checked after each command.

In the pure core: I3 (never running with nothing to wait for), I4 (joins count arms of one fork), I6 (a person has one
live vote per visit), I7 (what was decided stays, it is voided at most), I9 (an error decides nothing). I1, I2, I5 and
I8 are promises of storage: `test_flows.py` under the scenarios 71, 73 and 19."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions.flows import Due, Flow, FlowStep, Parallel, Wait
from engine.errors import Failure
from engine.runtime.services import deciding
from engine.runtime.services.deciding import blocks, returning
from engine.runtime.storage.flow_states import HUMAN, State, Task
from tests.flows.worlds import INITIATOR, Case, Switches, approve, arm, branch, cc, do, end, flow, parallel

EXAMPLES = 5000 if os.environ.get("FORMWORK_SOAK") else 130  # of up to 25 commands each
PEOPLE = st.lists(st.integers(1, 6) | st.just(INITIATOR), max_size=4, unique=True)
WHEN = st.sampled_from([None, None, "x", "y", "z"])
NAMES = st.integers(0, 10**9).map(lambda number: f"s{number}")
DUE = st.none() | st.builds(lambda hours, then: Due(within=hours, then=then), st.integers(1, 20),
                            st.sampled_from(["", "approve", "reject", "return"]))


@st.composite
def asked(draw: Any) -> FlowStep:
    """A step at which people decide or work, in any mode."""
    work, pool = draw(st.booleans()), draw(st.sampled_from([False, False, True]))
    mode = "any" if pool else draw(st.sampled_from(["any", "all", "count"]))
    then = draw(DUE)
    if work and then is not None and then.then == "reject":
        then = None                            # work is never refused
    return approve(
        draw(NAMES), *draw(PEOPLE), when=draw(WHEN), mode=mode, need="2" if mode == "count" else "", work=work,
        pool=pool, reject=draw(st.sampled_from(["at_once", "at_end"])),
        in_order=draw(st.booleans()) and not pool, due=then,
        wait_all=draw(st.booleans()), on_reject=draw(st.sampled_from(["end", "end", "return"])),
        child_reject=draw(st.sampled_from(["node", "back_to_me"])),
        self_rule=draw(st.sampled_from(["", "approve", "forbid", "manager"])),
    )


def told() -> st.SearchStrategy[FlowStep]:
    return (
        st.builds(cc, st.integers(1, 5)) | st.builds(do, st.sampled_from(["x", "y"]))
        | st.builds(Wait, NAMES, st.integers(-3, 30))
        | st.builds(end, st.sampled_from(["approved", "rejected", "branch"]), st.sampled_from(["x", "z"]))
    )


def blocks_of(inner: st.SearchStrategy[FlowStep]) -> st.SearchStrategy[FlowStep]:
    steps = st.lists(inner, max_size=3)
    arms = st.lists(st.builds(lambda s, w: arm(*s, when=w), steps, WHEN), min_size=1, max_size=3)
    return (
        st.builds(lambda a, j, r: parallel(*a, join=j, on_reject=r), arms, st.sampled_from(["all", "any", "2"]),
                  st.sampled_from(["end", "wait", "go_on"]))
        | st.builds(lambda a, e: branch(*a, arm(*e)), arms, steps)
    )


FLOWS = st.builds(
    lambda steps, dedupe, empty, recall: flow(
        *steps, dedupe=dedupe, on_empty=empty, withdraw="any_time", recall=recall),
    st.lists(st.recursive(asked() | asked() | told(), blocks_of, max_leaves=6), min_size=1, max_size=5),
    st.sampled_from(["none", "adjacent", "earlier"]), st.sampled_from(["admin", "skip", "approve", "reject"]),
    st.sampled_from(["next_decides", "next_reads"]),
)
ACTS = ("ok", "ok", "ok", "ok", "no", "back", "direct", "step", "give", "delegate", "before", "after", "parallel",
        "take", "remove", "recall", "recall", "claim", "unclaim", "switch", "time", "withdraw")
MOVES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), min_size=5, max_size=25)


def event(case: Case, act: str, pick: int) -> deciding.Event:
    """What somebody who is asked (or was) tries to do; whether they may is for the core to say."""
    if act == "recall":
        done = [task for task in case.state.tasks.values() if task.via == "human" and task.done_by is not None]
        if done:
            one = max(done, key=lambda task: task.nth) if pick % 2 else done[pick % len(done)]
            return deciding.Recalled(one.id, one.done_by or 0)
    tasks = case.open()
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
    waits = [visit for visit in state.visits.values() if visit.kind == "wait" and visit.status == "open"]
    open_visits = [visit for visit in state.visits.values() if visit.status == "open"]
    if state.instance.live:
        assert open_tasks or waits, "I3: running with nothing to wait for"
        for visit in open_visits:
            mine = [task for task in open_tasks if task.visit == visit.id]
            assert visit.kind in ("fork", "wait") or mine, "I3: a step at which nobody is asked"
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


@settings(deadline=None, max_examples=EXAMPLES)
@given(FLOWS, MOVES, st.sets(st.sampled_from(["x", "y", "z"])))
def test_the_invariants_hold_after_every_command(
    definition: Flow, moves: list[tuple[str, int]], true: set[str]
) -> None:
    case = Case(definition, Switches(true=true, managers={INITIATOR: 5}))
    check(case)
    for act, pick in moves:
        if not case.state.instance.live:
            break
        before = case.state
        if act == "time":
            pass_time(case, 1 + pick)
        else:
            act_on(case, act, pick)
        check(case)
        check_history(before, case.state, act)
