"""Helpers, people who are added and reminders through REST and the task's page, on both kinds of database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest

from engine.expressions.values import Ref
from engine.runtime.services import notices
from engine.runtime.services.approvals import flow_marks
from engine.runtime.services.identity import people
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from tests.flows.offices import Clerk, Office
from tests.web.doors import PASSWORD, Browser, Program

STEPS = """
      - {approve: money, by: role(finance), mode: all, name: {zh: 财务, en: Finance}}
      - {approve: board, by: role(board), add_sign: [before], name: {zh: 董事会, en: Board}}
"""


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url, STEPS)
    for login in ("li", "qian"):
        people.set_password(made.site, login, PASSWORD)
    yield made
    made.site.database.close()


class Desk:
    """The office behind its web server."""

    def __init__(self, office: Office) -> None:
        self.office, self.app = office, office.app

    def post(self, login: str, task: int, verb: str, **body: Any) -> tuple[int, Any]:
        return Clerk(self.office, login).post(f"/api/tasks/{task}/{verb}", **body)

    def told(self, login: str) -> list[str]:
        return [one.text.to("en") for one in self.office.read(login, notices.inbox)]


def test_rest_carries_a_decision_through_helpers_and_added_people(office: Office) -> None:
    desk, id = Desk(office), office.id
    claim = office.claim("500")
    mine = office.task("qian", claim)
    assert desk.post("qian", mine, "delegate", to=id("zhou"))[0] == 200
    assert office.task("zhou", claim) == mine and "Please help" in desk.told("zhou")[0]
    assert office.read("zhou", lambda tx: tx.actor.login) == "zhou"
    assert desk.post("zhou", mine, "approve") [0] == 409
    people.set_password(office.site, "zhou", PASSWORD)
    box = Browser(office.app.test_client()).sign_in("zhou").get("/apps/office/tasks").text
    assert "Answer" in box and 'name="id"' not in box, "no batch decides for the owner"
    assert {"Zhou", "Sun"} <= drawn(office, "qian", claim), "the picture knows the helper's name"
    assert desk.post("zhou", mine, "answer")[0] == 422
    assert desk.post("zhou", mine, "answer", comment="the figures are right")[0] == 200
    status, problem = desk.post("zhou", mine, "answer", comment="again")
    assert (status, problem["code"]) == (409, "delegation_over")
    status, problem = desk.post("qian", mine, "add-signer", to=[id("chen"), id("fan")], kind="sideways")
    assert status == 400
    status, problem = desk.post("qian", mine, "add-signer", to="nobody", kind="before")
    assert status == 400 and "nobody" in problem["detail"]
    assert desk.post("qian", mine, "add-signer", to=["chen", id("fan")], kind="before", rule="any")[0] == 200
    assert sorted(office.asked(claim)) == ["chen", "fan", "sun"]
    assert desk.post("qian", mine, "approve")[0] == 409, "the own slot is held"
    assert desk.post("qian", mine, "remove-signer", to=id("fan"))[0] == 200
    assert desk.post("chen", office.task("chen", claim), "approve", comment="yes")[0] == 200
    assert sorted(office.asked(claim)) == ["qian", "sun"]
    assert desk.post("qian", mine, "add-signer", to=id("zhou"), kind="after")[0] == 200
    office.decide("sun", claim, "approve")
    assert office.asked(claim) == ["zhou"]
    office.decide("zhou", claim, "approve")
    assert sorted(office.asked(claim)) == ["chen", "fan"]
    board = office.task("chen", claim)
    status, problem = desk.post("chen", board, "add-signer", to=id("sun"), kind="after")
    assert (status, problem["code"]) == (409, "not_offered")
    office.decide("chen", claim, "approve")
    assert office.state(claim) == "paid"
    types = [remark.type for remark in office.view(claim).remarks]
    assert types == ["delegated", "answered", "sign_added", "sign_removed", "sign_added"]
    assert office.view(claim).remarks[2].people == ("Chen", "Fan")


def drawn(office: Office, login: str, claim: Ref) -> set[str]:
    """The people of the picture of an approval."""

    def look(tx: Tx) -> set[str]:
        session = Session(tx)
        record = session.record(claim)
        assert record is not None
        course = flow_marks.of(session, record, office.view(claim).id)
        return set() if course is None else {one.user.title for mark in course.marks.values() for one in mark.people}

    return office.read(login, look)


def test_reminders_come_once_in_half_an_hour(office: Office) -> None:
    desk = Desk(office)
    claim = office.claim("500")
    task = office.task("qian", claim)
    assert desk.post("sun", task, "urge")[0] == 403
    assert desk.post("li", task, "urge", comment="it is urgent")[0] == 200
    assert desk.told("qian")[0].startswith("A reminder") and desk.told("sun")[0].startswith("A reminder")
    office.now += dt.timedelta(minutes=10)
    client = Program(desk.app.test_client(), people.make_token(office.site, office.id("li")))
    again = client.post(f"/api/tasks/{task}/urge")
    assert again.status_code == 429 and again.headers["Retry-After"] == "1200"
    office.decide("qian", claim, "approve")
    office.now += dt.timedelta(minutes=21)
    assert desk.post("li", task, "urge")[0] == 200, "whoever still decides is reminded, by any task of the approval"
    assert len(desk.told("qian")) == 2 and len(desk.told("sun")) == 3
    office.decide("sun", claim, "reject")
    assert desk.post("li", task, "urge")[0] == 409


def test_the_pages_offer_what_may_be_done(office: Office) -> None:
    desk = Desk(office)
    claim: Ref = office.claim("500")
    task = office.task("qian", claim)
    qian = Browser(desk.app.test_client()).sign_in("qian")
    page = qian.get(f"/apps/office/tasks/{task}").text
    assert "Add people to this decision" in page and "beside me" in page
    version = re.search(r'name="_version" value="(\d+)"', page)
    assert version
    form = {"_version": version[1], "people": [str(office.id("chen")), str(office.id("fan"))], "kind": "before"}
    assert qian.post(f"/apps/office/tasks/{task}/add_signer", form).status_code == 303
    page = qian.get(f"/apps/office/tasks/{task}").text
    assert page.count("/remove_signer") == 2 and ">Approve<" not in page
    assert qian.post(f"/apps/office/tasks/{task}/remove_signer", {"to": office.id("fan")}).status_code == 303
    added = office.task("chen", claim)
    office.decide_task("chen", added, "approve")
    assert office.asked(claim) == ["sun", "qian"] or sorted(office.asked(claim)) == ["qian", "sun"]
    li = Browser(desk.app.test_client()).sign_in("li")
    record = li.get(f"/apps/office/records/claim/{claim.id}").text
    assert "Remind" in record and "added → Chen, Fan" in record
    urge = re.search(r'action="([^"]+/urge)"', record)
    assert urge and li.post(urge[1]).status_code == 303
    assert "A reminder" in desk.told("sun")[0]
    assert li.post(urge[1]).status_code == 429


BACK = """
      - {approve: head, by: manager_of(creator), name: {zh: 主管, en: Head}}
      - {handle: book, by: role(finance), pool: true, edit: [code], require: [code], name: {zh: 记账, en: Book it}}
      - {approve: board, by: role(board), name: {zh: 董事会, en: Board}}
