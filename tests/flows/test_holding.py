"""What a running approval holds, at the doors, and an administrator's correction of it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Conflict, Invalid, Locked
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, notices, reading
from engine.runtime.services.identity import people
from engine.runtime.services.rights import access
from engine.runtime.storage import flow_rows
from tests.flows import offices
from tests.flows.offices import Clerk, Office
from tests.web.doors import PASSWORD, Browser

STEPS = "[{approve: money, by: role(finance), mode: any, edit: [code], name: {zh: 财务, en: Finance}}]"


@pytest.fixture
def office(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A state opens fields while the approval is under way; the approval holds them all the same."""
    opened = offices.OFFICE.replace("pending: {zh: 审批中", "pending: {edit: [amount, note], zh: 审批中")
    seeing = opened.replace("delete: creator = me}}", "delete: creator = me}, finance: {see: true, edit: true}}")
    assert seeing != opened != offices.OFFICE
    monkeypatch.setattr(offices, "OFFICE", seeing)
    made = Office(database_url, STEPS)
    with made.site.database.write() as connection:
        people.set_roles(made.site, connection, made.id("admin"), "admin", "office", ["finance"])
    for login in ("admin", "li", "qian"):
        people.set_password(made.site, login, PASSWORD)
    yield made
    made.site.database.close()


def change(office: Office, login: str, claim: Ref, override: str = "", **values: str) -> None:
    office.run(login, lambda tx: commands.update(
        tx, "claim", claim.id, inputs.read(tx, "claim", values), override=override).id)


def editable(office: Office, login: str, claim: Ref) -> list[str]:
    with office.site.read("office", office.actor(login)) as tx:
        fields = access.allowed(reading.get(tx, "claim", claim.id)).fields
        return [name for name, right in fields.items() if right.edit]


def test_it_is_offered_to_nobody_and_the_reason_is_told(office: Office) -> None:
    claim = office.claim("50")
    assert editable(office, "li", claim) == [] and editable(office, "admin", claim) == ["amount", "note"]
    li = Browser(office.app.test_client()).sign_in("li")
    page = li.get(f"/apps/office/records/claim/{claim.id}").text
    assert f"/claim/{claim.id}/edit" not in page and "is being approved (Claim approval)" in page
    allowed = Clerk(office, "li").program.get(f"/api/office/claim/{claim.id}/allowed").json
    assert "is being approved" in allowed["fields"]["amount"]["reason"]
    office.decide("qian", claim, "return", comment="more")
    assert "amount" in editable(office, "li", claim), "it came back to li"


def test_a_form_that_comes_too_late_keeps_what_was_typed(office: Office) -> None:
    claim = office.claim("50")
    li = Browser(office.app.test_client()).sign_in("li")
    version = office.read("li", lambda tx: reading.get(tx, "claim", claim.id).version)
    late = li.post(f"/apps/office/records/claim/{claim.id}/edit",
                   {"amount": "77", "note": "dear", "_version": str(version), "_key": "k" * 12})
    assert late.status_code == 423 and 'value="77"' in late.text and "withdraw it first" in late.text
    assert 'name="_override"' not in late.text, "no way for others than administrators"


def test_an_administrator_corrects_it_with_a_reason(office: Office) -> None:
    claim = office.claim("50")
    task, seen = office.task("qian", claim), office.box("qian")[0].version
    with pytest.raises(Locked):
        change(office, "admin", claim, amount="60")
    with pytest.raises(Locked):
        change(office, "li", claim, "I say so", amount="60")
    with pytest.raises(Locked):
        change(office, "admin", claim, "  ", amount="60")
    change(office, "admin", claim, "typed wrongly", amount="60")
    assert office.value(claim, "amount") == 60
    told = [one.text.to("en") for one in office.read("qian", notices.inbox)]
    assert told[0] == "C001 was corrected by an administrator while you are asked: look at it again"
    history = office.read("admin", lambda tx: flow_rows.events_of(tx, 1))
    (entry,) = [one for one in history if one["type"] == "record_changed"]
    assert (entry["data"]["fields"], entry["data"]["opinion"]) == (["amount"], "typed wrongly")
    assert office.read("admin", lambda tx: flow_rows.unbroken(tx, 1))
    with pytest.raises(Conflict):
        office.decide_task("qian", task, "approve", version=seen)
    office.decide("qian", claim, "approve")
    assert office.state(claim) == "paid"


def test_on_the_form_and_over_rest(office: Office) -> None:
    claim = office.claim("50")
    root = Browser(office.app.test_client()).sign_in("admin")
    place = f"/apps/office/records/claim/{claim.id}"
    assert f"{place}/edit" in root.get(place).text
    version = office.read("admin", lambda tx: reading.get(tx, "claim", claim.id).version)
    form = {"amount": "70", "_version": str(version), "_key": "a" * 12}
    asked = root.post(f"{place}/edit", form)
    assert asked.status_code == 423 and 'name="_override"' in asked.text and 'value="70"' in asked.text
    assert root.post(f"{place}/edit", {**form, "_override": "typed wrongly", "_key": "b" * 12}).status_code == 303
    assert "typed wrongly" in root.get(place).text and office.value(claim, "amount") == 70
    admin, li = Clerk(office, "admin").program, Clerk(office, "li").program
    rest = f"/api/office/claim/{claim.id}"
    assert admin.patch(rest, {"amount": "80"}).status_code == 423
    assert li.patch(f"{rest}?override=mine", {"amount": "80"}).status_code == 423
    assert admin.patch(f"{rest}?override=again", {"amount": "80"}).status_code == 200
    with pytest.raises(Invalid):
        office.run("admin", lambda tx: commands.update(tx, "claim", claim.id, {"amount": None}, override="x").id)
    assert office.value(claim, "amount") == 80 and office.asked(claim) == ["admin", "qian", "sun"]
