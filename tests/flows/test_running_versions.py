"""What approvals under way use cannot be taken from under them: publishing is refused while they run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.definitions.compile import app_from
from engine.errors import Refused
from tests.flows import offices
from tests.flows.offices import Office

STEPS = """
      - {approve: head, by: manager_of(creator), edit: [note], require: [code], name: {zh: 主管, en: Head}}
      - {approve: money, by: role(finance), when: amount >= 100, mode: any, name: {zh: 财务, en: Finance}}
"""
SIMPLE = "[{approve: head, by: manager_of(creator)}]"
CODE = "      code: {type: text, zh: 科目, en: Code}\n"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url, STEPS)
    yield made
    made.site.database.close()


def publish(office: Office, old: str, new: str, steps: str = SIMPLE) -> None:
    text = offices._text(steps, "until_first_decision")  # noqa: SLF001 - the definition of the office
    assert old in text
    office.site.publish(app_from(text.replace(old, new)).texts)


@pytest.mark.parametrize(("old", "new", "what"), [
    (CODE, "", "claim.code"),
    ("      code: {type: text", "      account: {was: code, type: text", "claim.code"),
    ("      amount: {type: money, required: true, zh: 金额, en: Amount}\n", "", "claim.amount"),
])
def test_what_they_read_stays(office: Office, old: str, new: str, what: str) -> None:
    claim = office.claim("50")
    text = offices._text(SIMPLE, "until_first_decision").replace(old, new)  # noqa: SLF001
    if what == "claim.amount":
        text = text.replace("checks: [{that: amount < 1000, else: approve, called: big, say: {zh: 大额, en: Big}}]", "")
    with pytest.raises(Refused, match=rf"1 approvals under way of Claim approval \(version 1\) still use {what}: C001"):
        office.site.publish(app_from(text).texts)
    office.decide("wang", claim, "approve", {"code": "7"})
    assert office.state(claim) == "paid"
    office.site.publish(app_from(text).texts)


def test_what_they_do_not_use_may_go_and_steps_may_change(office: Office) -> None:
    claim = office.claim("50")
    publish(office, "      dropped: {zh: 作废, en: Dropped, final: true}\n",
            "      dropped: {zh: 作废, en: Gone, final: true}\n", STEPS.replace("mode: any", "mode: all"))
    office.decide("wang", claim, "approve", {"code": "7"})
    assert office.state(claim) == "paid"


def test_the_action_in_which_they_end_stays(office: Office) -> None:
    office.claim("50")
    text = offices._text(SIMPLE, "until_first_decision")  # noqa: SLF001
    text = text.replace("      pay: {from", "      settle: {from").replace("on_approved: pay", "on_approved: settle")
    with pytest.raises(Refused, match="still use pay"):
        office.site.publish(app_from(text).texts)
