"""Acceptance scenarios of deadlines and waits under their numbers: in the pure core, and with a clock and jobs."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from engine.definitions.flows import Due, Escalation, Wait
from engine.runtime.jobs import overseeing
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import notices
from engine.runtime.services.approvals import flows
from tests.flows.offices import MORNING, Office
from tests.flows.worlds import INITIATOR, Case, Switches, approve, flow, who

A, B, C = 1, 2, 3
WITHIN: Any = 8


def due(**options: Any) -> Due:
    return Due(within=WITHIN, **options)


def test_65_the_deadline_decides_unless_a_person_has() -> None:
    case = Case(flow(approve("a", A, due=due(then="approve")), approve("b", B)))
    case.ok(A)
    case.fire(9)
    assert case.pending() == [B] and "timed_out" not in case.types()
    late = Case(flow(approve("a", A, due=due(then="approve")), approve("b", B)))
    late.fire(7.9)
    assert late.pending() == [A]
    late.fire(0.2)
    assert late.pending() == [B] and late.types().count("timed_out") == 1
    assert not late.state.decided_by_people(), "a rule has decided, no person"
    no = Case(flow(approve("a", A, due=due(then="reject"))))
    no.fire(8)
    assert no.status == "rejected"
    back = Case(flow(approve("a", A, due=due(then="return"))))
    back.fire(8)
    assert back.status == "returned" and back.pending() == [INITIATOR]


def test_65_what_a_person_must_write_is_not_approved_by_a_clock() -> None:
    case = Case(flow(approve("a", A, require=("code",), due=due(then="approve"))), Switches(empty={"code"}))
    case.fire(8)
    assert case.pending() == [A] and case.told("blocked") == [99] and "timer_blocked" in case.types()


def test_67_the_clock_of_a_slot_goes_on_with_whoever_has_it() -> None:
    case = Case(flow(approve("a", A, due=due(then="approve")), approve("b", B)))
    case.fire(7.9)
    case.give(A, C)
    case.fire(0.2)
    assert case.pending() == [B]
    row = Case(flow(approve("a", A, B, mode="all", in_order=True, due=due(then="approve"))))
    row.fire(7)
    row.ok(A)                                  # the clock of the second begins when it is his turn
    row.fire(7)
    assert row.pending() == [B]
    row.fire(2)
    assert row.status == "approved"


def test_reminders_and_escalation_count_from_the_deadline() -> None:
    levels = (Escalation(cast(Any, 1), who(B)), Escalation(cast(Any, 2), who(C)))
    case = Case(flow(approve("a", A, due=due(remind=cast(Any, (-2, -20, 1)), escalate=levels))))
    case.fire(6)
    assert case.told("reminder") == [A]        # what was past already is left out
    case.fire(2)
    assert case.told("reminder") == [A, A] and case.told("escalated") == [] and "overdue" in case.types()
    case.fire(1)
    assert case.told("escalated") == [B] and case.told("reminder") == [A, A, A]
    case.fire(5)
    assert case.told("escalated") == [B, C] and case.pending() == [A]


def test_a_held_task_does_not_time_out_and_a_new_visit_has_a_new_clock() -> None:
    case = Case(flow(approve("a", A, due=due(then="approve")), approve("b", B)))
    case.add(A, C)
    case.fire(9)
    assert case.pending() == [C]
    case.ok(C)
    case.fire(1)
    assert case.pending() == [B]
    case.ret(B, "a")
    case.fire(7)
    assert case.pending() == [A]
    case.fire(1)
    assert case.pending() == [B]


def test_a_deadline_follows_its_field() -> None:
    switches = Switches()
    switches.moments["by"] = switches.now + dt.timedelta(hours=3)
    case = Case(flow(approve("a", A, due=Due(at=cast(Any, "by"), then="approve"))), switches)
    switches.moments["by"] += dt.timedelta(hours=2)
    case.fire(4)
    assert case.pending() == [A] and "due_moved" in case.types()
    case.fire(1)
    assert case.status == "approved"


def test_69_a_wait_ends_when_its_time_has_come() -> None:
    case = Case(flow(Wait("w", cast(Any, 40 * 24)), approve("a", A)))
    assert case.status == "running" and case.pending() == []
    case.fire(40 * 24 - 1)
    assert case.pending() == []
    case.fire(1)
    assert case.pending() == [A]
    gone = Case(flow(Wait("w", cast(Any, "by"), moment=True), approve("a", A)))
    assert gone.pending() == [A], "without a date nothing is waited for"
    left = Case(flow(Wait("w", cast(Any, 5)), approve("a", A)))
    left.withdraw()
    left.fire(6)
    assert left.status == "withdrawn" and left.pending() == []


STEPS = """
      - approve: head
        by: manager_of(creator)
        name: {zh: 主管, en: Head}
        due: {in: 8 working hours, remind: [-2 working hours], escalate: [{after: 1 working day, to: role(board)}]}
      - {wait: 40 days, when: amount >= 100}
      - {approve: money, by: role(finance), name: {zh: 财务, en: Finance}, due: {in: 1 day, then: reject}}
"""


def test_timers_are_jobs_that_act_once(database_url: str) -> None:
    office = Office(database_url, STEPS)       # Monday, 9:00 in Shanghai; the standard week has 8 hours a day
    claim = office.claim("500")

    def pass_time(**span: float) -> int:
        """How many timers went off."""
        before = gone_off()
        office.now += dt.timedelta(**span)
        drain(office.site, handlers(office.site), office.now)
        return gone_off() - before

    def gone_off() -> int:
        return len(overseeing.overview(office.site, overseeing.Wanted(("done",), flows.TIMER)).jobs)

    def told(login: str) -> list[str]:
        return [one.text.to("en") for one in office.read(login, notices.inbox)]

    assert pass_time(hours=6, minutes=50) == 0
    assert pass_time(minutes=11) == 1 and told("wang")[0] == "C001 (Head) waits for you"
    assert office.box("wang")[0].due_at == MORNING + dt.timedelta(hours=9), "the lunch hour does not count"
    assert pass_time(hours=2) == 1 and len(told("wang")) == 3
    pass_time(days=1)
    assert told("chen") == ["C001 (Head) has not been decided in time"]
    assert office.read("chen", lambda tx: [item.record for item in office.box("chen", "todo")]) == []
    office.decide("wang", claim, "approve")
    assert office.asked(claim) == [] and office.view(claim).steps[1].label.to("en") == "Wait"
    pass_time(days=39)
    assert office.asked(claim) == []
    pass_time(days=1, minutes=1)
    assert sorted(office.asked(claim)) == ["qian", "sun"]
    pass_time(days=1, minutes=1)               # both slots are due, the first decides
    assert office.state(claim) == "draft"
    [last] = [one for one in office.view(claim).steps if one.name == "money"]
    assert last.status == "rejected" and sum(1 for one in last.people if one.decision == "reject") == 1
    office.site.database.close()
