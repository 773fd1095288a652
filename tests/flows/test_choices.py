"""People whom somebody chooses for a later step: at the start and at an approval, over REST and on the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Invalid
from engine.runtime.services.identity import people
from tests.flows.offices import Clerk, Office
from tests.web.doors import PASSWORD, Browser

STEPS = """
      - {approve: head, by: manager_of(creator), name: {zh: 主管, en: Head}}
      - approve: money
        by: chosen(money)
        mode: all
        choose: {among: role(finance), min: 1, max: 2}
        name: {zh: 财务, en: Finance}
      - approve: board
        by: chosen(board)
        choose: {among: role(board), at: head}
        when: amount >= 100
        name: {zh: 董事会, en: Board}
"""


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url, STEPS)
    for login in ("li", "wang"):
        people.set_password(made.site, login, PASSWORD)
    yield made
    made.site.database.close()


def test_people_are_chosen_at_the_start_and_by_an_approver(office: Office) -> None:
    claim, li, wang = office.claim("500", submit=False), Clerk(office, "li"), Clerk(office, "wang")
    path = f"/api/office/claim/{claim.id}/actions/submit"
    status, problem = li.post(path)
    assert (status, problem["code"]) == (422, "choose") and "Finance" in problem["detail"]
    assert li.post(path, input={"choose_money": ["fan"]})[0] == 422, "fan does no money"
    assert li.post(path, input={"choose_money": ["sun"]})[0] == 200
    task = office.task("wang", claim)
    status, problem = wang.post(f"/api/tasks/{task}/approve")
    assert (status, problem["code"]) == (422, "choose") and office.asked(claim) == ["wang"]
    assert wang.post(f"/api/tasks/{task}/approve", choose={"board": ["qian"]})[0] == 422
    assert wang.post(f"/api/tasks/{task}/approve", choose={"board": ["fan"]})[0] == 200
    assert office.asked(claim) == ["sun"]
    office.decide("sun", claim, "approve")
    assert office.asked(claim) == ["fan"]


def test_nobody_need_be_chosen_for_a_step_to_which_no_way_leads(office: Office) -> None:
    claim = office.claim("50", submit=False)
    Clerk(office, "li").post(f"/api/office/claim/{claim.id}/actions/submit", input={"choose_money": ["sun", "qian"]})
    office.decide("wang", claim, "approve")
    assert sorted(office.asked(claim)) == ["qian", "sun"]


def test_other_doors_say_who_is_missing(office: Office) -> None:
    claim = office.claim("50", submit=False)
    with pytest.raises(Invalid, match="Choose 1 to 2 people for Finance"):
        office.act("li", claim, "submit")


def test_the_pages_ask_for_them(office: Office) -> None:
    claim = office.claim("500", submit=False)
    li = Browser(office.app.test_client(), "en").sign_in("li")
    url = f"/apps/office/records/claim/{claim.id}/actions/submit"
    dialog = li.get(url).text
    assert 'name="choose_money"' in dialog and "Sun" in dialog and "Fan" not in dialog
    assert "Choose 1 to 2 people" in li.post(url, {"_version": "1"}).text
    sun = str(office.id("sun"))
    assert li.post(url, {"_version": "1", "choose_money": sun}).status_code in (204, 303)
    wang = Browser(office.app.test_client(), "en").sign_in("wang")
    task = f"/apps/office/tasks/{office.task('wang', claim)}"
    page = wang.get(task).text
    assert 'name="choose_board"' in page and "Who decides: Board" in page
    assert wang.post(f"{task}/approve", {}).status_code == 422
    fan = str(office.id("fan"))
    assert wang.post(f"{task}/approve", {"choose_board": fan}).status_code in (204, 303)
    assert office.asked(claim) == ["sun"]
