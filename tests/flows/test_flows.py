"""Approvals over stored records: what people see, what commits together, what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from engine.errors import Conflict, Failure, Forbidden, Invalid, Locked, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import audit, commands, inputs, notices, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.storage import flow_rows
from engine.runtime.storage.flow_tables import EVENTS, INSTANCES
from engine.runtime.storage.flow_tables import TASKS as TASK_TABLE
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import USERS
from tests.flows.offices import Clerk, Office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url)
    yield made
    made.site.database.close()


@pytest.fixture
def build(database_url: str) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(steps: str, withdraw: str = "until_first_decision") -> Office:
        made.append(Office(database_url, steps, withdraw))
        return made[-1]

    yield make
    for one in made:
        one.site.database.close()


def refused(kind: type[Failure], act: Callable[[], object], code: str = "") -> Failure:
    with pytest.raises(kind) as caught:
        act()
    if code:
        assert caught.value.code == code
    return caught.value


def test_1_from_the_submission_to_the_action_at_the_end(office: Office) -> None:
    ref = office.claim("200")
    assert office.state(ref) == "pending" and office.asked(ref) == ["wang"]
    office.decide("wang", ref, "approve", comment="fine")
    assert office.asked(ref) == ["qian", "sun"]
    office.decide("sun", ref, "approve")
    view = office.view(ref)
    assert office.state(ref) == "paid" and view.status == "approved" and view.ended_at is not None
    steps = [(s.name, s.status, [(p.user.title, p.decision, p.opinion) for p in s.people if p.status == "done"])
             for s in view.steps]
    assert steps == [
        ("head", "approved", [("Wang", "approve", "fine")]), ("money", "approved", [("Sun", "approve", "")])]
    assert office.box("qian") == []


def test_a_flow_without_a_step_that_applies_ends_at_once(build: Callable[..., Office]) -> None:
    office = build("[{approve: money, by: role(finance), when: amount >= 100}]")
    assert office.state(office.claim("99")) == "paid"
    assert office.state(office.claim("100")) == "pending"


def test_history_tells_the_action_of_the_person_and_that_of_a_flow_that_ends_at_once(
    build: Callable[..., Office],
) -> None:
    office = build("[{approve: money, by: role(finance), when: amount >= 100}]")
    ref = office.claim("99", submit=False)
    office.run("li", lambda tx: commands.act(tx, "claim", ref.id, "submit", comment="please"))

    def told(of: Ref) -> list[tuple[str, str, str, bool]]:
        def read(tx: Tx) -> list[tuple[str, str, str, bool]]:
            record = reading.get(tx, "claim", of.id)
            found = audit.history(record.session, record)
            return [(e.event, e.action, e.comment, "state" in e.changes) for e in found]

        return office.read("li", read)

    assert told(ref)[:2] == [("action", "pay", "", True), ("action", "submit", "please", False)]
    other = office.claim("100")
    office.decide("sun", other, "approve")
    assert told(other)[:2] == [("action", "pay", "", True), ("action", "submit", "", True)]


def test_a_check_that_asks_for_approval_is_read_by_the_flow(office: Office) -> None:
    ref = office.claim("1000")
    office.decide("wang", ref, "approve")
    office.decide("qian", ref, "approve")
    assert office.asked(ref) == ["chen", "fan"]


def test_a_rejection_takes_the_other_action_and_is_told_once(office: Office) -> None:
    ref = office.claim()
    office.decide("wang", ref, "reject", comment="no")
    assert office.state(ref) == "draft" and office.view(ref).status == "rejected"
    told = [m.text.to("en") for m in office.read("li", notices.inbox)]
    assert told == ["C001 was rejected"]
    office.act("li", ref, "submit")
    assert office.asked(ref) == ["wang"]


def test_29_a_return_and_what_the_initiator_changes(office: Office) -> None:
    ref = office.claim("200")
    office.decide("wang", ref, "approve")
    office.decide("qian", ref, "return", comment="too much")
    assert office.asked(ref) == ["li"] and office.state(ref) == "pending" and office.box("sun") == []
    office.decide("li", ref, "resubmit", {"amount": "20"})
    assert office.value(ref, "amount") == Decimal(20)
    view = office.view(ref)
    assert view.round == 2 and [(s.name, s.status, s.voided) for s in view.steps[:3]] == [
        ("head", "approved", True), ("money", "returned", False), ("", "resubmitted", False)]
    office.decide("wang", ref, "approve")
    assert office.state(ref) == "paid"                   # below the limit: finance is not asked again


def test_41_withdrawing(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator)}, {approve: money, by: role(finance)}]")
    ref = office.claim()
    view = office.view(ref, "li")
    assert view.may_withdraw and view.open_task is not None
    office.decide_task("li", view.open_task, "withdraw")
    assert office.state(ref) == "draft" and office.box("wang") == [] and office.view(ref).status == "withdrawn"
    office.act("li", ref, "submit")
    office.decide("wang", ref, "approve")
    refused(Refused, lambda: office.decide_task("li", office.task("qian", ref), "withdraw"), "decided")
    assert not office.view(ref, "li").may_withdraw


def test_an_action_that_moves_the_record_on_ends_the_approval(office: Office) -> None:
    ref = office.claim()
    task = office.task("wang", ref)
    office.act("li", ref, "drop")
    assert office.state(ref) == "dropped" and office.box("wang") == []
    refused(Refused, lambda: office.decide_task("wang", task, "approve"), "task_done")


def test_47_transfer(office: Office) -> None:
    ref = office.claim()
    task = office.task("wang", ref)
    people = {"wang": "self", "zhou": "inactive"}
    with office.site.database.write() as connection:
        connection.execute(update(USERS).where(USERS.c.login == "zhou").values(active=False))
    for login, code in people.items():
        refused(Invalid, lambda who=login: office.decide_task("wang", task, "transfer", to=office.id(who)), code)
    refused(Invalid, lambda: office.decide_task("wang", task, "transfer"))
    office.decide_task("wang", task, "transfer", to=office.id("qian"))
    refused(Forbidden, lambda: office.decide_task("wang", task, "approve"), "not_assignee")
    office.decide_task("qian", task, "approve")
    assert office.state(ref) == "paid"


def test_strangers_see_no_task(office: Office) -> None:
    ref = office.claim()
    task = office.task("wang", ref)
    refused(NotFound, lambda: office.decide_task("zhou", task, "approve"))
    refused(NotFound, lambda: office.read("zhou", lambda tx: tasks.get(tx, task)))
    refused(NotFound, lambda: office.decide_task("wang", task + 999, "approve"))
    refused(Forbidden, lambda: office.decide_task("li", task, "approve"), "not_assignee")
    refused(Forbidden, lambda: office.decide_task("app", task, "approve"), "not_assignee")


def test_a_step_opens_its_fields_and_no_others(office: Office) -> None:
    ref = office.claim()
    error = refused(Invalid, lambda: office.decide("wang", ref, "approve", {"amount": "1"}))
    assert [e.field for e in error.errors] == ["amount"] and office.asked(ref) == ["wang"]
    office.decide("wang", ref, "approve", {"note": "taxi"})
    assert office.value(ref, "note") == "taxi" and office.state(ref) == "paid"


def test_77_what_must_be_filled_is_wanted_to_approve_only(build: Callable[..., Office]) -> None:
    office = build("[{approve: money, by: role(finance), require: [code]}]")
    ref = office.claim()
    refused(Invalid, lambda: office.decide("qian", ref, "approve"))
    view = office.read("qian", lambda tx: tasks.get(tx, office.task("qian", ref)))
    assert view.require == ("code",) and view.edit == ("code",) and "approve" in view.verbs
    office.decide("qian", ref, "return")
    office.decide("li", ref, "resubmit")
    office.decide("qian", ref, "approve", {"code": "travel"})
    assert office.value(ref, "code") == "travel" and office.state(ref) == "paid"


def test_conditions_see_what_the_approver_has_just_written(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator), edit: [amount]},"
                   " {approve: money, by: role(finance), when: amount >= 100}]")
    ref = office.claim("500")
    office.decide("wang", ref, "approve", {"amount": "90"})
    assert office.state(ref) == "paid"


def test_a_running_approval_holds_the_record(office: Office) -> None:
    ref = office.claim()

    def change(login: str) -> None:
        values = {"note": "x"}
        office.run(login, lambda tx: commands.update(tx, "claim", ref.id, inputs.read(tx, "claim", values)))

    refused(Failure, lambda: change("li"))
    refused(Locked, lambda: office.run("app", lambda tx: commands.delete(tx, "claim", ref.id)))
    office.decide("wang", ref, "reject")
    change("li")
    assert office.value(ref, "note") == "x"


def test_71_the_same_key_acts_once(office: Office) -> None:
    ref = office.claim("200")
    task = office.task("wang", ref)
    office.decide_task("wang", task, "approve", comment="ok", key="k1")
    office.decide_task("wang", task, "approve", comment="ok", key="k1")
    refused(Invalid, lambda: office.decide_task("wang", task, "reject", comment="ok", key="k1"), "idempotency")
    refused(Refused, lambda: office.decide_task("wang", task, "approve", comment="ok", key="k2"), "task_done")
    with office.site.database.read() as connection:
        approved = connection.execute(select(EVENTS).where(EVENTS.c.type == "approved")).all()
    assert len(approved) == 1


def test_a_page_that_is_out_of_date_is_noticed(office: Office) -> None:
    ref = office.claim()
    [item] = office.box("wang")
    assert item.id is not None and item.version is not None
    office.decide_task("wang", item.id, "comment", comment="hm")
    office.decide_task("wang", item.id, "transfer", to=office.id("qian"))
    refused(Conflict, lambda: office.decide_task("qian", item.id or 0, "approve", version=item.version))
    [fresh] = office.box("qian")
    office.decide_task("qian", item.id, "approve", version=fresh.version)
    assert office.state(ref) == "paid"


def test_73_two_last_approvers_at_the_same_time(build: Callable[..., Office]) -> None:
    office = build("[{approve: board, by: role(board), mode: all}, {approve: money, by: role(finance)}]")
    for _ in range(3):
        ref = office.claim()
        found = {login: office.task(login, ref) for login in ("chen", "fan")}
        failures: list[BaseException] = []
        gate = threading.Barrier(2)

        def approve(login: str, ids: dict[str, int] = found, start: threading.Barrier = gate,
                    into: list[BaseException] = failures) -> None:
            start.wait()
            try:
                office.decide_task(login, ids[login], "approve")
            except BaseException as failure:
                into.append(failure)

        threads = [threading.Thread(target=approve, args=(login,)) for login in found]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert failures == [] and office.asked(ref) == ["qian", "sun"]


def test_boxes_and_their_counters(office: Office) -> None:
    first, second = office.claim("200"), office.claim("200")
    office.decide("wang", first, "approve")
    counted = office.read("wang", tasks.counts)
    assert counted == {"todo": 1, "done": 1, "started": 0, "copied": 0, "watched": 0}
    for login in ("wang", "li", "qian"):
        counts = office.read(login, tasks.counts)
        assert counts == {box: len(office.box(login, box)) for box in tasks.BOXES}
    [done] = office.box("wang", "done")
    assert (done.record, done.step_label.to("en"), done.decision) == (first, "Head", "approve")
    assert [i.record for i in office.box("li", "started")] == [second, first]
    [item] = office.box("qian")
    assert (item.record.title, item.initiator and item.initiator.title, item.flow_label.to("en")) == (
        "C001", "Li", "Claim approval")
    refused(NotFound, lambda: office.box("li", "nowhere"))


def test_copies_are_told_and_may_read(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator)}, {cc: role(board)},"
                   " {notify: creator, say: {zh: \"{number} 好了\", en: \"{number} is through\"}}]")
    ref = office.claim()
    office.decide("wang", ref, "approve")
    assert [i.record for i in office.box("chen", "copied")] == [ref]
    assert [m.text.to("en") for m in office.read("chen", notices.inbox)] == ["For your information: C001"]
    assert [m.text.to("en") for m in office.read("li", notices.inbox)] == ["C001 was approved", "C001 is through"]
    assert office.read("chen", lambda tx: flow_rows.may_read(tx, "claim", ref.id, tx.actor.id))
    assert not office.read("zhou", lambda tx: flow_rows.may_read(tx, "claim", ref.id, tx.actor.id))


def test_15_nobody_to_ask_goes_to_the_administrator(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator)}]")
    ref = office.claim(login="wang")
    assert office.asked(ref) == ["admin"] and office.box("admin")[0].flag == "no_approver"


def test_17_an_initiator_who_heads_the_department_asks_one_level_up(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: managers(creator), mode: all}]")
    from_below = office.claim()
    assert office.asked(from_below) == ["wang"]


def test_19_who_decides_is_fixed_on_arrival(office: Office) -> None:
    ref = office.claim()
    with office.site.database.write() as connection:
        connection.execute(update(USERS).where(USERS.c.login == "li").values(department=None))
    office.decide("wang", ref, "approve")
    assert office.state(ref) == "paid"


def test_an_error_in_a_condition_refuses_the_decision(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator)},"
                   " {approve: money, by: role(finance), when: 1 / (amount - 50) > 0}]")
    ref = office.claim("50")
    refused(Refused, lambda: office.decide("wang", ref, "approve"), "expression")
    assert office.asked(ref) == ["wang"] and office.state(ref) == "pending"


def test_79_a_running_approval_finishes_as_it_was_started(office: Office) -> None:
    ref = office.claim("200")
    office.publish("[{approve: board, by: role(board), mode: any}]")
    office.decide("wang", ref, "approve")
    assert office.asked(ref) == ["qian", "sun"]
    assert office.asked(office.claim("200")) == ["chen", "fan"]
    office.decide("qian", ref, "approve")
    assert office.state(ref) == "paid"


def test_the_history_is_sealed(office: Office) -> None:
    ref = office.claim("200")
    office.decide("wang", ref, "approve", comment="好")
    office.decide("qian", ref, "approve")
    instance = office.view(ref).id
    assert office.read("app", lambda tx: flow_rows.unbroken(tx, instance))
    with office.site.database.write() as connection:
        connection.execute(update(EVENTS).where(EVENTS.c.type == "approved").values(actor=office.id("zhou")))
    assert not office.read("app", lambda tx: flow_rows.unbroken(tx, instance))


def test_75_one_approval_per_record_and_flow(office: Office) -> None:
    ref = office.claim()
    refused(Refused, lambda: office.act("li", ref, "submit"))
    with office.site.database.read() as connection:
        assert len(connection.execute(select(INSTANCES)).all()) == 1
        assert len(connection.execute(select(TASK_TABLE)).all()) == 1


def test_a_failed_ending_rolls_everything_back(build: Callable[..., Office]) -> None:
    office = build("[{approve: head, by: manager_of(creator), edit: [amount]}]")
    ref = office.claim()
    refused(Invalid, lambda: office.decide("wang", ref, "approve", {"amount": None}))
    assert office.asked(ref) == ["wang"] and office.state(ref) == "pending"
    assert office.value(ref, "amount") == Decimal(50)


def test_the_view_shows_what_may_come(office: Office) -> None:
    ref = office.claim()
    view = office.view(ref, "wang")
    assert [(s.name, s.status) for s in view.steps] == [("head", "open"), ("money", "ahead"), ("board", "ahead")]
    assert view.my_task == office.task("wang", ref) and not view.may_withdraw
    assert office.view(ref, "li").may_withdraw
    assert view.initiator == Ref("user", office.id("li"))


@pytest.mark.parametrize("verb", ["comment", "withdraw"])
def test_what_is_said_after_the_end_does_not_end_it_again(build: Callable[..., Office], verb: str) -> None:
    office = build("\n      - {approve: head, by: manager_of(creator)}\n", "any_time")
    ref = office.claim("50")
    old = office.task("wang", ref)
    office.decide("wang", ref, "reject", comment="no")
    assert office.state(ref) == "draft"
    office.act("li", ref, "submit")
    if verb == "comment":
        office.decide_task("li", old, verb, comment="hello")
    else:
        refused(Refused, lambda: office.decide_task("li", old, verb), "task_done")
    assert office.state(ref) == "pending" and office.asked(ref) == ["wang"]


def test_what_came_back_is_open_to_whoever_revises_it_and_to_nobody_else(office: Office) -> None:
    ref = office.claim("200")
    office.decide("wang", ref, "return", comment="too much")
    li, path = Clerk(office, "li").program, f"/api/office/claim/{ref.id}"
    assert Clerk(office, "wang").program.patch(path, {"amount": "1"}).status_code == 403
    assert li.patch(path, {"amount": "20", "note": "less"}).status_code == 200
    assert (office.state(ref), office.value(ref, "amount")) == ("pending", Decimal(20))
    office.decide("li", ref, "resubmit")
    assert li.patch(path, {"amount": "2000"}).status_code == 409 and office.asked(ref) == ["wang"]
