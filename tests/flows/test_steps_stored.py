"""What steps ask for and keep away, with a database: signals, signatures, hidden fields, approvals taken back.

Scenarios 23, 24 of the patterns (a signal that came early is kept, a transient one is not)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from engine.builder.pages import blueprint
from engine.definitions.compile import app_from
from engine.errors import Failure, Forbidden, Invalid, Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, discussions
from engine.runtime.services.approvals import tasks
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import autograph_rows, flow_rows
from engine.runtime.storage.flow_tables import AUTOGRAPHS
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app
from engine.runtime.web.present import addresses
from tests.flows import offices
from tests.flows.offices import MORNING, Office
from tests.standing import stand
from tests.web.doors import PASSWORD, Browser

PNG = b"\x89PNG\r\n\x1a\n drawn"
STEPS = """
      - {approve: head, by: role(finance), hide: [amount], edit: [note], name: {zh: 会签, en: Head}}
      - {wait: {signal: paid}}
      - {approve: board, by: role(board), mode: any, signature: true, name: {zh: 董事会, en: Board}}
"""
MORE = """
    revoke: {within: 3 days, flow: undoing}
    on_approved: pay
    on_rejected: back
  undoing: {of: claim, steps: [{approve: board2, by: role(board), mode: any}], on_approved: undo}
"""
ACTIONS = """
      undo: {from: paid, to: draft, by: flow, zh: 撤销, en: Undo}
      bank: {from: [draft, pending], zh: 到账, en: Bank, do: [{signal: paid}]}
      ping: {from: [draft, pending], zh: 一次, en: Ping, do: [{signal: paid, early: lose}]}
