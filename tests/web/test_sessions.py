"""What a form becomes that cannot be taken: the session has ended, the page is older than it, the site is busy."""

from __future__ import annotations

import html
import re

import pytest
from flask import g
from werkzeug.test import TestResponse

from engine.errors import Busy
from engine.runtime.services import commands
from engine.runtime.services.identity import people
from engine.runtime.storage import people_rows
from engine.runtime.web import visits
from engine.runtime.web.snapshots import end
from engine.texts import say
from tests.web.doors import PASSWORD, Browser, Door, told

NEW = "/apps/shop/records/customer/new"
FORM = {"name": "Müller & <Söhne>", "_key": "k1"}


def ended(browser: Browser) -> Browser:
    """The browser after its session has ended; its page still carries the old token."""
    browser.client.delete_cookie("sid")
    return browser


def hidden(answer: TestResponse, action: str) -> dict[str, str]:
    """The hidden fields of the form on a page that goes to this address."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', answer.text, re.S)
    assert form, answer.text
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
    return {html.unescape(name): html.unescape(value) for name, value in found}


def customers(door: Door) -> list[str]:
    return [item["name"] for item in door.program("wang").get("/api/shop/customer").json["items"]]


def test_a_form_is_kept_while_one_signs_in_again(door: Door) -> None:
    li = ended(door.browser("li"))
    kept = li.post(NEW, FORM)
    assert kept.status_code == 401 and "Your session has ended" in kept.text and not customers(door)
    carried = hidden(kept, "/sign-in")
    wrong = li.post("/sign-in", {**carried, "login": "li", "password": "no"})
    assert wrong.status_code == 401
    signed = li.post("/sign-in", {**hidden(wrong, "/sign-in"), "login": "li", "password": PASSWORD})
    assert signed.status_code == 200 and not customers(door), "nothing is sent unasked"
    again = hidden(signed, NEW)
    for _ in range(2):                         # pressed twice, it makes one record: the key is still the form's
        assert li.client.post(NEW, data=again, headers=li.headers).status_code == 303
    assert customers(door) == [FORM["name"]]


def test_a_page_older_than_the_session_offers_its_form_again(door: Door) -> None:
    li = door.browser("li")
    yesterday = li.csrf
    li.client.delete_cookie("sid")
    li.sign_in("li").csrf = yesterday
    refused = li.post(NEW, FORM)
    assert refused.status_code == 403 and refused.headers["X-Refused"] == "csrf"
    assert li.client.post(NEW, data=hidden(refused, NEW), headers=li.headers).status_code == 303
    assert customers(door) == [FORM["name"]]


def test_nobody_sends_the_form_of_another_person(door: Door) -> None:
    li = ended(door.browser("li"))
    carried = hidden(li.post(NEW, FORM), "/sign-in")
    other = li.post("/sign-in", {**carried, "login": "sun", "password": PASSWORD})
    assert (other.status_code, other.headers["Location"]) == (303, "/"), "let go, and it is said"
    home = li.get("/apps/shop/").text
    assert "another person" in home and "Söhne" not in home
    refused = li.post(NEW, FORM)               # of the page that li has left open, while sun is signed in
    assert refused.status_code == 403 and "Söhne" not in refused.text
    ended(li)
    li.csrf = "of nobody"
    assert li.post("/sign-in", {**hidden(li.post(NEW, FORM), "/sign-in"), "login": "li", "password": PASSWORD}
                   ).headers["Location"] == "/", "whose it is must be known"
    assert not customers(door)


def test_what_another_site_or_a_stranger_sent_is_not_offered(door: Door) -> None:
    li = ended(door.browser("li"))
    for origin in ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none"}):
        assert "Söhne" not in li.post(NEW, FORM, **origin).text
    assert "secret" not in li.post("/profile/password", {"old": "secret", "new": "secret"}).text, "no password is shown"
    forged = {"login": "li", "password": PASSWORD, "_resend_to": "https://evil.example/x", "_resend.name": "x"}
    assert li.post("/sign-in", forged).headers["Location"] == "/"


def test_scripts_are_told_that_the_session_has_ended_and_get_the_new_token(door: Door) -> None:
    li = ended(door.browser("li"))
    for headers in ({"Accept": "application/json"}, {"HX-Request": "true"}):
        for answer in (li.post(f"{NEW.removesuffix('new')}preview", **headers), li.get("/apps/shop/", **headers)):
            assert answer.status_code == 401 and "HX-Redirect" not in answer.headers
    script = {"Accept": "application/json"}
    refused = li.post("/sign-in", {"login": "li", "password": "no"}, **script)
    assert refused.status_code == 403 and refused.json["detail"], told(refused)
    signed = li.post("/sign-in", {"login": "li", "password": PASSWORD}, **script)
    assert signed.json == {"login": "li", "csrf": li.get("/session", **script).json["csrf"]}
    li.csrf = signed.json["csrf"]
    assert li.post(NEW, FORM).status_code == 303


@pytest.mark.parametrize(("failure", "status"), [(Busy(say(zh="忙", en="Busy")), 503), (RuntimeError("defect"), 500)])
def test_a_site_that_is_busy_or_breaks_keeps_the_form(
    door: Door, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    li = door.browser("li")

    def fails(*_: object, **__: object) -> None:
        raise failure

    with monkeypatch.context() as broken:
        broken.setattr(commands, "create", fails)
        answer = li.post(NEW, FORM)
    assert answer.status_code == status and "What you typed is kept" in answer.text
    assert li.client.post(NEW, data=hidden(answer, NEW), headers=li.headers).status_code == 303
    assert customers(door) == [FORM["name"]]


def test_error_pages_lead_on(door: Door) -> None:
    li = door.browser("li")
    base = "http://localhost/apps/shop/"
    gone = li.get("/apps/shop/records/customer/4711", Referer=base)
    assert gone.status_code == 404
    for part in ('href="/apps/shop/records/customer"', 'href="/apps/shop/"', "data-back"):
        assert part in gone.text
    assert "evil" not in li.get("/apps/shop/records/customer/4711", Referer="https://evil.example/").text
    large = li.client.post(NEW, data={"name": "x" * 40_000_000}, headers=li.headers)
    assert large.status_code == 413 and "Nothing was saved" in large.text


def given(door: Door, login: str, *roles: str) -> None:
    """An administrator gives somebody these roles instead of those held."""
    site, person = door.shop.site, people.find(door.shop.site, login)
    assert person is not None
    with site.database.write() as connection:
        people.set_roles(site, connection, person.id, login, "shop", roles)


def test_who_loses_a_role_during_a_session_has_lost_it_at_the_next_request(door: Door) -> None:
    """Also with a form that is open, and with a token; who is disabled has no session at all."""
    site, li, program = door.shop.site, door.browser("li"), door.program("li")
    assert li.get(NEW).status_code == 200 and program.get("/api/shop/customer").status_code == 200
    before = customers(door)
    given(door, "li")
    assert [li.get(path).status_code for path in (NEW, "/apps/shop/records/customer")] == [403, 404]
    assert li.post(NEW, {**FORM, "name": "Late"}).status_code == 403
    assert program.post("/api/shop/customer", {"name": "Late"}).status_code == 403
    assert program.get("/api/shop/customer").status_code == 404 and customers(door) == before
    given(door, "li", "sales")
    assert li.get(NEW).status_code == 200 and program.get("/api/shop/customer").status_code == 200
    people.set_active(site, "li", False)
    assert li.get(NEW).status_code == 303 and program.get("/api/shop/customer").status_code == 401
    people.set_active(site, "li", True)
    assert li.get(NEW).status_code == 303, "the session does not come back"


def test_what_a_command_changes_of_the_visitors_own_rights_holds_in_its_answer(door: Door) -> None:
    with door.app.test_request_context("/"):
        g.visit = visits.Visit(people.find(door.shop.site, "li"))
        assert visits.actor("shop").roles
        visits.run("shop", lambda tx: people_rows.set_roles(tx.connection, tx.actor.id, "shop", []))
        assert not visits.actor("shop").roles
        end()
