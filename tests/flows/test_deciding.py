"""The pure core against the acceptance scenarios, under their numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import Failure, Forbidden, Invalid, Refused
from engine.runtime.services.approvals import deciding
from tests.flows.worlds import (
    ADMIN,
    INITIATOR,
    Case,
    Switches,
    approve,
    arm,
    branch,
    cc,
    flow,
    notify,
    parallel,
)

A, B, C, D, E = 1, 2, 3, 4, 5


def refused(code: str, act: Callable[[], object], kind: type[Failure] = Refused) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def test_1_two_steps_in_sequence() -> None:
    case = Case(flow(approve("a", A), approve("b", B)))
    assert case.pending() == [A]
    case.ok(A)
    assert case.pending() == [B]
    assert case.ok(B).outcome == "approved"
    assert case.types().count("approved") == 2
    assert case.told("approved") == [INITIATOR]


def test_3_the_first_true_arm_of_a_branch_wins_and_parallel_takes_both() -> None:
    both = Switches(true={"x", "y"})
    exclusive = Case(flow(branch(arm(approve("a", A), when="x"), arm(approve("b", B), when="y"), arm())), both)
    assert exclusive.pending() == [A]
    inclusive = Case(
        flow(parallel(arm(approve("a", A), when="x"), arm(approve("b", B), when="y"), arm(approve("c", C), when="z")),
             approve("d", D)), both)
    assert inclusive.pending() == [A, B]
    inclusive.ok(B)
    assert inclusive.pending() == [A]
    inclusive.ok(A)
    assert inclusive.pending() == [D]


def test_5_any_with_rejections_collected() -> None:
    definition = flow(approve("x", A, B, C, mode="any", reject="at_end"))
    case = Case(definition)
    case.no(A)
    assert case.pending() == [B, C]
    assert case.ok(B).outcome == "approved"
    case = Case(definition)
    case.no(A)
    case.no(B)
    assert case.no(C).outcome == "rejected"


def test_7_a_vote_by_fraction_includes_the_threshold() -> None:
    case = Case(flow(approve("x", A, B, C, D, mode="fraction", need="1/2")))
    case.ok(A)
    assert case.ok(B).outcome == "approved"
    cancelled = [task for task in case.state.tasks.values() if task.status == "cancelled"]
    assert {task.assignee: task.cancel_reason for task in cancelled} == {C: "peer_decided", D: "peer_decided"}


def test_a_vote_is_lost_when_it_cannot_be_won_any_more() -> None:
    case = Case(flow(approve("x", A, B, C, mode="count", need="2")))
    case.no(A)
    assert case.no(B).outcome == "rejected"


def test_15_a_step_that_finds_nobody() -> None:
    case = Case(flow(approve("a")))
    assert case.pending() == [ADMIN] and case.task(ADMIN).flag == "no_approver"
    case = Case(flow(approve("a"), approve("b", B), on_empty="approve"))
    assert case.pending() == [B] and "auto_approved" in case.types()
    assert case.withdraw().outcome == "withdrawn"
    assert Case(flow(approve("a", on_empty="reject"))).status == "rejected"
    skipping = Case(flow(approve("a", on_empty="skip")))
    assert skipping.status == "approved" and {"no_approver", "no_human_decision"} <= set(skipping.types())
    refused("no_assignee", lambda: Case(flow(approve("a", on_empty="block"))))
    refused("no_assignee", lambda: Case(flow(approve("a")), Switches(admins_=())))


def test_21_an_initiator_among_the_approvers() -> None:
    step = approve("a", INITIATOR)
    assert Case(flow(step)).pending() == [INITIATOR]
    auto = Case(flow(step, self_rule="approve"))
    assert auto.status == "approved" and "auto_approved" in auto.types()
    assert Case(flow(step, self_rule="manager"), Switches(managers={INITIATOR: B})).pending() == [B]
    assert Case(flow(step, self_rule="manager")).pending() == [ADMIN]
    assert Case(flow(approve("a", INITIATOR, B), self_rule="forbid")).pending() == [B]


def test_25_what_must_be_written_is_asked_even_of_somebody_who_approved_before() -> None:
    steps = approve("a", A), approve("b", A, require=("cost_centre",)), approve("c", A, opinion=True)
    definition = flow(*steps, dedupe="adjacent")
    case = Case(definition, Switches(empty={"cost_centre"}))
    case.ok(A)
    assert case.pending() == [A]
    with pytest.raises(Invalid):
        case.ok(A)


def test_adjacent_and_earlier_approvals_are_not_asked_again() -> None:
    def steps(dedupe: str) -> Case:
        case = Case(flow(approve("a", A), approve("b", B), approve("c", A), dedupe=dedupe))
        case.ok(A)
        case.ok(B)
        return case

    assert steps("none").pending() == [A]
    assert steps("adjacent").pending() == [A]
    assert steps("earlier").status == "approved"
    assert Case(flow(approve("a", A), approve("b", A, C, mode="all"), dedupe="adjacent")).ok(A).state.tasks


def test_a_decision_in_a_sibling_arm_does_not_count_as_earlier() -> None:
    case = Case(flow(parallel(arm(approve("l", A)), arm(approve("f", B), approve("g", A))), dedupe="earlier"))
    case.ok(A)
    case.ok(B)
    assert case.pending() == [A]


def test_29_return_to_the_initiator_runs_everything_again() -> None:
    case = Case(flow(approve("a", A), approve("b", B), approve("c", C), dedupe="earlier"))
    case.ok(A)
    case.ok(B)
    case.ret(C)
    assert case.status == "returned" and case.pending() == [INITIATOR] and case.told("returned") == [INITIATOR]
    voided = [visit.step for visit in case.state.visits.values() if visit.voided_by is not None]
    assert voided == ["a", "b"]
    case.resubmit()
    assert case.state.instance.round == 2
    for user in (A, B, C):
        assert case.pending() == [user]
        case.ok(user)
    assert case.status == "approved"


def test_39_after_a_return_conditions_are_asked_anew() -> None:
    switches = Switches(true={"big"})
    case = Case(flow(approve("cfo", A, when="big"), approve("b", B)), switches)
    case.ok(A)
    case.ret(B)
    switches.true.clear()
    case.resubmit()
    assert case.pending() == [B] and "skipped" in case.types()
    assert case.ok(B).outcome == "approved"


def test_41_withdrawing() -> None:
    case = Case(flow(approve("a", A), approve("b", B)))
    assert case.withdraw().outcome == "withdrawn" and case.pending() == []
    case = Case(flow(approve("a", A), approve("b", B)))
    case.ok(A)
    refused("decided", case.withdraw)
    refused("not_initiator", lambda: case.withdraw(B), Forbidden)
    free = Case(flow(approve("a", A), approve("b", B), withdraw="any_time"))
    free.ok(A)
    assert free.withdraw().outcome == "withdrawn"
    refused("no_withdraw", Case(flow(approve("a", A), withdraw="never")).withdraw)


def test_a_returned_record_may_be_withdrawn() -> None:
    case = Case(flow(approve("a", A)))
    case.ret(A)
    assert case.withdraw().outcome == "withdrawn" and case.pending() == []


def test_47_transfer() -> None:
    case = Case(flow(approve("a", A, C, mode="all", self_rule="forbid")), Switches(gone={E}))
    task = case.task(A)
    give = lambda to: case.do(deciding.Transferred(task.id, A, to))  # noqa: E731
    refused("self", lambda: give(A), Invalid)
    refused("inactive", lambda: give(E), Invalid)
    refused("already_in_node", lambda: give(C), Invalid)
    refused("barred", lambda: give(INITIATOR), Invalid)
    give(B)
    assert case.pending() == [B, C]
    refused("not_assignee", lambda: case.do(deciding.TaskDecided(task.id, A, "approve")), Forbidden)
    case.ok(B)
    assert case.ok(C).outcome == "approved"


def test_55_a_rejected_arm_ends_the_flow() -> None:
    case = Case(flow(parallel(arm(approve("l", A)), arm(approve("f", B))), approve("z", C)))
    assert case.no(A).outcome == "rejected"
    assert case.pending() == [] and case.told("rejected") == [INITIATOR]
    assert case.types().count("ended") == 1


def test_arms_that_wait_for_each_other_or_go_on_after_a_rejection() -> None:
    arms = (arm(approve("l", A)), arm(approve("f", B)))
    waiting = Case(flow(parallel(*arms, on_reject="wait"), approve("z", C)))
    waiting.no(A)
    assert waiting.pending() == [B]
    assert waiting.ok(B).outcome == "rejected"
    going = Case(flow(parallel(*arms, on_reject="go_on"), approve("z", C)))
    going.no(A)
    going.ok(B)
    assert going.pending() == [C]


def test_a_block_inside_an_arm_rejects_the_arm_only() -> None:
    inner = parallel(arm(approve("i", A)), arm(approve("j", B)), name="inner")
    case = Case(flow(parallel(arm(inner), arm(approve("k", C)), on_reject="go_on"), approve("z", D)))
    case.no(A)
    assert case.pending() == [C]
    case.ok(C)
    assert case.pending() == [D]


def test_59_any_join_cancels_the_other_arms_with_all_that_is_in_them() -> None:
    inner = parallel(arm(approve("i", A)), arm(approve("j", B)), name="inner")
    case = Case(flow(parallel(arm(inner), arm(approve("k", C)), join="any"), approve("z", D)))
    late = case.task(A)
    case.ok(C)
    assert case.pending() == [D]
    refused("task_done", lambda: case.do(deciding.TaskDecided(late.id, A, "approve")))
    assert case.ok(D).outcome == "approved"


def test_n_of_the_arms() -> None:
    arms = arm(approve("i", A)), arm(approve("j", B)), arm(approve("k", C))
    case = Case(flow(parallel(*arms, join="2"), approve("z", D)))
    case.ok(A)
    case.ok(C)
    assert case.pending() == [D]


def test_empty_arms_and_no_arms_pass() -> None:
    assert Case(flow(parallel(arm(when="x"), arm(approve("a", A), when="y")))).status == "approved"
    assert Case(flow(branch(arm(approve("a", A), when="x"), arm()))).status == "approved"
    assert Case(flow()).status == "approved"


def test_copies_and_notices_never_wait() -> None:
    case = Case(flow(cc(A, B), cc(name="nobody"), notify(C), approve("z", D)))
    assert case.told("cc") == [A, B] and case.told("notify") == [C] and case.pending() == [D]


def test_an_error_in_a_condition_decides_nothing() -> None:
    switches = Switches(broken={"b"})
    case = Case(flow(approve("a", A), approve("b", B, when="b")), switches)
    before = case.state
    refused("broken", lambda: case.ok(A))
    assert case.state is before and case.pending() == [A]


def test_verbs_where_they_do_not_belong() -> None:
    case = Case(flow(approve("a", A)))
    refused("not_offered", lambda: case.do(deciding.TaskDecided(case.task(A).id, A, "done")))
    refused("not_offered", lambda: case.do(deciding.Resubmitted(case.task(A).id, A)))
    case.ret(A)
    refused("not_offered", lambda: case.do(deciding.TaskDecided(case.task(INITIATOR).id, INITIATOR, "approve")))
    refused("not_offered", lambda: case.do(deciding.Transferred(case.task(INITIATOR).id, INITIATOR, B)))


def test_a_remark_moves_nothing() -> None:
    case = Case(flow(approve("a", A)))
    version = case.task(A).lock_version
    case.do(deciding.Commented(B, "look at line 3"))
    assert case.pending() == [A] and case.task(A).lock_version == version and "commented" in case.types()


def test_a_flow_over_nobody_in_particular_goes_back_to_an_administrator() -> None:
    case = Case(flow(approve("a", A)), initiator=None)
    case.ret(A)
    assert case.pending() == [ADMIN]
