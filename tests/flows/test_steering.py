"""What administrators do to running flows, and flows that run other flows: the pure core."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.flows import Due
from engine.errors import Failure, Invalid, Locked, Refused
from engine.runtime.services.approvals import deciding
from tests.flows.worlds import ADMIN, INITIATOR, Case, Switches, approve, arm, branch, flow, parallel, subflow

A, B, C, D = 1, 2, 3, 4
WHY = "somebody asked for it"
HOURS: Any = 8


def refused(kind: type[Failure], case: Case, event: deciding.Event, code: str) -> None:
    before = case.state
    with pytest.raises(kind) as caught:
        case.do(event)
    assert caught.value.code == code and case.state is before


def test_every_move_needs_a_reason() -> None:
    case = Case(flow(approve("a", A)))
    task = case.task(A).id
    for event in (deciding.Suspended(ADMIN, " "), deciding.Terminated(ADMIN, ""), deciding.Jumped(ADMIN, "a", ""),
                  deciding.Reassigned(ADMIN, task, B, "")):
        refused(Invalid, case, event, "reason")


def test_a_task_is_somebody_else_s() -> None:
    case = Case(flow(approve("a", A, B, mode="all"), self_rule="forbid"))
    task = case.task(A).id
    refused(Invalid, case, deciding.Reassigned(ADMIN, task, B, WHY), "already_in_node")
    refused(Invalid, case, deciding.Reassigned(ADMIN, task, INITIATOR, WHY), "barred")
    case.do(deciding.Reassigned(ADMIN, task, C, WHY))
    assert sorted(case.pending()) == [B, C] and case.told("task") == [A, B, C]
    case.ok(C)
    case.ok(B)
    assert case.status == "approved"
    [note] = [note for decision in case.log for note in decision.notes if note.type == "reassigned"]
    assert note.actor == ADMIN and note.data == {"from": A, "user": C, "opinion": WHY}


def test_a_jump_ends_what_is_open_and_takes_later_decisions_back() -> None:
    arms = parallel(arm(approve("l", B)), arm(approve("m", C)))
    case = Case(flow(approve("a", A), arms, approve("z", D), dedupe="earlier"))
    case.ok(A)
    case.ok(B)
    refused(Invalid, case, deciding.Jumped(ADMIN, "m", WHY), "no_target")
    refused(Invalid, case, deciding.Jumped(ADMIN, "nosuch", WHY), "no_target")
    case.do(deciding.Jumped(ADMIN, "z", WHY))
    assert case.pending() == [D]
    case.do(deciding.Jumped(ADMIN, "a", WHY))
    assert case.pending() == [A], "an administrator's jump asks, whoever approved before"
    case.ok(A)
    assert sorted(case.pending()) == [B, C]
    case.ok(B)
    case.ok(C)
    case.ok(D)
    assert case.status == "approved"


def test_a_jump_into_a_branch_and_out_of_a_revision() -> None:
    large = branch(arm(approve("c", C), when="large"), arm())
    case = Case(flow(approve("a", A), large, approve("z", D)))
    case.ret(A)
    assert case.status == "returned"
    case.do(deciding.Jumped(ADMIN, "c", WHY))
    assert case.pending() == [C] and case.status == "running"
    case.ok(C)
    case.ok(D)
    assert case.status == "approved"


def test_nobody_decides_and_no_clock_runs_while_it_is_suspended() -> None:
    case = Case(flow(approve("a", A, due=Due(within=HOURS, then="approve")), approve("b", B)))
    case.fire(7)
    case.do(deciding.Suspended(ADMIN, WHY))
    refused(Locked, case, deciding.TaskDecided(case.task(A).id, A, "approve"), "suspended")
    refused(Locked, case, deciding.Withdrawn(INITIATOR), "suspended")
    refused(Locked, case, deciding.Suspended(ADMIN, WHY), "suspended")
    case.fire(100)
    assert case.pending() == [A]
    case.do(deciding.Resumed(ADMIN, WHY))
    case.fire(0.9)
    assert case.pending() == [A] and case.status == "running"
    case.fire(0.2)
    assert case.pending() == [B]
    refused(Refused, case, deciding.Resumed(ADMIN, WHY), "not_suspended")
    back = Case(flow(approve("a", A)))
    back.ret(A)
    back.do(deciding.Suspended(ADMIN, WHY))
    back.do(deciding.Resumed(ADMIN, WHY))
    assert back.status == "returned"


def test_an_end_without_a_decision() -> None:
    case = Case(flow(parallel(arm(approve("l", A)), arm(approve("m", B)))))
    decision = case.do(deciding.Terminated(ADMIN, WHY))
    assert decision.outcome == "terminated" and case.pending() == [] and case.told("terminated") == [INITIATOR]


# ---- flows of flows


def child(case: Case, *outcomes: str) -> None:
    visit = next(one for one in case.state.visits.values() if one.kind == "subflow" and one.status == "open")
    case.do(deciding.ChildEnded(visit.id, outcomes))


def three(**options: Any) -> Case:
    return Case(flow(subflow("rows", **options), approve("a", A)), Switches(called={"rows": (7, 8, 9)}))


def test_61_a_flow_waits_for_those_that_it_runs() -> None:
    case = three()
    [visit] = case.state.visits.values()
    assert visit.arms == (7, 8, 9) and case.pending() == []
    child(case, "approved", "", "")
    assert case.pending() == []
    child(case, "approved", "approved", "approved")
    assert case.pending() == [A]


def test_61_what_it_means_that_one_of_them_is_not_approved() -> None:
    case = three()
    child(case, "rejected", "", "")
    assert case.status == "rejected"
    on = three(on_reject="go_on")
    child(on, "rejected", "", "")
    assert on.pending() == []
    child(on, "rejected", "withdrawn", "approved")
    assert on.pending() == [A]
    back = three(on_reject="return")
    child(back, "terminated", "approved", "")
    assert back.status == "returned" and back.pending() == [INITIATOR]
    back.resubmit()
    assert back.status == "running" and back.pending() == []


def test_a_flow_goes_on_where_it_need_not_wait() -> None:
    assert three(apart=True).pending() == [A]
    none = Case(flow(subflow("rows"), approve("a", A)), Switches(called={"rows": ()}))
    assert none.pending() == [A] and "skipped" in none.types()


def test_nothing_is_returned_or_recalled_across_a_sub_flow() -> None:
    case = Case(flow(approve("a", A), subflow("rows"), approve("b", B)), Switches(called={"rows": (7,)}))
    case.ok(A)
    child(case, "approved")
    refused(Refused, case, deciding.TaskDecided(case.task(B).id, B, "return", to="a"), "target_not_visited")
    with pytest.raises(Refused):
        case.recall(A)
