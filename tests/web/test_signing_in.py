"""Signing in: the second factor, sessions that are ended, passwords by mail, limits that lock nobody out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email.message import EmailMessage

import pyotp
import pytest

from engine import settings
from engine.cli.doctoring import of_factors
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.checkups import Finding
from engine.runtime.services.identity import coffers, people, signing
from engine.runtime.services.identity.coffers import Coffer
from engine.runtime.storage import event_rows, job_rows, sign_in_rows
from engine.runtime.web import limits
from engine.settings import BadSetting
from tests.web.doors import PASSWORD, SAME_ORIGIN, Browser, Door, peopled, told


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    shop = peopled(database_url)
    people.add_user(shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    people.add_user(shop.site, "li", None, None, email="Li@example.com")
    yield Door(shop)
    shop.site.database.close()


def later(door: Door, **span: float) -> None:
    door.shop.now += dt.timedelta(**span)


def events(door: Door, **wanted: object) -> list[str]:
    with door.shop.site.database.read() as connection:
        return [row["kind"] for row in event_rows.listed(connection, **wanted)]  # type: ignore[arg-type]


def enrolled(door: Door, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """A second factor set up in the profile, and its recovery codes."""
    browser.post("/profile/second-factor/begin")
    page = browser.get("/profile/second-factor").text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret and 'src="data:image/svg+xml' in page
    totp = pyotp.TOTP(secret[1])
    assert browser.post("/profile/second-factor/confirm", {"code": "000000"}).status_code == 422
    done = browser.post("/profile/second-factor/confirm", {"code": totp.at(door.shop.now)})
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", done.text)
    assert done.status_code == 200 and len(set(codes)) == 10, told(done)
    return totp, codes


def passed(door: Door, code: str, login: str = "li") -> tuple[int, Browser]:
    """What signing in comes to with a password and a code."""
    browser = door.browser()
    first = browser.post("/sign-in", {"login": login, "password": PASSWORD})
    assert first.status_code == 200 and 'name="code"' in first.text, told(first)
    assert browser.get("/apps/shop/").status_code == 303, "the password alone opens nothing"
    return browser.post("/sign-in/code", {"code": code}).status_code, browser


def test_a_second_factor_is_asked_for_and_each_code_works_once(door: Door) -> None:
    li, other = door.browser("li"), door.browser("li")
    token = door.program("li")
    totp, recovery = enrolled(door, li)
    assert li.get("/profile").status_code == 200 and other.get("/profile").status_code == 303
    assert token.get("/api/shop/sale").status_code == 401, "what a stolen password may have made ends too"
    used = totp.at(door.shop.now)
    assert passed(door, used)[0] == 401, "the code that turned it on has been used"
    later(door, seconds=30)
    code = totp.at(door.shop.now)
    status, browser = passed(door, code)
    assert status == 303 and browser.get("/apps/shop/").status_code == 200
    assert passed(door, code)[0] == 401, "a code works once"
    later(door, seconds=90)
    assert passed(door, totp.at(door.shop.now - dt.timedelta(seconds=60)))[0] == 401, "too old"
    assert passed(door, recovery[0])[0] == 303 and passed(door, recovery[0])[0] == 401
    assert passed(door, recovery[1].upper().replace("-", " "))[0] == 303
    assert {"factor_on", "recovery_used", "code_refused", "signed_in"} <= set(events(door, person="li"))


def test_secrets_of_second_factors_are_sealed_by_a_key_that_is_not_in_the_database(door: Door) -> None:
    """Those of before are sealed when the site has a secret; it may be changed; without it no code is taken."""
    site, old, new = door.shop.site, "o" * 32, "n" * 32
    totp, recovery = enrolled(door, door.browser("li"))

    def kept() -> str:
        with site.database.read() as connection:
            return sign_in_rows.secrets(connection)[0][1]

    def opened(*secrets: str) -> Finding:
        """The site started anew with these secrets, and what `doctor` says of it."""
        site.coffer = Coffer(secrets)
        with site.database.write() as connection:
            coffers.seal_all(connection, site.coffer)
        return next(iter(of_factors(site)))

    def code() -> str:
        later(door, seconds=30)
        return totp.at(door.shop.now)

    assert kept() == totp.secret and opened().level == "warning"
    assert opened(old).level == "ok" and totp.secret not in kept() and len(kept()) <= 64
    assert passed(door, code())[0] == 303
    before = kept()
    assert opened(new, old).level == "ok" and kept() != before and opened(new).level == "ok"
    assert passed(door, code())[0] == 303
    assert opened("x" * 32).level == "error" == opened().level, "neither another secret nor none opens it"
    assert passed(door, code())[0] == 401 and passed(door, recovery[0])[0] == 303
    user = people.find(site, "li")
    assert user is not None and Coffer((new,)).open(user.id + 1, kept()) is None, "it is bound to its account"
    with pytest.raises(BadSetting, match="32 characters"):
        settings.load({"FORMWORK_SECRET": f"{new},short"})


def test_codes_cannot_be_guessed_and_the_second_step_does_not_last(door: Door) -> None:
    totp, _ = enrolled(door, door.browser("li"))
    later(door, seconds=30)
    browser = passed(door, "111111")[1]
    answers = [browser.post("/sign-in/code", {"code": f"{n:06}"}).status_code for n in range(signing.CODE_TRIES)]
    assert answers == [401] * signing.CODE_TRIES
    assert browser.post("/sign-in/code", {"code": totp.at(door.shop.now)}).status_code == 401
    assert 'name="password"' in browser.post("/sign-in/code", {"code": "1"}).text, "it begins anew"
    slow = door.browser()
    slow.post("/sign-in", {"login": "li", "password": PASSWORD})
    later(door, minutes=11)
    assert slow.post("/sign-in/code", {"code": totp.at(door.shop.now)}).status_code == 401


def test_codes_cannot_be_guessed_in_many_attempts_either(door: Door) -> None:
    """Who knows the password begins anew after five codes; a browser of the owner is not held up by that."""
    home = door.browser("li")
    totp, recovery = enrolled(door, home)
    later(door, seconds=30)
    home.post("/sign-out")

    def codes(browser: Browser, *given: str) -> list[int]:
        browser.post("/sign-in", {"login": "li", "password": PASSWORD})
        return [browser.post("/sign-in/code", {"code": one}).status_code for one in given]

    guesses = [f"{n:06}" for n in range(4)]
    tried = [status for _ in range(3) for status in codes(door.browser(), *guesses)]
    assert tried == [401] * signing.PER_CODES + [429] * 2
    assert codes(door.browser(), totp.at(door.shop.now)) == [429], "the right one too, for a while"
    assert codes(door.browser(), recovery[0]) == [429]
    assert codes(home, "000000", totp.at(door.shop.now)) == [401, 303]
    assert "barred" in events(door, kinds=("barred",))
    later(door, minutes=16)
    assert codes(door.browser(), totp.at(door.shop.now)) == [303]


def test_who_finds_an_open_session_guesses_no_password_in_it(door: Door) -> None:
    li = door.browser("li")
    enrolled(door, li)
    asked = [("/profile/password", {"old": "guess", "new": "another horse", "again": "another horse"}),
             ("/profile/second-factor/off", {"password": "guess"}), ("/profile/second-factor/renew", {"code": "1"})]
    codes = [li.post(*asked[n % 3]).status_code for n in range(limits.PROOFS + 2)]
    assert codes[:4] == [422] * 4 and codes[-2:] == [429] * 2, codes


def test_a_lost_phone_and_turning_off(door: Door) -> None:
    li, boss = door.browser("li"), door.browser("boss")
    enrolled(door, li)
    assert li.post("/profile/second-factor/off", {"password": "wrong"}).status_code == 422
    assert "Turn off, the phone is lost" in boss.get("/people/li").text
    assert door.browser("sun").post("/people/li/second-factor/reset").status_code == 403
    assert boss.post("/people/li/second-factor/reset").status_code == 303
    assert li.get("/profile").status_code == 303, "its sessions end"
    again = door.browser("li")
    later(door, minutes=1)
    enrolled(door, again)
    assert again.post("/profile/second-factor/off", {"password": PASSWORD}).status_code == 303
    assert again.get("/profile").status_code == 200 and door.browser("li").get("/profile").status_code == 200


def test_a_role_may_demand_a_second_factor(door: Door) -> None:
    door.shop.site.second_factor = ("shop:sales",)
    for login in ("li", "wang"):               # a manager is a salesperson too
        browser = door.browser()
        answer = browser.post("/sign-in", {"login": login, "password": PASSWORD})
        assert answer.location == "/profile/second-factor"
        assert browser.get("/apps/shop/").location == "/profile/second-factor"
        page = browser.get("/profile/second-factor")
        browser.csrf = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]  # type: ignore[index]
        assert browser.post("/apps/shop/records/customer/new", {"name": "x"}).status_code == 403
        enrolled(door, browser)
        assert browser.get("/apps/shop/").status_code == 200
        assert "Turn off" not in browser.get("/profile/second-factor").text
        assert browser.post("/profile/second-factor/off", {"password": PASSWORD}).status_code == 409
    assert door.browser("zhao").get("/apps/shop/").status_code == 200


def test_sessions_are_listed_and_ended_by_their_owner_and_by_administrators(door: Door) -> None:
    chrome = {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/120 Safari/537"}
    phone, desk = door.browser(), door.browser("li")
    phone.headers |= chrome
    phone.sign_in("li")
    listed = desk.get("/profile").text
    assert "Chrome · Linux" in listed and "this one" in listed
    person = people.find(door.shop.site, "li")
    assert person is not None
    ids = [one.id for one in signing.sessions_of(door.shop.site, person.id) if "Chrome" in one.agent]
    assert door.browser("sun").post("/profile/sessions/end", {"id": ids[0]}).status_code == 404
    assert desk.post("/profile/sessions/end", {"id": ids[0]}).status_code == 303
    assert phone.get("/profile").status_code == 303 and desk.get("/profile").status_code == 200
    third = door.browser("li")
    assert desk.post("/profile/sessions/end").status_code == 303
    assert third.get("/profile").status_code == 303 and desk.get("/profile").status_code == 200
    assert door.browser("boss").post("/people/li/sessions/end").status_code == 303
    assert desk.get("/profile").status_code == 303
    assert events(door, person="li").count("session_ended") == 3


def test_strangers_cannot_lock_the_owner_out(door: Door) -> None:
    """Failures from everywhere stop strangers, not a browser from which the owner has signed in before."""
    home = door.browser("li")
    home.post("/sign-out")

    def attempt(browser: Browser, password: str, place: str) -> int:
        data = {"login": "li", "password": password}
        return browser.client.post("/sign-in", data=data, headers=SAME_ORIGIN,
                                   environ_base={"REMOTE_ADDR": place}).status_code

    codes = [attempt(door.browser(), "guess", f"10.0.{n}.1") for n in range(signing.PER_LOGIN)]
    assert set(codes) == {401}
    assert attempt(door.browser(), PASSWORD, "10.9.9.9") == 429, "a new place waits, with the right password too"
    assert attempt(home, PASSWORD, "10.9.9.8") == 303
    home.client.delete_cookie("sid")
    assert [attempt(home, "wrong", "10.9.9.7") for _ in range(6)][-1] == 429, "it has five tries itself"
    later(door, minutes=16)
    assert attempt(door.browser(), PASSWORD, "10.9.9.9") == 303
    assert "barred" in events(door, kinds=("barred",))


def test_guesses_behind_one_address_shut_out_no_browser_that_its_owner_knows(door: Door) -> None:
    """An office behind one address: somebody there tries everybody's password."""
    home, office = door.browser("li"), {"REMOTE_ADDR": "192.0.2.7"}
    home.post("/sign-out")

    def attempt(browser: Browser, login: str, password: str) -> int:
        data = {"login": login, "password": password}
        return browser.client.post("/sign-in", data=data, headers=SAME_ORIGIN, environ_base=office).status_code

    codes = [attempt(door.browser(), f"guess{n}", "x") for n in range(signing.PER_ADDRESS)]
    assert set(codes) == {401} and attempt(door.browser(), "sun", PASSWORD) == 429, "an unknown browser waits"
    assert attempt(home, "sun", PASSWORD) == 429, "one that is known for li is not for others"
    assert attempt(home, "li", "wrong") == 401 and attempt(home, "li", PASSWORD) == 303
    assert attempt(door.browser(), "li", PASSWORD) == 429, "nor does his coming in open the door for others"


