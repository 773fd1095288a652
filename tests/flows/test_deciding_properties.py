"""Promises of the core over random flows and random people."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions.flows import Flow, FlowStep
from engine.errors import Failure
from engine.runtime.services.approvals import deciding
from engine.runtime.services.approvals.deciding.verdicts import Tally, needed, verdict
from engine.runtime.storage.flow_states import State
from tests.flows.worlds import INITIATOR, Case, Switches, approve, arm, branch, cc, check_joins, flow, parallel

PEOPLE = st.lists(st.integers(1, 5) | st.just(INITIATOR), max_size=4, unique=True)
WHEN = st.sampled_from([None, "x", "y", "z"])


def approvals() -> st.SearchStrategy[FlowStep]:
    return st.builds(
        lambda people, when, mode, reject, need, rule: approve(
            f"s{abs(hash((tuple(people), mode))) % 997}", *people, when=when, mode=mode, reject=reject,
            need=need if mode in ("count", "fraction") else "", self_rule=rule),
        PEOPLE, WHEN, st.sampled_from(["any", "all", "count"]), st.sampled_from(["at_once", "at_end"]),
        st.sampled_from(["1", "2", "3"]), st.sampled_from(["", "approve", "forbid", "manager"]),
    )


def blocks_of(inner: st.SearchStrategy[FlowStep]) -> st.SearchStrategy[FlowStep]:
    steps = st.lists(inner, max_size=2)
    arms = st.lists(st.builds(lambda s, w: arm(*s, when=w), steps, WHEN), min_size=1, max_size=3)
    return (
        st.builds(lambda a, j, r: parallel(*a, join=j, on_reject=r), arms, st.sampled_from(["all", "any", "2"]),
                  st.sampled_from(["end", "wait", "go_on"]))
        | st.builds(lambda a, e: branch(*a, arm(*e)), arms, steps)
    )


STEP = st.recursive(approvals() | st.builds(cc, st.integers(1, 5)), blocks_of, max_leaves=6)
FLOWS = st.builds(
    lambda steps, dedupe, empty: flow(*steps, dedupe=dedupe, on_empty=empty, withdraw="any_time"),
    st.lists(STEP, min_size=1, max_size=4), st.sampled_from(["none", "adjacent", "earlier"]),
    st.sampled_from(["admin", "skip", "approve", "reject"]),
)
ACTS = st.sampled_from(["ok", "ok", "ok", "no", "ret", "give", "withdraw"])
MOVES = st.lists(st.tuples(ACTS, st.integers(0, 9)), max_size=25)


def move(case: Case, verb: str, pick: int) -> None:
    """One random act of one random person who is asked; refusals leave everything as it was."""
    task = case.open()[pick % len(case.open())]
    before = case.state
    try:
        if verb == "withdraw" and pick == 0:
            case.withdraw()
        elif case.status == "returned":
            case.resubmit(task.assignee)
        elif verb == "give":
            case.do(deciding.Transferred(task.id, task.assignee, 1 + pick % 5))
        else:
            known = {"ok": "approve", "no": "reject", "ret": "return"}
            case.do(deciding.TaskDecided(task.id, task.assignee, known.get(verb, "approve")))
    except Failure:
        assert case.state is before


def check(flow: Flow, state: State) -> None:
    """What holds in every state."""
    open_tasks = [task for task in state.tasks.values() if task.status == "pending"]
    if state.instance.live:
        assert open_tasks                                                   # I3: never running with nothing to wait for
    else:
        assert not open_tasks
        assert not [token for token in state.tokens.values() if token.live]
        assert not [visit for visit in state.visits.values() if visit.status == "open"]
    for visit in state.visits.values():
        voters = [task.assignee for task in state.tasks_of(visit.id) if task.status != "cancelled"]
        assert len(voters) == len(set(voters))                              # I6: one live vote per person and visit
    for task in open_tasks:
        assert state.visits[task.visit].status == "open"
    check_joins(flow, state)


def check_history(before: State, after: State) -> None:
    """I7: what was decided stays; it can only be voided."""
    for id, task in before.tasks.items():
        if task.decision:
            assert after.tasks[id] == task
    for id, visit in before.visits.items():
        assert id in after.visits
        assert visit.voided_by is None or after.visits[id].voided_by == visit.voided_by
        if visit.status != "open":
            assert (after.visits[id].status, after.visits[id].outcome) == (visit.status, visit.outcome)


@settings(deadline=None)
@given(FLOWS, MOVES, st.sets(st.sampled_from(["x", "y", "z"])))
def test_no_flow_gets_stuck_counts_twice_or_forgets(
    definition: Flow, moves: list[tuple[str, int]], true: set[str]
) -> None:
    case = Case(definition, Switches(true=true, managers={INITIATOR: 5}))
    check(definition, case.state)
    for verb, pick in moves:
        if not case.state.instance.live:
            break
        before = case.state
        move(case, verb, pick)
        check(definition, case.state)
        check_history(before, case.state)


@given(st.sampled_from(["any", "all", "count", "fraction"]), st.sampled_from(["at_once", "at_end"]),
       st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_a_verdict_is_sound_and_comes_in_the_end(mode: str, reject: str, yes: int, no: int, wait: int) -> None:
    need: Any = {"count": "3", "fraction": "2/3"}.get(mode, "")
    tally = Tally(yes, no, wait)
    found = verdict(mode, need, reject, tally)
    if tally.all == 0:
        assert found is None
    elif wait == 0:
        assert found is not None
    if found == "approved":
        assert yes >= needed(mode, need, tally.all) >= 1
