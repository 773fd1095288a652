"""Acceptance scenarios of people who are away or leave, and of rules that answer for people, under their numbers. The
pure core; with a database: `test_people_stored.py`."""

from __future__ import annotations

from engine.runtime.services.approvals import deciding
from engine.runtime.storage.flow_states import Task
from tests.flows.worlds import ADMIN, INITIATOR, Case, Switches, approve, end, flow

A, B, C, D = 1, 2, 3, 4


def hand(case: Case, leaver: int, to: int) -> None:
    case.do(deciding.Inherited(ADMIN, leaver, to, "left"))


def tasks_of(case: Case, user: int) -> list[Task]:
    return [task for task in case.state.tasks.values() if task.assignee == user]


def test_11_two_slots_of_one_person_are_one_and_may_decide() -> None:
    case = Case(flow(approve("both", A, B, mode="all"), approve("next", C)))
    case.ok(A)
    hand(case, B, A)
    assert case.pending() == [C] and "merged" in case.types()
    [gone] = tasks_of(case, B)
    assert (gone.status, gone.cancel_reason) == ("cancelled", "merged")
    open_ = Case(flow(approve("both", A, B, mode="all"), approve("next", C)))
    hand(open_, B, A)
    assert open_.pending() == [A], "nobody has decided yet"


def test_13_who_has_left_is_passed_over_when_the_turn_comes() -> None:
    case = Case(flow(approve("row", A, B, C, mode="all", in_order=True)))
    case.switches.gone.add(B)
    case.ok(A)
    assert case.pending() == [C]
    [dropped] = [note for note in case.log[-1].notes if note.type == "assignee_dropped"]
    assert dropped.data == {"user": B, "why": "inactive"}


def test_27_who_approved_what_has_not_changed_is_not_asked_again() -> None:
    def asked(amount: int) -> list[int]:
        steps = (approve("a", A, no_change=True), approve("b", B, no_change=True), approve("c", C, no_change=True))
        case = Case(flow(*steps, material=("amount",)))
        case.ok(A)
        case.ok(B)
        case.ret(C)
        case.switches.amount = amount
        case.resubmit()
        found = case.pending()
        if not amount:
            reasons = [note.data["reason"] for note in case.log[-1].notes if note.type == "auto_approved"]
            assert reasons == ["unchanged", "unchanged"]
        return found

    assert asked(0) == [C] and asked(5) == [A]


def test_27_neither_who_said_no_nor_the_step_it_is_sent_back_to_is_passed() -> None:
    case = Case(flow(approve("a", A, no_change=True), approve("b", B, no_change=True), approve("c", C)))
    case.ok(A)
    case.ok(B)
    case.ret(C, "a")
    assert case.pending() == [A], "who gets it back is asked"
    case.ok(A)
    assert case.pending() == [C] and case.types().count("auto_approved") == 1


def test_a_person_must_have_decided_where_the_flow_says_so() -> None:
    alone = Case(flow(approve("me", INITIATOR, self_rule="approve"), require_human=True))
    assert alone.pending() == [ADMIN] and alone.status == "running"
    alone.ok(ADMIN)
    assert alone.status == "approved" and "no_human_decision" not in alone.types()
    decided = Case(flow(approve("a", A), require_human=True))
    decided.ok(A)
    assert decided.status == "approved" and decided.types().count("task_created") == 1
    early = Case(flow(end("approved"), require_human=True))
    assert early.pending() == [ADMIN]
    early.no(ADMIN)
    assert early.status == "rejected"


def test_81_who_is_away_has_a_substitute() -> None:
    case = Case(flow(approve("a", A), approve("again", A), dedupe="adjacent"), Switches(out={A: B}))
    assert case.pending() == [B]
    assert (case.task(B).owner, case.task(B).on_behalf, case.task(B).origin) == (B, A, "absence")
    case.ok(B)
    assert case.pending() == [B], "what B decided for A is no decision of B's own"
    case.switches.out.clear()
    case.ret(B, "a")
    assert case.pending() == [A]