def letters(door: Door) -> list[EmailMessage]:
    sent: list[EmailMessage] = []
    drain(door.shop.site, handlers(door.shop.site, sent.append), door.shop.now)
    return [one for one in sent if "password" in str(one["Subject"])]


def test_a_new_password_by_mail(door: Door) -> None:
    door.shop.site.public_url = "https://erp.example"
    session, program, stranger = door.browser("li"), door.program("li"), door.browser()
    answers = [stranger.post("/forgot", {"login": one}).text for one in ("li", "nobody", "sun")]
    assert answers[0] == answers[1] == answers[2], "the answer does not tell who has an account"
    with door.shop.site.database.read() as connection:
        args = [job["args"] for job in job_rows.of_kind(connection, "reset")]
    assert len(args) == 1 and list(args[0]) == ["user"], "no job holds the link"
    (letter,) = letters(door)
    link = re.search(r"https://erp\.example(/reset\?token=(\S+))", letter.get_content())
    assert link and letter["To"] == "Li@example.com"
    assert "li" in stranger.get(link[1]).text
    form = {"token": link[2], "new": "a new secret", "again": "a new secret"}
    assert stranger.post("/reset", {**form, "new": "short", "again": "short"}).status_code == 422
    assert stranger.post("/reset", {**form, "again": "another one"}).status_code == 422
    assert stranger.post("/reset", form).status_code == 303
    assert stranger.post("/reset", form).status_code == 404 and stranger.get(link[1]).status_code == 404
    assert session.get("/profile").status_code == 303 and program.get("/api/shop/sale").status_code == 401
    assert stranger.post("/sign-in", {"login": "li", "password": PASSWORD}).status_code == 401
    assert stranger.post("/sign-in", {"login": "li", "password": "a new secret"}).status_code == 303


