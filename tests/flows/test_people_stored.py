"""People who are away or leave, what administrators do, and flows that run flows: with a database, jobs and REST."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from engine.errors import Forbidden
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, notices
from engine.runtime.services.approvals import absences, leavers
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.services.registers.verification import verify
from engine.runtime.storage import event_rows, flow_rows
from engine.runtime.storage.flow_tables import EVENTS
from engine.runtime.storage.live import Tx
from tests.flows.offices import MORNING, Clerk, Office
from tests.web.doors import Program

STEPS = """
      - {approve: head, by: manager_of(creator), name: {zh: 主管, en: Head}, due: {in: 1 day, then: approve}}
      - {approve: money, by: role(finance), mode: all, name: {zh: 财务, en: Finance}}
"""
DAY = dt.timedelta(days=1)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url, STEPS)
    yield made
    made.site.database.close()


def person(office: Office, login: str) -> Person:
    found = people.find(office.site, login)
    assert found is not None
    return found


def run_of(office: Office, ref: Ref) -> int:
    return office.view(ref).id


def test_81_a_substitute_is_asked_while_somebody_is_away(office: Office) -> None:
    wang, li = Clerk(office, "wang"), Clerk(office, "li")
    span = {"since": MORNING.isoformat(), "until": (MORNING + DAY).isoformat()}
    assert wang.post("/api/absences", to="wang", **span)[0] == 422
    assert wang.post("/api/absences", to="zhou", flows=["office.nosuch"], **span)[0] == 422
    assert wang.post("/api/absences", to="zhou", since=span["until"], until=span["since"])[0] == 422
    assert li.post("/api/absences", user="wang", to="zhou", **span)[0] == 403
    status, entered = wang.post("/api/absences", to="zhou", flows=["office.approval"], **span)
    assert status == 201 and entered["to"]["name"] == "Zhou" and entered["may_end"]
    [seen] = Clerk(office, "zhou").get("/api/absences")[1]["items"]
    assert seen["id"] == entered["id"] and not seen["may_end"]
    claim = office.claim()
    assert office.asked(claim) == ["zhou"]
    [task] = [one for step in office.view(claim).steps for one in step.people]
    assert task.on_behalf is not None and task.on_behalf.title == "Wang"
    assert office.box("wang") == [] and office.read("wang", lambda tx: flow_rows.may_read(
        tx, "claim", claim.id, office.id("wang")))
    office.decide("zhou", claim, "approve")
    assert sorted(office.asked(claim)) == ["qian", "sun"]
    office.now = MORNING + DAY                 # the end is exclusive
    assert office.asked(office.claim()) == ["wang"]
    office.now = MORNING + dt.timedelta(hours=1)
    assert li.post(f"/api/absences/{entered['id']}/end")[0] == 404
    assert wang.post(f"/api/absences/{entered['id']}/end")[0] == 200
    assert office.asked(office.claim()) == ["wang"]


def test_81_one_of_a_role_is_left_out_while_away(office: Office) -> None:
    until = MORNING + DAY
    absences.declare(office.site, person(office, "qian"), office.id("qian"), office.id("zhou"), MORNING, until)
    claim = office.claim()
    office.decide("wang", claim, "approve")
    assert office.asked(claim) == ["sun"]


def test_83_all_of_a_leaver_is_handed_over(office: Office) -> None:
    first, second, _ = office.claim(), office.claim(), office.claim(login="wang")
    office.decide("wang", first, "approve")
    office.decide("qian", first, "delegate", to=office.id("wang"))
    admin = Clerk(office, "admin")
    had = admin.get("/api/people/wang/estate")[1]
    assert len(had["tasks"]) >= 2 and had["departments"] == ["sales"]
    assert Clerk(office, "li").post("/api/people/wang/hand-over", to="zhou")[0] == 403
    assert admin.post("/api/people/wang/hand-over", to="wang")[0] == 422
    status, report = admin.post("/api/people/wang/hand-over", to="zhou", reason="retired")
    assert status == 200 and report["refused"] == [] and report["tasks"] == len(had["tasks"])
    assert office.asked(second) == ["zhou"] and "zhou" in office.asked(first)
    assert people.by_id(office.site, office.id("wang")) is None
    assert office.asked(office.claim()) == ["zhou"], "the department has another head"
    [done] = office.view(first).steps[0].people
    assert (done.user.title, done.decision) == ("Wang", "approve")
    left = leavers.estate(office.site, office.id("wang"))
    assert not (left.tasks or left.owned or left.departments or left.stands_in)
    with office.site.database.read() as connection:
        [disabled] = event_rows.listed(connection, kinds=("account_disabled",))
    assert (disabled["subject"], disabled["actor_name"]) == ("wang", "admin")
    assert office.read("app", lambda tx: flow_rows.unbroken(tx, run_of(office, second)))


def test_who_is_disabled_is_never_asked(office: Office) -> None:
    people.set_active(office.site, "wang", False)
    assert office.asked(office.claim()) == ["admin"]


def test_administrators_steer_over_rest(office: Office) -> None:
    claim = office.claim()
    run, admin = run_of(office, claim), Clerk(office, "admin")
    base = f"/api/office/instances/{run}"
    narrow = Program(admin.program.client, people.make_token(office.site, office.id("admin"), scopes=["office:read"]))
    assert {narrow.get(base).status_code, narrow.get("/api/absences").status_code} == {403}
    assert narrow.get("/api/people/wang/estate").status_code == 403
    assert Clerk(office, "li").get(base)[0] == 403 and admin.get("/api/office/instances/99999")[0] == 404
    [row] = admin.get("/api/office/instances")[1]["items"]
    assert row["id"] == run and row["waiting_for"] == ["Wang"]
    whole = admin.get("/api/office/instances?limit=1&status=all")[1]
    assert whole["items"] == [row] and whole["next"] is None, "nothing follows the last one"
    assert admin.post(f"{base}/suspend")[0] == 422 and admin.post(f"{base}/dance", reason="x")[0] == 404
    assert admin.post(f"{base}/suspend", reason="an audit")[0] == 200
    status, problem = Clerk(office, "wang").post(f"/api/tasks/{_task(admin, base)}/approve")
    assert (status, problem["code"]) == (423, "suspended")
    office.now += 3 * DAY
    drain(office.site, handlers(office.site), office.now)
    assert office.view(claim).status == "suspended"
    assert admin.post(f"{base}/resume", reason="it is over")[0] == 200
    drain(office.site, handlers(office.site), office.now)
    assert office.asked(claim) == ["wang"], "the deadline has as much time left as it had"
    found = admin.post(f"{base}/reassign", reason="ill", task=_task(admin, base), to="zhou")[1]
    assert found["waiting_for"] == ["Zhou"] and found["steps"] == ["head", "money"]
    assert admin.post(f"{base}/jump", reason="quick", step="money")[1]["waiting_for"] == ["Qian", "Sun"]
    assert admin.post(f"{base}/retry", reason="again")[0] == 409
    status, found = admin.post(f"{base}/terminate", reason="a mistake")
    assert (status, found["status"]) == (200, "terminated") and office.state(claim) == "draft"
    kinds = [one["type"] for one in found["history"]]
    assert {"suspended", "resumed", "reassigned", "jumped", "terminated"} <= {*kinds}
    assert "an administrator" in office.read("li", notices.inbox)[0].text.to("en")


def _task(admin: Clerk, base: str) -> int:
    return int(next(one["id"] for one in admin.get(base)[1]["tasks"] if one["status"] == "pending"))


def test_only_administrators_steer(office: Office) -> None:
    claim = office.claim()
    run = run_of(office, claim)

    def act(tx: Tx) -> None:
        commands.steer(tx, run, "terminate", Steered("because"))

    with pytest.raises(Forbidden, match="administrators"):
        office.run("wang", act)
    assert office.asked(claim) == ["wang"]


def test_an_approval_begins_anew_by_the_live_version(office: Office) -> None:
    claim = office.claim("200")
    run, admin = run_of(office, claim), Clerk(office, "admin")
    base = f"/api/office/instances/{run}"
    assert admin.post(f"{base}/migrate", reason="x")[1]["code"] == "same_version"
    office.decide("wang", claim, "approve")
    office.publish("[{approve: board, by: role(board), mode: any}]")
    assert admin.post(f"{base}/migrate")[0] == 422
    assert admin.post(f"{base}/migrate", reason="new rules")[1]["status"] == "terminated"
    assert office.state(claim) == "pending" and office.asked(claim) == ["li"]
    office.decide("li", claim, "resubmit")
    assert sorted(office.asked(claim)) == ["chen", "fan"]
    office.decide("fan", claim, "approve")
    assert office.state(claim) == "paid"


def test_a_participant_lets_others_read_and_keeps_what_is_written(office: Office) -> None:
    claim = office.claim()
    task, wang = office.task("wang", claim), Clerk(office, "wang")
    assert wang.post(f"/api/tasks/{task}/cc", to=["zhou", "fan"], comment="look")[0] == 200
    assert [item.record for item in office.box("zhou", "copied")] == [claim]
    assert Clerk(office, "sun").post(f"/api/tasks/{task}/cc", to="sun")[0] == 404, "strangers see nothing"
    assert wang.post(f"/api/tasks/{task}/cc")[0] == 422
    assert wang.post(f"/api/tasks/{task}/stash", comment="not sure yet")[0] == 200
    [mine] = office.view(claim).steps[0].people
    assert (mine.opinion, mine.status, mine.decision) == ("not sure yet", "pending", "")
    assert Clerk(office, "zhou").post(f"/api/tasks/{task}/stash", comment="mine")[0] == 403


def test_verify_finds_a_history_that_was_changed(office: Office) -> None:
    claim = office.claim()
    office.decide("wang", claim, "approve")
    assert verify(office.site, "office") == []
    with office.site.database.write() as connection:
        connection.execute(update(EVENTS).where(EVENTS.c.type == "approved").values(actor=office.id("zhou")))
    [found] = verify(office.site, "office")
    assert (found.what, found.place) == ("history", f"approval {run_of(office, claim)}")


def test_deadlines_follow_the_calendar(database_url: str) -> None:
    steps = "[{approve: head, by: manager_of(creator), due: {in: 1 working days}}]"
    office = Office(database_url, steps)       # Monday
    claim = office.claim()
    due = office.box("wang")[0].due_at
    text = office.site.texts("office")
    name, source = next(iter(text.items()))
    closed = source + "\ncalendar: late\ncalendars: {late: {week: {wed-fri: '9:00-12:00, 13:00-18:00'}}}\n"
    office.site.publish({name: closed})
    drain(office.site, handlers(office.site), office.now)
    moved = office.box("wang")[0].due_at
    assert due is not None and moved == due + DAY, "Tuesday is no working day any more"
    assert office.asked(claim) == ["wang"]
    office.site.database.close()


def test_85_a_mail_s_link_decides_once_and_only_when_asked(database_url: str) -> None:
    office = Office(database_url, "[{approve: head, by: manager_of(creator)}]")
    [(name, source)] = office.site.texts("office").items()
    office.site.publish({name: source.replace("    of: claim\n", "    of: claim\n    mail_decide: true\n")})
    people.add_user(office.site, "wang", None, None, email="wang@example.com")
    post: list[EmailMessage] = []
    work = handlers(office.site, post.append)
    client = office.app.test_client()

    def link(login: str = "li") -> tuple[Ref, str]:
        claim = office.claim(login=login)
        drain(office.site, work, office.now)
        return claim, post[-1].get_content().rsplit("http://erp.example", 1)[1].strip()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.site, "public_url", "http://erp.example")
        claim, path = link()
        assert post[0]["Subject"] == "Please approve C001 (Head)" and "C001 (Head)" in post[0].get_content()
        for _ in range(3):                     # scanners look at every link
            seen = client.get(path, headers={"Accept-Language": "en"})
            assert seen.status_code == 200 and "Approve" in seen.text and "50.00</dd>" in seen.text
            assert seen.headers["Referrer-Policy"] == "strict-origin"
        assert client.head(path).status_code == 200 and office.asked(claim) == ["wang"]
        foreign = client.post(path, data={"verb": "approve"}, headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403 and office.asked(claim) == ["wang"]
        assert client.post(path, data={"verb": "transfer"}).status_code == 409
        assert client.post(path, data={"verb": "approve"}).status_code == 200
        assert office.state(claim) == "paid" and office.view(claim).steps[0].people[0].user.title == "Wang"
        assert client.get(path).status_code == 404 == client.post(path, data={"verb": "reject"}).status_code
        second, path = link()
        office.decide("wang", second, "transfer", to=office.id("zhou"))
        assert client.get(path).status_code == 404, "the task is another one's now"
        _, path = link()
        office.now += 4 * DAY
        assert client.get(path).status_code == 404, "it is too old"
        assert client.get("/decide/guess").status_code == 404
        third, path = link()
        people.set_active(office.site, "wang", False)
        assert client.get(path).status_code == 404 == client.post(path, data={"verb": "approve"}).status_code
        assert office.state(third) == "pending", "who has left decides nothing"
    office.site.database.close()