def test_81_the_chain_of_substitutes_ends_and_nobody_has_two_votes() -> None:
    assert Case(flow(approve("a", A)), Switches(out={A: B, B: C})).pending() == [C]
    assert Case(flow(approve("a", A)), Switches(out={A: B, B: C}, gone={C})).pending() == [A]
    circle = Case(flow(approve("a", A)), Switches(out={A: B, B: A}))
    assert circle.pending() == [A] and circle.told("no_substitute") == [ADMIN]
    both = Case(flow(approve("a", A, B, mode="all")), Switches(out={A: B, B: C}))
    assert sorted(both.pending()) == [B, C], "C stands in for A, so that nobody is left for B"
    two = Case(flow(approve("a", A, C, mode="all")), Switches(out={A: C}))
    assert two.pending() == [A, C] and two.task(A).flag == "no_substitute"
    barred = Case(flow(approve("a", A), self_rule="forbid"), Switches(out={A: INITIATOR}))
    assert barred.pending() == [A]


def test_81_one_of_several_in_a_role_is_left_out_while_away() -> None:
    case = Case(flow(approve("a", A, B)), Switches(out={A: D}, loose={A, B}))
    assert case.pending() == [B]
    alone = Case(flow(approve("a", A)), Switches(out={A: D}, loose={A}))
    assert alone.pending() == [D]


def test_81_in_order_it_counts_who_is_there_when_the_turn_comes() -> None:
    case = Case(flow(approve("row", A, B, mode="all", in_order=True)))
    case.switches.out[B] = C
    case.ok(A)
    assert case.pending() == [C] and case.task(C).on_behalf == B
    case.ok(C)
    assert case.status == "approved"


def test_83_all_that_waits_for_who_leaves_is_somebody_else_s() -> None:
    held = Case(flow(approve("a", A)))
    held.add(A, B)
    hand(held, A, C)
    held.ok(B)
    assert held.pending() == [C], "the slot that waited for those who were added"
    helps = Case(flow(approve("a", A)))
    helps.delegate(A, B)
    hand(helps, B, C)
    assert (helps.open()[0].assignee, helps.open()[0].owner) == (C, A)
    asks = Case(flow(approve("a", A)))
    asks.delegate(A, B)
    hand(asks, A, C)
    assert (asks.open()[0].assignee, asks.open()[0].owner) == (B, C)
    mine = Case(flow(approve("a", A)))
    mine.ret(A)
    hand(mine, INITIATOR, C)
    mine.resubmit(C)
    assert mine.pending() == [A]
    row = Case(flow(approve("row", A, B, mode="all", in_order=True)))
    hand(row, B, C)
    row.ok(A)
    assert row.pending() == [C]
    past = Case(flow(approve("a", A), approve("b", B)))
    past.ok(A)
    hand(past, A, C)
    assert past.pending() == [B] and not tasks_of(past, C) and tasks_of(past, A)[0].done_by == A


def test_83_nobody_comes_to_decide_on_their_own_by_a_hand_over() -> None:
    case = Case(flow(approve("a", A), self_rule="forbid"))
    hand(case, A, INITIATOR)
    assert case.pending() == [ADMIN] and case.task(ADMIN).flag == "barred"
    assert [notice.users for notice in case.log[-1].notices] == [(ADMIN,)], "who has got it is told, nobody else"


def test_83_what_goes_back_to_whom_it_helped_is_told_them() -> None:
    case = Case(flow(approve("both", A, B, mode="all")))
    case.delegate(A, C)
    hand(case, C, B)                           # B has a say at the step: A decides alone
    assert sorted(case.pending()) == [A, B] and case.log[-1].notes[0].data["user"] == A
    assert [notice.users for notice in case.log[-1].notices] == [(A,)]