"""


def test_returns_claims_and_second_thoughts_through_rest_and_the_page(database_url: str) -> None:
    office = Office(database_url, BACK)
    for login in ("li", "chen"):
        people.set_password(office.site, login, PASSWORD)
    desk, claim = Desk(office), office.claim("500")
    head = office.task("wang", claim)
    assert desk.post("wang", head, "approve", comment="fine")[0] == 200
    assert desk.post("fan", head, "recall")[0] == 404
    assert desk.post("wang", head, "recall")[0] == 200
    assert office.asked(claim) == ["wang"]
    office.decide("wang", claim, "approve")
    mine, other = office.task("qian", claim), office.task("sun", claim)
    assert desk.post("qian", mine, "claim")[0] == 200 and office.asked(claim) == ["qian"]
    status, problem = desk.post("sun", other, "claim")
    assert (status, problem["code"]) == (409, "task_done")
    assert desk.post("qian", mine, "reject")[0] == 409
    assert desk.post("qian", mine, "done")[0] == 422, "the code is wanted"
    assert desk.post("qian", mine, "done", input={"code": "6601"})[0] == 200, "the task grants what its step opens"
    task = office.task("chen", claim)
    page = Browser(desk.app.test_client()).sign_in("chen").get(f"/apps/office/tasks/{task}").text
    assert "Book it (then straight back here)" in page and "Whoever submitted it" in page
    status, problem = desk.post("chen", task, "return", back="board")
    assert (status, problem["code"]) == (409, "target_not_visited")
    assert desk.post("chen", task, "return", back="head", mode="direct", comment="why?")[0] == 200
    assert office.asked(claim) == ["wang"] and office.value(claim, "code") == "6601"
    office.decide("wang", claim, "approve")
    assert sorted(office.asked(claim)) == ["chen", "fan"]
    office.decide("fan", claim, "approve")
    assert office.state(claim) == "paid"
    office.site.database.close()


def test_two_windows_at_one_task_and_two_people_at_one_field(database_url: str) -> None:
    arms = "{steps: [{approve: %s, by: role(%s), mode: any, edit: [note]}]}"
    office = Office(database_url, f"[{{parallel: [{arms % ('one', 'finance')}, {arms % ('two', 'board')}]}}]")
    claim = office.claim("500")
    windows = {}
    for login in ("qian", "chen"):
        people.set_password(office.site, login, PASSWORD)
    for name, login in (("qian", "qian"), ("again", "qian"), ("chen", "chen")):
        windows[name] = Browser(office.app.test_client()).sign_in(login)
    mine, theirs = office.task("qian", claim), office.task("chen", claim)

    def form(name: str, task: int) -> dict[str, str]:
        page = windows[name].get(f"/apps/office/tasks/{task}").text
        hidden = re.findall(r'name="(_key|_version|_facts)" value="([^"]+)"', page)
        assert len(hidden) == 3
        return dict(hidden)

    first, second, beside = form("qian", mine), form("again", mine), form("chen", theirs)
    place = f"/apps/office/tasks/{mine}"
    assert windows["qian"].post(f"{place}/approve", {**first, "note": "checked"}).status_code == 303
    late = windows["again"].post(f"{place}/reject", second)
    assert late.status_code == 409 and re.search(r"You approved on Mar 2, 2026, 9:00\sAM: reload the page", late.text)
    there = f"/apps/office/tasks/{theirs}/approve"
    overtaken = windows["chen"].post(there, {**beside, "note": ""})
    assert overtaken.status_code == 409 and "Somebody changed these fields" in overtaken.text
    assert office.value(claim, "note") == "checked" and office.state(claim) == "pending"
    assert windows["chen"].post(there, {**form("chen", theirs), "note": "seen"}).status_code == 303
    assert office.value(claim, "note") == "seen" and office.state(claim) == "paid"
    office.site.database.close()


def test_a_program_tells_what_it_has_seen(database_url: str) -> None:
    arms = "{steps: [{approve: %s, by: role(%s), mode: any, edit: [note], require: [code]}]}"
    office = Office(database_url, f"[{{parallel: [{arms % ('one', 'finance')}, {arms % ('two', 'board')}]}}]")
    claim = office.claim("500")
    mine, theirs = office.task("qian", claim), office.task("chen", claim)
    desk, chen = Desk(office), Clerk(office, "chen").program
    told = chen.get(f"/api/tasks/{theirs}").json
    assert (told["edit"], told["require"], told["version"]) == (["note", "code"], ["code"], 1)
    assert {"approve", "reject", "add-signer"} <= {*told["verbs"]} and told["record"]["id"] == claim.id
    assert chen.get(f"/api/tasks/{office.task('sun', claim)}").status_code == 200, "a part of the same approval"
    assert Clerk(office, "zhou").program.get(f"/api/tasks/{theirs}").status_code == 404
    assert desk.post("qian", mine, "approve", input={"note": "checked", "code": "1"})[0] == 200
    answer = {"input": {"note": "mine", "code": "2"}, "seen": told["seen"]}
    status, problem = desk.post("chen", theirs, "approve", **answer)
    assert status == 409 and "Somebody changed these fields" in problem["detail"]
    assert desk.post("chen", theirs, "approve", **{**answer, "seen": 5})[0] == 400
    assert office.value(claim, "note") == "checked"
    again = {**answer, "seen": chen.get(f"/api/tasks/{theirs}").json["seen"]}
    assert desk.post("chen", theirs, "approve", **again)[0] == 200 and office.value(claim, "note") == "mine"
    office.site.database.close()
