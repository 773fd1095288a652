"""Steps on the way: people in order, a veto, ends, steps of actions, steps left out; who may start a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.definitions.flows import Wait
from engine.errors import Forbidden, Invalid, Refused
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, reading
from engine.runtime.services.approvals import deciding
from engine.runtime.storage.actors import SERVICE
from tests.flows.offices import OFFICE, Office
from tests.flows.worlds import Case, Switches, approve, arm, branch, cc, do, end, flow, parallel, who

A, B, C, D = 1, 2, 3, 4


def test_13_people_in_order_are_asked_one_after_the_other() -> None:
    case = Case(flow(approve("x", A, B, C, mode="all", in_order=True)))
    assert case.pending() == [A] and case.told("task") == [A]
    case.ok(A)
    assert case.pending() == [B]
    case.switches.gone.add(C)
    assert case.ok(B).outcome == "approved" and "assignee_dropped" in case.types()


def test_in_order_a_no_ends_all_and_passes_on_any() -> None:
    case = Case(flow(approve("x", A, B, mode="all", in_order=True)))
    assert case.no(A).outcome == "rejected" and case.told("task") == [A]
    case = Case(flow(approve("x", A, B, mode="any", reject="at_end", in_order=True)))
    case.no(A)
    assert case.pending() == [B] and case.ok(B).outcome == "approved"


def test_whoever_has_a_veto_ends_a_vote_by_one_no() -> None:
    def vote() -> Case:
        return Case(flow(approve("x", A, B, C, mode="any", reject="at_end", veto=who(B))))

    case = vote()
    case.no(A)
    assert case.pending() == [B, C] and case.no(B).outcome == "rejected"
    assert vote().ok(A).outcome == "approved"


def test_a_vote_by_percent() -> None:
    case = Case(flow(approve("x", A, B, C, D, mode="percent", need="60%")))
    case.ok(A)
    case.no(B)
    case.ok(C)
    assert case.ok(D).outcome == "approved"


def test_auto_never_asks_whom_a_rule_would_answer_for() -> None:
    steps = approve("x", A), approve("y", A, auto=False), approve("z", A)
    case = Case(flow(*steps, dedupe="earlier"))
    case.ok(A)
    assert case.pending() == [A]
    assert case.ok(A).outcome == "approved"
    own = Case(flow(approve("x", A), approve("y", A, dedupe="adjacent"), approve("z", A)))
    own.ok(A)
    assert own.pending() == [A] and own.types().count("auto_approved") == 1


def test_an_end_ends_the_flow_or_its_arm() -> None:
    case = Case(flow(branch(arm(end("rejected"), when="x"), arm()), approve("a", A)), Switches(true={"x"}))
    assert case.status == "rejected" and case.pending() == []
    assert Case(flow(end("approved"), approve("a", A))).status == "approved"
    assert Case(flow(end("rejected", when="no"), approve("a", A))).pending() == [A]
    arms = parallel(arm(end("branch"), approve("a", A)), arm(approve("b", B)))
    case = Case(flow(arms, approve("c", C)))
    assert case.pending() == [B]
    case.ok(B)
    assert case.pending() == [C]
    arms = parallel(arm(approve("a", A)), arm(approve("b", B), end("rejected")))
    case = Case(flow(arms, approve("c", C)))
    assert case.ok(B).outcome == "rejected" and case.pending() == []


def test_a_step_of_an_action_is_seen_by_what_follows() -> None:
    case = Case(flow(do("x"), branch(arm(approve("a", A), when="x"), arm(approve("b", B))), do("y")))
    assert case.switches.performed == ["x"] and case.pending() == [A]
    case.ok(A)
    assert case.switches.performed == ["x", "y"] and case.status == "approved"


def test_a_wait_for_a_signal_ends_with_it_and_with_no_other() -> None:
    case = Case(flow(Wait("wait", None, signal="paid"), approve("a", 1, signature=True)))
    case.do(deciding.Signalled("sent"))
    assert case.pending() == [] and case.status == "running" and case.timers == []
    case.do(deciding.Signalled("paid", 5))
    assert case.pending() == [1] and "signalled" in case.types()
    with pytest.raises(Invalid):
        case.ok(1)
    case.do(deciding.TaskDecided(case.task(1).id, 1, "approve", signature="drawn"))
    assert case.status == "approved"
    early = Case(flow(Wait("wait", None, signal="paid"), approve("a", 1)), Switches(signals={"paid"}))
    assert early.pending() == [1]


def test_unless_leaves_a_step_out() -> None:
    case = Case(flow(approve("a", A, unless="x"), cc(C), approve("b", B, unless="y")), Switches(true={"x"}))
    assert case.pending() == [B]


@pytest.fixture
def build(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(steps: str, *changes: tuple[str, str]) -> Office:
        text = OFFICE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        monkeypatch.setattr("tests.flows.offices.OFFICE", text)
        made.append(Office(database_url, steps))
        return made[-1]

    yield make
    for one in made:
        one.site.database.close()


def value(office: Office, ref: object, name: str) -> object:
    with office.site.read("office", SERVICE) as tx:
        return reading.get(tx, ref.object, ref.id).get(name)  # type: ignore[attr-defined]


def test_a_flow_sets_and_creates_in_the_transaction_of_the_decision(build: Callable[..., Office]) -> None:
    office = build("""
      - {set: {code: checked}, unless: amount > 500}
      - {approve: money, by: role(finance), when: code = 'checked', mode: any}
      - {create: claim, with: {amount: =amount * 2, note: "='from ' & number"}}
      - {refuse: "never {code}", when: code = 'bad'}
