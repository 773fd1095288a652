"""Abstaining where so many must agree, on both databases: cast, and for neither."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.runtime.services.approvals.deciding.verdicts import Tally, verdict
from engine.runtime.services.identity import people
from tests.flows.offices import Clerk, Office
from tests.web.doors import PASSWORD, Browser

VOTE = "[{approve: vote, by: role(finance), mode: count, need: 1, name: {zh: 表决, en: Vote}}]"
ANY = "[{approve: vote, by: role(finance), mode: any, name: {zh: 表决, en: Vote}}]"


@pytest.mark.parametrize(("mode", "need", "tally", "wanted"), [
    ("count", "2", Tally(1, 0, 1, 1), None),                 # two of three: one yes, one open, one abstained
    ("count", "2", Tally(1, 0, 0, 2), "rejected"),           # it cannot be won any more
    ("fraction", "1/2", Tally(2, 0, 0, 2), "approved"),      # half of four, those who abstained among them
    ("fraction", "1/2", Tally(1, 0, 0, 2), "rejected"),      # one of three is less than a half
    ("percent", "60%", Tally(0, 0, 0, 3), "rejected"),       # nobody said yes
])
def test_what_is_cast_counts_among_all(mode: str, need: str, tally: Tally, wanted: str | None) -> None:
    assert verdict(mode, need, "at_end", tally) == wanted


def test_the_others_decide(database_url: str) -> None:
    office = Office(database_url, VOTE)
    claim = office.claim("50")
    told = Clerk(office, "qian").program.get(f"/api/tasks/{office.task('qian', claim)}").json
    assert "abstain" in told["verbs"]
    status, _ = Clerk(office, "qian").post(f"/api/tasks/{office.task('qian', claim)}/abstain", comment="my cousin")
    assert status == 200 and office.asked(claim) == ["sun"] and office.state(claim) == "pending"
    people.set_password(office.site, "li", PASSWORD)
    page = Browser(office.app.test_client()).sign_in("li").get(f"/apps/office/records/claim/{claim.id}").text
    assert "abstained" in page and "my cousin" in page
    office.decide("sun", claim, "approve")
    assert office.state(claim) == "paid"
    office.site.database.close()


def test_all_abstain(database_url: str) -> None:
    office = Office(database_url, VOTE)
    claim = office.claim("50")
    office.decide("qian", claim, "abstain")
    office.decide("sun", claim, "abstain")
    assert office.state(claim) == "draft", "nobody said yes"
    office.site.database.close()


def test_who_alone_decides_cannot(database_url: str) -> None:
    office = Office(database_url, ANY)
    claim = office.claim("50")
    with pytest.raises(Refused):
        office.decide("qian", claim, "abstain")
    people.set_password(office.site, "qian", PASSWORD)
    task = office.task("qian", claim)
    page = Browser(office.app.test_client()).sign_in("qian").get(f"/apps/office/tasks/{task}").text
    assert "Approve" in page and "Abstain" not in page
    office.site.database.close()
