"""Approvals that stand still are found and told of, once each, on both databases; what is not under way is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from engine.errors import Refused
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.schedules import wanted
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, notices
from engine.runtime.services.approvals import incidents
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.storage import flow_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.flow_tables import TASKS
from tests.flows.offices import Office
from tests.web.doors import PASSWORD, Browser

TOLD = "The approval of C001 stands still: see to it under All approvals"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url)
    yield made
    made.site.database.close()


def look(office: Office) -> None:
    """What a worker does every hour."""
    office.site.run("office", SERVICE, lambda tx: commands.look_after(tx, {}))
    drain(office.site, handlers(office.site), office.now)


def told(office: Office) -> int:
    return [one.text.to("en") for one in office.read("admin", notices.inbox)].count(TOLD)


def entries(office: Office) -> list[list[str]]:
    events = office.read("admin", lambda tx: flow_rows.events_of(tx, 1))
    assert office.read("admin", lambda tx: flow_rows.unbroken(tx, 1)), "the chain of the history holds"
    return [event["data"]["kinds"] for event in events if event["type"] == incidents.ENTRY]


def steer(office: Office, verb: str, given: Steered) -> None:
    office.run("admin", lambda tx: commands.steer(tx, 1, verb, given).record.id)


def test_nobody_is_left_to_decide(office: Office) -> None:
    claim = office.claim()
    look(office)
    assert (told(office), entries(office)) == (0, []), "it waits for somebody"
    people.set_active(office.site, "wang", False)
    look(office)
    look(office)
    assert (told(office), entries(office)) == (1, [["left"]]), "once, however often one looks"
    steer(office, "reassign", Steered("has left", task=1, to=office.id("qian")))
    look(office)
    assert told(office) == 1 and office.asked(claim) == ["qian"]
    people.set_password(office.site, "admin", PASSWORD)
    page = Browser(office.app.test_client()).sign_in("admin").get("/apps/office/notices").text
    assert TOLD in page and "/apps/office/approvals?trouble=any" in page, "not the record, which they may not see"
    people.set_active(office.site, "qian", False)
    look(office)
    assert (told(office), entries(office)) == (2, [["left"], ["left"]]), "something had happened in between"


def test_what_waits_for_nothing_is_found(office: Office) -> None:
    """Which never is: here the task is taken away behind the engine's back."""
    office.claim()
    with office.site.database.write() as connection:
        connection.execute(update(TASKS).values(status="cancelled"))
    look(office)
    look(office)
    assert (told(office), entries(office)) == (1, [["stuck"]])
    steer(office, "terminate", Steered("broken"))
    look(office)
    assert told(office) == 1


def test_it_is_looked_for_every_hour_where_there_are_flows(office: Office) -> None:
    with office.site.read("office", SERVICE) as tx:
        found = [one for one in wanted(tx.app) if one.kind == incidents.JOB]
    assert [one.args for one in found] == [{}]


def test_nothing_has_failed_and_nothing_is_under_way(office: Office) -> None:
    claim = office.claim()
    with pytest.raises(Refused) as refusal:
        steer(office, "retry", Steered("hm"))
    assert refusal.value.code == "no_incident"
    with pytest.raises(Refused) as refusal:
        office.run("li", lambda tx: commands.revoke(tx, 1, "why").record.id)
    assert refusal.value.code == "no_revoke"
    with pytest.raises(Refused) as refusal:
        office.act("li", claim, "submit")
    assert office.asked(claim) == ["wang"]