"""
OWN = "  claim: {staff: {see: creator = me, create: true, edit: creator = me, delete: creator = me}"


def text() -> str:
    found = offices.OFFICE.replace("STEPS", STEPS).replace("WITHDRAW", "any_time")
    found = found.replace("    on_approved: pay\n    on_rejected: back\n", MORE.lstrip("\n"))
    found = found.replace("      pay: {from", ACTIONS.lstrip("\n") + "      pay: {from")
    return found.replace(OWN, OWN + ", board: {see: true}")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    class Signing(Office):
        def __init__(self, url: str) -> None:
            self.now = MORNING
            self.site = stand(url, ("signing",), self._begun, now=lambda: self.now)

        def _begun(self, site: object) -> None:
            self._found(site, STEPS, "any_time")  # type: ignore[arg-type]

    found = Signing(database_url)
    found.site.publish(app_from(text()).texts)
    yield found
    found.site.database.close()


def work(office: Office) -> None:
    drain(office.site, handlers(office.site), office.now)


def browser(office: Office, login: str) -> Browser:
    people.set_password(office.site, login, PASSWORD)
    app = create_app(office.site, None, blueprint())
    return Browser(app.test_client()).sign_in(login)


def sign(office: Office, who: str, ref: Ref, verb: str = "approve", picture: bytes = PNG) -> None:
    office.decide(who, ref, verb, company=Company(signature=picture))


def test_24_a_signal_lets_go_on_what_waits_and_is_kept_for_what_will(office: Office) -> None:
    waits, early, lost = office.claim(), office.claim(submit=False), office.claim(submit=False)
    office.decide("qian", waits, "approve")
    assert office.asked(waits) == [] and office.view(waits).status == "running"
    office.act("li", waits, "bank")
    work(office)
    assert sorted(office.asked(waits)) == ["chen", "fan"]
    office.act("li", early, "bank")
    office.act("li", lost, "ping")
    work(office)
    for ref in (early, lost):
        office.act("li", ref, "submit")
        office.decide("qian", ref, "approve")
    assert sorted(office.asked(early)) == ["chen", "fan"] and office.asked(lost) == []
    office.decide("chen", early, "return")                 # to the start: the money is still there
    office.decide("li", early, "resubmit")
    office.decide("qian", early, "approve")
    assert sorted(office.asked(early)) == ["chen", "fan"]
    office.act("li", lost, "ping")                         # now something waits
    work(office)
    assert sorted(office.asked(lost)) == ["chen", "fan"]


def test_a_signal_that_comes_while_it_is_suspended_is_taken_afterwards(office: Office) -> None:
    ref = office.claim()
    office.decide("qian", ref, "approve")
    run = office.view(ref).id
    office.run("admin", lambda tx: commands.steer(tx, run, "suspend", Steered("holiday")).record.id)
    office.act("li", ref, "bank")
    work(office)
    office.run("admin", lambda tx: commands.steer(tx, run, "resume", Steered("back")).record.id)
    assert sorted(office.asked(ref)) == ["chen", "fan"]


def at_the_board(office: Office, amount: str = "50") -> Ref:
    ref = office.claim(amount)
    office.decide("qian", ref, "approve")
    office.act("li", ref, "bank")
    work(office)
    return ref


def test_a_signature_is_kept_with_the_decision_and_sealed(office: Office) -> None:
    ref = at_the_board(office)
    task = office.task("chen", ref)
    assert office.read("chen", lambda tx: tasks.get(tx, task).signature)
    with pytest.raises(Invalid) as caught:
        office.decide("chen", ref, "approve")
    assert [one.field for one in caught.value.errors] == ["signature"]
    with pytest.raises(Invalid, match="PNG"):
        sign(office, "chen", ref, picture=b"<svg onload=alert(1)>")
    sign(office, "chen", ref)
    assert office.state(ref) == "paid"
    run = office.view(ref).id
    [entry] = office.read("app", lambda tx: [e for e in flow_rows.events_of(tx, run) if e["type"] == "approved"][1:])
    assert entry["data"]["signature"] == autograph_rows.digest(PNG)
    assert office.read("li", lambda tx: tasks.signature(tx, task)) == PNG
    with pytest.raises(Failure):
        office.read("zhou", lambda tx: tasks.signature(tx, task))
    assert office.read("app", lambda tx: flow_rows.unbroken(tx, run))
    client = browser(office, "li")
    assert client.get(f"/apps/office/tasks/{task}/signature").data == PNG
    assert f"tasks/{task}/signature" in client.get(addresses.record("office", "claim", ref.id)).text
    office.run("app", lambda tx: tx.connection.execute(update(AUTOGRAPHS).values(content=PNG + b"!")).rowcount)
    assert not office.read("app", lambda tx: flow_rows.unbroken(tx, run))


def test_what_a_step_hides_is_hidden_wherever_its_people_look(office: Office) -> None:
    ref = office.claim("77777")
    task = office.task("qian", ref)

    def seen(tx: object) -> frozenset[str]:
        record = Session(tx).record(ref)  # type: ignore[arg-type]
        assert record is not None
        return access.visible_fields(tx, record.definition, record)  # type: ignore[arg-type]

    assert "amount" not in office.read("qian", seen) and "note" in office.read("qian", seen)
    assert "amount" in office.read("li", seen) and "amount" in office.read("chen", seen)
    client = browser(office, "qian")
    pages = (f"/apps/office/tasks/{task}", addresses.record("office", "claim", ref.id), f"/api/office/claim/{ref.id}",
             f"/api/office/claim/{ref.id}/history", "/apps/office/tasks")
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200 and "77777" not in answer.text.replace(",", ""), page
    assert "77777" in browser(office, "li").get(f"/api/office/claim/{ref.id}").text
    with pytest.raises(Refused):                           # nobody hands on what they do not see themselves
        office.decide("qian", ref, "cc", company=Company(people=(office.id("sun"),)))
    office.decide("qian", ref, "transfer", company=Company(to=office.id("chen")))
    assert "amount" not in office.read("chen", seen)       # though the role shows it: while it waits for them

    def both(tx: Tx) -> list[bool]:
        chen = discussions.actor_of(tx, office.id("chen"))
        assert chen is not None
        return ["amount" in seen(one) for one in (tx, replace(tx, actor=chen), tx)]

    assert office.read("li", both) == [True, False, True], "in one transaction as well"
    office.site.publish(app_from(text().replace("hide: [amount], ", "")).texts)
    for _ in ("published here", "published by another process"):
        columns = office.read("chen", lambda tx: access.sure_fields(tx, tx.app.objects["claim"]))
        assert "amount" not in columns and "amount" not in office.read("chen", seen), "it runs as it was begun"
        office.site._live.clear()
    renamed = text().replace("hide: [amount], ", "").replace("amount", "sum")
    office.site.publish(app_from(renamed.replace("sum: {type", "sum: {was: amount, type")).texts)
    assert not {"sum", "amount"} & office.read("chen", seen) and "sum" in office.read("li", seen), "under any name"
    office.site.publish(app_from(text().replace("hide: [amount], ", "")).texts)
    office.decide("chen", ref, "approve")
    assert "amount" in office.read("chen", seen) and "amount" not in office.read("qian", seen)
    ref = office.claim("88888")
    assert office.task("qian", ref) and "amount" in office.read("qian", seen), "what begins now goes by what is live"


def test_an_approval_is_taken_back_by_another_one(office: Office) -> None:
    ref = at_the_board(office)
    task = office.task("chen", ref)
    sign(office, "chen", ref)
    first = office.view(ref).id
    with pytest.raises(Forbidden):
        office.decide_task("chen", task, "revoke")
    client = browser(office, "li")
    assert "/revoke" in client.get(addresses.record("office", "claim", ref.id)).text
    office.decide_task("li", task, "revoke", comment="twice")
    assert sorted(office.asked(ref)) == ["chen", "fan"] and office.state(ref) == "paid"
    with pytest.raises(Refused):
        office.decide_task("li", task, "revoke")
    office.decide("fan", ref, "reject")
    assert office.state(ref) == "paid"                     # a no leaves everything as it is
    office.decide_task("li", task, "revoke")
    office.decide("fan", ref, "approve")
    assert office.state(ref) == "draft"
    state = office.read("app", lambda tx: flow_rows.load(tx, first))
    assert state is not None and state.instance.status == "approved"
    other = at_the_board(office)
    late = office.task("chen", other)
    sign(office, "chen", other)
    office.now = MORNING + dt.timedelta(days=3)
    with pytest.raises(Refused, match="too late"):
        office.decide_task("li", late, "revoke")
