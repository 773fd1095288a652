"""The administrator's pages: accounts are added, changed and disabled there, and nobody else comes in."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from engine.runtime.services.identity import people
from tests.web.doors import PASSWORD, Browser, Door, told


@pytest.fixture
def root(door: Door) -> Browser:
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    return door.browser("boss")


def test_only_administrators_come_here(door: Door) -> None:
    for login in ("li", "ada"):
        assert door.browser(login).get("/people/").status_code == 403
        assert (
            door.browser(login)
            .post("/people/save", {"login": "mole", "password": PASSWORD, "admin": "true"})
            .status_code
            == 403
        )
    assert people.find(door.shop.site, "mole") is None


def test_an_account_is_added_with_its_roles(door: Door, root: Browser) -> None:
    people.add_department(door.shop.site, "Exports")
    form = {
        "login": "mia",
        "name": "Mia",
        "password": PASSWORD,
        "department": "Exports",
        "roles.shop": ["sales", "store"],
    }
    assert root.post("/people/save", form).location == "/people/"
    page = root.get("/people/").text
    assert "Mia" in page and "Exports" in page
    assert door.browser("mia").get("/apps/shop/records/receipt").status_code == 200
    root.post("/people/save", {"known": "mia", "login": "mia", "name": "Mia", "department": ""})
    assert "Exports" not in root.get("/people/").text


def test_wrong_answers_keep_the_form(door: Door, root: Browser) -> None:
    short = root.post("/people/save", {"login": "mia", "name": "Mia", "password": "short"})
    assert (
        short.status_code == 422 and 'value="Mia"' in short.text and "short" not in short.text.replace("shortcut", "")
    )
    taken = root.post("/people/save", {"login": "li", "name": "Other", "password": PASSWORD})
    assert taken.status_code == 422 and "already" in taken.text
    odd = root.post("/people/save", {"login": "m i a", "password": PASSWORD})
    assert odd.status_code == 422


def test_a_change_keeps_password_and_language(door: Door, root: Browser) -> None:
    assert 'value="sales" checked' in root.get("/people/li").text
    changed = root.post("/people/save", {"known": "li", "login": "li", "name": "Li Na", "roles.shop": ["store"]})
    assert changed.status_code == 303, told(changed)
    li = door.browser("li")
    assert (
        li.get("/apps/shop/records/receipt").status_code == 200
        and li.get("/apps/shop/records/customer").status_code == 404
    )
    person = people.find(door.shop.site, "li")
    assert person is not None and (person.name, person.language) == ("Li Na", "en")


def test_disabling_ends_the_sessions(door: Door, root: Browser) -> None:
    li = door.browser("li")
    assert root.post("/people/li/active", {"active": "false"}).status_code == 303
    assert li.get("/apps/shop/").status_code == 303
    assert li.post("/sign-in", {"login": "li", "password": PASSWORD}).status_code == 401
    root.post("/people/li/active", {"active": "true"})
    assert door.browser("li").get("/apps/shop/").status_code == 200


def test_administrators_do_not_lock_themselves_out(door: Door, root: Browser) -> None:
    assert root.post("/people/boss/active", {"active": "false"}).status_code == 422
    root.post("/people/save", {"known": "boss", "login": "boss", "name": "Boss"})
    assert root.get("/people/").status_code == 200


def test_people_tell_when_they_are_away_and_administrators_of_everybody(door: Door, root: Browser) -> None:
    li, wang = door.browser("li"), people.find(door.shop.site, "wang")
    assert wang is not None and 'href="/absences/"' in li.get("/profile").text
    asked = {"since": "2026-03-02T09:00", "until": "2099-03-09T09:00", "to": str(wang.id)}
    wrong = li.post("/absences/", asked)
    assert wrong.status_code == 422 and "A year at most" in wrong.text and 'value="2026-03-02T09:00"' in wrong.text
    assert li.post("/absences/", {**asked, "since": ""}).status_code == 422
    soon = dt.datetime.now() + dt.timedelta(days=3)
    told_ = li.post("/absences/", {**asked, "since": soon.isoformat()[:16], "until": f"{soon + dt.timedelta(2)}"[:16]})
    assert told_.status_code == 303, told(told_)
    assert "Wang" in li.get("/absences/").text and "to come" in li.get("/absences/").text
    assert "Absences of others" in root.get("/absences/").text
    [id] = re.findall(r"/absences/(\d+)/end", li.get("/absences/").text)
    assert door.browser("zhao").post(f"/absences/{id}/end").status_code == 404
    assert li.post(f"/absences/{id}/end").status_code == 303
    assert f"/absences/{id}/end" not in li.get("/absences/").text


def test_administrators_hand_over_the_work_of_who_leaves(door: Door, root: Browser) -> None:
    wang = people.find(door.shop.site, "wang")
    assert wang is not None and "/people/li/hand-over" in root.get("/people/li").text
    assert door.browser("wang").get("/people/li/hand-over").status_code == 403
    assert "Approvals that wait" in root.get("/people/li/hand-over").text
    refused = root.post("/people/li/hand-over", {"to": "", "disable": "true"})
    assert refused.status_code == 422 and "Choose who takes over" in refused.text
    done = root.post("/people/li/hand-over", {"to": str(wang.id), "reason": "left", "disable": "true"})
    assert done.status_code == 200 and "The work is handed over." in done.text, told(done)
    assert not next(one for one in people.all_users(door.shop.site) if one["login"] == "li")["active"]
