"""Helpers and people who are added to a decision: the pure core against the scenarios, under their numbers."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden, Invalid, Refused
from engine.runtime.services.approvals import deciding
from tests.flows.test_deciding import A, B, C, D, E, refused
from tests.flows.worlds import ADMIN, INITIATOR, Case, Switches, approve, flow


def test_49_a_helper_answers_and_the_owner_decides() -> None:
    case = Case(flow(approve("a", A), self_rule="forbid"))
    for to, code in ((A, "self"), (7, "inactive"), (INITIATOR, "barred")):
        case.switches.gone = {7}
        refused(code, lambda to=to: case.delegate(A, to), Invalid)  # type: ignore[misc]
    case.delegate(A, B)
    assert case.pending() == [B] and case.told("delegated") == [B]
    refused("helper", lambda: case.ok(B))
    refused("helper", lambda: case.delegate(B, C))
    refused("not_assignee", lambda: case.do(deciding.TaskDecided(case.task(B).id, A, "approve")), Forbidden)
    task = case.task(B).id
    with pytest.raises(Invalid):
        case.do(deciding.Answered(task, B))
    case.do(deciding.Answered(task, B, "fine by me"))
    assert case.pending() == [A] and case.told("answered") == [A] and case.status == "running"
    case.delegate(A, B)
    refused("not_owner", lambda: case.do(deciding.TakenBack(task, C)), Forbidden)
    case.do(deciding.TakenBack(task, A))
    refused("delegation_over", lambda: case.do(deciding.Answered(task, B, "too late")))
    refused("not_delegated", lambda: case.do(deciding.TakenBack(task, A)))
    assert case.ok(A).outcome == "approved"
    assert [t for t in case.types() if t in ("delegated", "answered", "taken_back")] == [
        "delegated", "answered", "delegated", "taken_back"
    ]


def test_51_people_added_before_decide_first() -> None:
    case = Case(flow(approve("a", A)))
    case.add(A, B, C)
    assert case.pending() == [B, C] and case.status == "running"
    case.ok(B)
    assert case.pending() == [C]
    case.ok(C)
    assert case.pending() == [A]
    assert case.ok(A).outcome == "approved"


def test_51_a_no_of_one_who_was_added_is_the_slots_no_or_comes_back() -> None:
    case = Case(flow(approve("a", A, D, mode="any", reject="at_end")))
    case.add(A, B, C)
    case.no(B)
    assert case.pending() == [D], "the other one who was added is asked no longer, the peer still is"
    assert case.ok(D).outcome == "approved"
    case = Case(flow(approve("a", A, D, mode="all", reject="at_once")))
    case.add(A, B)
    assert case.no(B).outcome == "rejected"
    back = Case(flow(approve("a", A, child_reject="back_to_me")))
    back.add(A, B)
    back.no(B)
    assert back.pending() == [A] and back.no(A).outcome == "rejected"


def test_people_added_after_make_the_yes_count() -> None:
    case = Case(flow(approve("a", A, D, mode="all"), approve("b", E)))
    case.add(A, B, C, kind="after", rule="any")
    assert case.pending() == [D, B, C] or set(case.pending()) == {B, C, D}
    case.ok(D)
    assert set(case.pending()) == {B, C}
    case.ok(C)
    assert case.pending() == [E], "one of them was enough, and A had agreed"
    case = Case(flow(approve("a", A, D, mode="any")))
    case.add(A, B, kind="after")
    assert case.ok(D).outcome == "approved", "a peer decides the step; who was added is asked no longer"
    wanting = Case(flow(approve("a", A, opinion=True)))
    with pytest.raises(Invalid):
        wanting.add(A, B, kind="after")


def test_people_added_in_order_are_asked_one_by_one() -> None:
    case = Case(flow(approve("a", A)))
    case.add(A, C, B, rule="in_order")
    assert case.pending() == [C]
    case.ok(C)
    assert case.pending() == [B]
    case.remove(A, B)
    assert case.pending() == [A]


def test_9_people_added_beside_make_more_slots() -> None:
    case = Case(flow(approve("a", A, B, C, D, E, mode="percent", need="60%")))
    case.ok(A)
    case.ok(B)
    case.add(C, 6, kind="parallel")
    case.ok(C)
    assert case.status == "running", "four of six are needed now"
    assert case.ok(D).outcome == "approved"
    cancelled = {t.assignee: t.cancel_reason for t in case.state.tasks.values() if t.status == "cancelled"}
    assert cancelled == {E: "peer_decided", 6: "peer_decided"}
    alone = Case(flow(approve("a", A)))
    refused("single", lambda: alone.add(A, B, kind="parallel"))
    fewer = Case(flow(approve("a", A, B, mode="all")))
    fewer.add(A, C, kind="parallel")
    fewer.ok(A)
    fewer.ok(B)
    assert fewer.remove(A, C).outcome == "approved", "a removal may complete the step"


def test_53_removing_the_last_one() -> None:
    before = Case(flow(approve("a", A)))
    before.add(A, B)
    refused("not_adder", lambda: before.remove(C, B), Forbidden)
    before.remove(A, B)
    assert before.pending() == [A] and before.status == "running"
    before.add(A, B)
    assert before.remove(ADMIN, B) and before.pending() == [A], "an administrator may as well"
    after = Case(flow(approve("a", A)))
    after.add(A, B, kind="after")
    task = after.task(B).id
    assert after.remove(A, B).outcome == "approved", "A had agreed already"
    refused("task_done", lambda: after.do(deciding.SignerRemoved(task, A)))


def test_who_may_be_added_and_how() -> None:
    case = Case(flow(approve("a", A, D, mode="all", add_sign=("before",)), self_rule="forbid"), Switches(gone={7}))
    for user, code in ((A, "self"), (D, "already_in_node"), (7, "inactive"), (INITIATOR, "barred")):
        refused(code, lambda user=user: case.add(A, user), Invalid)  # type: ignore[misc]
    refused("not_offered", lambda: case.add(A, B, kind="after"))
    with pytest.raises(Invalid):
        case.add(A)
    case.add(A, B)
    refused("nested_add_sign", lambda: case.add(B, C))
    refused("not_offered", lambda: case.ret(B))
    assert case.task(B).added_by == A
    case.ret(D)
    assert case.pending() == [INITIATOR], "a return ends what was added"
    assert all(task.status != "pending" or task.assignee == INITIATOR for task in case.state.tasks.values())


def test_a_reminder_moves_nothing() -> None:
    case = Case(flow(approve("a", A, B, mode="all")))
    tasks = tuple(task.id for task in case.open())
    refused("not_initiator", lambda: case.do(deciding.Urged(A, tasks)), Forbidden)
    before = case.state
    case.do(deciding.Urged(INITIATOR, tasks))
    assert case.told("urged") == [A, B] and case.state.tasks.keys() == before.tasks.keys()
    assert [t.lock_version for t in case.open()] == [1, 1]
    with pytest.raises(Refused):
        case.withdraw()
        case.do(deciding.Urged(INITIATOR, tasks))