""")
    ref = office.claim("50")
    assert value(office, ref, "code") == "checked" and office.asked(ref) == ["qian", "sun"]
    office.decide("qian", ref, "approve")
    assert office.state(ref) == "paid"
    with office.site.read("office", SERVICE) as tx:
        notes = [row.get("note") for row in reading.page(tx, "claim", reading.Query()).items]
    assert notes.count(f"from {value(office, ref, 'number')}") == 1
    large = office.claim("600")                # nobody is asked: nothing was checked
    assert office.state(large) == "paid" and value(office, large, "code") is None


def test_a_step_that_refuses_takes_the_decision_back(build: Callable[..., Office]) -> None:
    office = build("""
      - {approve: money, by: role(finance), mode: any, edit: [code]}
      - {create: claim, with: {amount: 1}}
      - {refuse: "not {code}", when: code = 'bad'}
""")
    ref = office.claim("50")
    with pytest.raises(Refused, match="not bad"):
        office.decide("qian", ref, "approve", {"code": "bad"})
    assert office.state(ref) == "pending" and office.asked(ref) == ["qian", "sun"]
    with office.site.read("office", SERVICE) as tx:
        assert len(reading.page(tx, "claim", reading.Query()).items) == 1


def test_a_step_cannot_move_the_record_that_is_being_approved(build: Callable[..., Office]) -> None:
    office = build("""
      - {approve: money, by: role(finance), mode: any}
      - {each: claim as c where state = 'pending', do: [{act: drop, of: c}]}
""")
    ref = office.claim("50")
    with pytest.raises(Refused) as refused:
        office.decide("qian", ref, "approve")
    assert refused.value.code == "deciding" and office.state(ref) == "pending"


def test_only_those_named_start_a_flow(build: Callable[..., Office]) -> None:
    of = "    of: claim\n"
    office = build("\n      - {approve: money, by: role(finance)}\n", (of, f"{of}    start_by: role(board)\n"))
    ref = office.claim("50", submit=False)
    with pytest.raises(Forbidden, match="may not start"):
        office.act("li", ref, "submit")
    office.run("app", lambda tx: commands.act(tx, "claim", ref.id, "submit").record.id)
    assert office.state(ref) == "pending"


def test_what_happens_to_a_flow_starts_automations(build: Callable[..., Office]) -> None:
    def office_with(automations: str) -> Office:
        steps = "\n      - {approve: money, by: role(finance), mode: any}\n"
        return build(steps, ("flows:\n", f"automations:\n{automations}flows:\n"))

    office = office_with("""
  sent: {flow: approval, is: started, run: with, do: [{set: {code: sent}}]}
  back: {flow: approval, is: returned, do: [{set: {note: back}}]}
  done: {flow: approval, is: approved, do: [{set: {code: done}}]}
  lost: {flow: approval, is: rejected, do: [{set: {code: lost}}]}
""")

    def work() -> int:
        return drain(office.site, handlers(office.site), office.now)

    ref = office.claim("50")
    assert value(office, ref, "code") == "sent" and work() == 0
    office.decide("qian", ref, "return", comment="more")
    assert work() == 1 and value(office, ref, "note") == "back"
    office.decide("li", ref, "resubmit")
    office.decide("qian", ref, "approve")
    assert work() == 1 and value(office, ref, "code") == "done"
    other = office.claim("60")
    office.decide("sun", other, "reject")
    assert work() == 1 and value(office, other, "code") == "lost"
