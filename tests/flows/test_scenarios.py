"""Acceptance scenarios of the approval semantics under their numbers: returns, recalls, what a refusal leads to, work
that is offered to many. The pure core; those of storage, clocks and people who are away stand in files of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import Failure, Refused
from engine.runtime.services.approvals import deciding
from tests.flows.worlds import INITIATOR, Case, Switches, approve, arm, branch, do, end, flow, parallel

A, B, C, D = 1, 2, 3, 4


def refused(code: str, act: Callable[[], object], kind: type[Failure] = Refused) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def voided(case: Case) -> list[str]:
    return [visit.step for visit in case.state.visits.values() if visit.voided_by is not None]


def three(**options: object) -> Case:
    return Case(flow(approve("a", A), approve("b", B), approve("c", C), **options))


def test_30_a_direct_return_to_the_initiator_comes_back_to_whoever_sent_it() -> None:
    case = three()
    case.ok(A)
    case.ok(B)
    case.ret(C, "start", "direct")
    assert case.pending() == [INITIATOR] and case.status == "returned" and voided(case) == []
    case.resubmit()
    assert case.pending() == [C] and case.status == "running"
    case.ok(C)
    assert case.status == "approved" and case.types().count("approved") == 3


def test_31_a_path_that_no_longer_leads_there_is_run_anew() -> None:
    large = branch(arm(approve("c", C), when="large"), arm())
    case = Case(flow(approve("a", A), approve("b", B), large), Switches(true={"large"}))
    case.ok(A)
    case.ok(B)
    case.ret(C, "start", "direct")
    case.switches.true.clear()
    case.resubmit()
    assert "direct_downgraded" in case.types() and case.pending() == [A] and voided(case) == ["a", "b"]
    case.ok(A)
    case.ok(B)
    assert case.status == "approved" and case.pending() == []


def test_31_the_same_for_a_step_in_between_keeps_what_was_before_it() -> None:
    large = branch(arm(approve("d", D), when="large"), arm())
    case = Case(flow(approve("a", A), approve("b", B), approve("c", C), large), Switches(true={"large"}))
    for user in (A, B, C):
        case.ok(user)
    case.ret(D, "b", "direct")
    assert case.pending() == [B] and voided(case) == ["b"]
    case.switches.true.clear()
    case.ok(B)
    assert case.pending() == [C] and voided(case) == ["b", "c"]  # C's yes was about another record
    case.ok(C)
    assert case.status == "approved"


def test_33_a_direct_return_to_a_step_that_says_no() -> None:
    case = three()
    case.ok(A)
    case.ok(B)
    case.ret(C, "a", "direct")
    assert case.pending() == [A] and voided(case) == ["a"]
    case.no(A)
    assert case.status == "rejected" and case.pending() == []


def test_34_direct_returns_stack_and_a_rerun_in_between_drops_what_it_passes() -> None:
    case = three()
    case.ok(A)
    case.ok(B)
    case.ret(C, "b", "direct")
    case.ret(B, "a", "direct")
    case.ok(A)
    assert case.pending() == [B]
    case.ok(B)
    assert case.pending() == [C]
    case.ret(C, "b", "direct")
    case.ret(B, "a", "rerun")
    case.ok(A)
    case.ok(B)
    assert case.pending() == [C] and case.state.visits[case.task(C).visit].cause == "normal"
    case.ok(C)
    assert case.status == "approved"


def test_23_whoever_gets_it_back_is_asked_though_they_approved_just_before() -> None:
    case = Case(flow(approve("a", A), approve("again", A), approve("c", C), dedupe="adjacent"))
    case.ok(A)
    assert case.pending() == [C] and "auto_approved" in case.types()
    case.ret(C, "again")
    assert case.pending() == [A]
    case.ok(A)
    assert case.pending() == [C]


def test_35_a_return_within_an_arm_leaves_its_sibling_alone() -> None:
    case = Case(flow(parallel(arm(approve("e", A), approve("l", B)), arm(approve("f", C))), approve("next", D)))
    case.ok(A)
    case.ret(B, "e")
    assert case.pending() == [C, A]
    case.ok(C)
    assert case.pending() == [A]
    case.ok(A)
    case.ok(B)
    assert case.pending() == [D]
    assert [visit.step for visit in case.state.visits.values()].count("next") == 1


def test_36_a_return_before_the_fork_cancels_all_arms_and_is_never_direct() -> None:
    case = Case(flow(approve("first", D), parallel(arm(approve("l", A), approve("m", B)), arm(approve("f", C)))))
    case.ok(D)
    case.ok(A)
    refused("not_offered", lambda: case.ret(B, "first", "direct"))
    case.ret(B, "first", "rerun")
    assert case.pending() == [D] and set(voided(case)) == {"first", "l", "parallel", "f"}
    case.ok(D)
    assert case.pending() == [A, C]


def test_where_a_step_may_send_back() -> None:
    steps = (approve("a", A), approve("b", B, return_to=("a",)), approve("c", C, return_to=("start", "a")))
    case = Case(flow(*steps))
    case.ok(A)
    refused("target_not_visited", lambda: case.ret(B, "start"))
    refused("target_not_visited", lambda: case.ret(B, "c"))
    case.ret(B)                                # the one place where it may go
    assert case.pending() == [A]
    case.ok(A)
    case.ok(B)
    refused("target_not_visited", lambda: case.ret(C, "b"))
    case.ret(C, "previous")
    assert case.pending() == [A]


def test_a_step_that_was_left_out_is_no_place_to_return_to() -> None:
    case = Case(flow(approve("a", A, when="x"), approve("b", B)))
    refused("target_not_visited", lambda: case.ret(B, "a"))


def test_what_a_refusal_leads_to() -> None:
    back = Case(flow(approve("a", A), approve("b", B, on_reject="return")))
    back.ok(A)
    back.no(B)
    assert back.status == "returned" and back.pending() == [INITIATOR]
    back.resubmit()
    assert back.pending() == [A]
    on = Case(flow(approve("a", A), approve("b", B, on_reject="goto", goto="a"), approve("c", C)))
    on.ok(A)
    on.no(B)
    assert on.pending() == [A] and voided(on) == ["a", "b"]
    on.ok(A)
    on.ok(B)
    on.ok(C)
    assert on.status == "approved"
    ahead = Case(flow(approve("b", B, on_reject="goto", goto="c"), approve("x", A), approve("c", C)))
    ahead.no(B)
    assert ahead.pending() == [C]


def test_43_a_decision_is_taken_back_while_nobody_has_built_on_it() -> None:
    case = three()
    case.do(deciding.TaskDecided(case.task(A).id, A, "approve", "fine"))
    case.recall(A)
    assert case.pending() == [A] and case.task(A).opinion == "fine"
    case.no(A)
    assert case.status == "rejected"
    late = three()
    late.ok(A)
    late.ok(B)
    refused("recall_past", lambda: late.recall(A))
    never = three(recall="never")
    never.ok(A)
    refused("no_recall", lambda: never.recall(A))


def test_43_peers_stand_as_they_did_before_the_decision() -> None:
    joint = Case(flow(approve("a", A, B, C, mode="any"), approve("d", D)))
    joint.ok(B)
    joint.recall(B)
    assert sorted(joint.pending()) == [A, B, C]
    joint.ok(A)
    assert joint.pending() == [D]
    every = Case(flow(approve("a", A, B, mode="all"), approve("d", D)))
    every.ok(A)
    every.recall(A)                            # the step is still open: only this slot is asked again
    assert sorted(every.pending()) == [A, B]
    every.ok(A)
    every.ok(B)
    every.recall(B)
    assert every.pending() == [B]
    row = Case(flow(approve("a", A, B, mode="all", in_order=True), approve("d", D)))
    row.ok(A)
    row.recall(A)
    assert row.pending() == [A]
    row.ok(A)
    row.ok(B)
    assert row.pending() == [D]


def test_45_what_cannot_be_undone_is_not_taken_back() -> None:
    acted = Case(flow(approve("a", A), do("x"), approve("b", B)))
    acted.ok(A)
    refused("recall_past", lambda: acted.recall(A))
    forked = Case(flow(parallel(arm(approve("l", A)), arm(approve("f", B))), approve("c", C)))
    forked.ok(A)
    refused("recall_past", lambda: forked.recall(A))
    ended = Case(flow(approve("a", A)))
    ended.ok(A)
    refused("task_done", lambda: ended.recall(A))
    given = three()
    given.ok(A)
    given.delegate(B, D)
    refused("recall_past", lambda: given.recall(A))


def test_57_an_arm_that_is_approved_again_counts_once() -> None:
    case = Case(flow(parallel(arm(approve("e", A), approve("l", B)), arm(approve("f", C))), approve("next", D)))
    case.ok(A)
    case.ret(B, "e")
    case.ok(A)
    case.ok(B)
    assert case.pending() == [C]
    case.ok(C)
    assert case.pending() == [D]


def test_work_is_done_or_sent_back_and_never_refused() -> None:
    case = Case(flow(approve("a", A), approve("w", B, C, work=True, mode="all"), approve("c", D)))
    case.ok(A)
    refused("not_offered", lambda: case.no(B))
    refused("not_offered", lambda: case.ok(B))
    case.done(B)
    case.done(C)
    assert case.pending() == [D] and case.types().count("handled") == 2
    refused("not_offered", lambda: case.done(D))
    case.ret(D, "w")
    case.ret(B, "a")
    assert case.pending() == [A]


def test_work_for_many_is_taken_by_one() -> None:
    case = Case(flow(approve("w", A, B, C, work=True, pool=True)))
    second = case.task(B).id
    case.do(deciding.Claimed(case.task(A).id, A))
    assert case.pending() == [A]
    refused("task_done", lambda: case.do(deciding.Claimed(second, B)))
    refused("not_offered", lambda: case.do(deciding.Claimed(case.task(A).id, A)))
    case.switches.gone.add(C)
    case.do(deciding.Unclaimed(case.task(A).id, A))
    assert sorted(case.pending()) == [A, B]
    case.done(B)
    assert case.status == "approved"


def test_a_vote_that_hears_all() -> None:
    case = Case(flow(approve("a", A, B, C, mode="count", need="1", wait_all=True)))
    case.ok(A)
    case.no(B)
    assert case.pending() == [C] and case.status == "running"
    case.no(C)
    assert case.status == "approved"


def test_an_end_that_now_holds_keeps_a_direct_return_from_jumping_over_it() -> None:
    case = Case(flow(approve("a", A), end("approved", when="small"), approve("b", B)))
    case.ok(A)
    case.ret(B, "a", "direct")
    case.switches.true.add("small")
    case.ok(A)
    assert case.status == "approved" and "direct_downgraded" in case.types()