def test_a_letter_is_valid_for_half_an_hour_and_few_are_sent(door: Door) -> None:
    door.shop.site.public_url = "https://erp.example"
    stranger = door.browser()
    for _ in range(5):
        stranger.post("/forgot", {"login": "li@EXAMPLE.com"})
    sent = letters(door)
    assert len(sent) == 3
    tokens = [re.search(r"token=(\S+)", one.get_content())[1] for one in sent]  # type: ignore[index]
    assert [stranger.get(f"/reset?token={one}").status_code for one in tokens] == [404, 404, 200], "the last one works"
    later(door, minutes=31)
    assert stranger.get(f"/reset?token={tokens[-1]}").status_code == 404


def test_service_accounts_have_tokens_and_no_way_to_sign_in(door: Door) -> None:
    boss = door.browser("boss")
    form = {"login": "bank", "name": "Bank", "service": "true", "roles.shop": ["manager"], "password": PASSWORD}
    assert boss.post("/people/save", form).status_code == 303
    assert door.browser().post("/sign-in", {"login": "bank", "password": PASSWORD}).status_code == 401
    assert boss.post("/people/bank/tokens", {"days": "0"}).status_code == 422
    assert boss.post("/people/bank/tokens", {"days": "30", "scopes": "shop.nothing:read"}).status_code == 422
    page = boss.post("/people/bank/tokens", {"days": "30", "scopes": "shop:read", "name": "nightly"}).text
    token = re.search(r'class="fw-token">(fw_[\w-]+)<', page)
    assert token and token[1] not in boss.get("/people/bank").text and "nightly" in page
    headers = {"Authorization": f"Bearer {token[1]}"}
    client = door.app.test_client()
    assert client.get("/api/shop/sale", headers=headers).status_code == 200
    assert client.post("/api/shop/customer", json={"name": "x"}, headers=headers).status_code == 403
    assert boss.post("/people/li/tokens", {"days": "30"}).status_code == 403, "for others they make their own"
    later(door, days=31)
    assert client.get("/api/shop/sale", headers=headers).status_code == 401
    li = door.browser("li")
    made = re.search(r'class="fw-token">(fw_[\w-]+)<', li.post("/profile/tokens", {"days": "7"}).text)
    assert made
    mine = {"Authorization": f"Bearer {made[1]}"}
    assert door.app.test_client().get("/api/shop/sale", headers=mine).status_code == 200
    person = people.find(door.shop.site, "li")
    assert person is not None
    number = people.tokens_of(door.shop.site, person.id)[-1]["id"]
    assert li.post(f"/profile/tokens/{number}/revoke").status_code == 303
    assert door.app.test_client().get("/api/shop/sale", headers=mine).status_code == 401
