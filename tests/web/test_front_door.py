"""Signing in and out, forged requests, languages and themes: what stands before every page."""

from __future__ import annotations

import pytest

from tests.web.doors import PASSWORD, SAME_ORIGIN, Door


def test_a_stranger_is_led_to_sign_in_and_back(door: Door) -> None:
    stranger = door.browser()
    answer = stranger.get("/apps/shop/records/sale?search=a")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/apps/shop/records/sale%3Fsearch%3Da"
    signed = stranger.post(
        "/sign-in", {"login": "li", "password": PASSWORD, "next": "/apps/shop/records/sale?search=a"}
    )
    assert signed.location == "/apps/shop/records/sale?search=a"


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/no/such/page"]
)
def test_nobody_is_led_elsewhere(door: Door, evil: str) -> None:
    signed = door.browser().post("/sign-in", {"login": "li", "password": PASSWORD, "next": evil})
    assert signed.location == "/"


def test_a_wrong_password_says_no_more_than_an_unknown_login(door: Door) -> None:
    wrong = door.browser().post("/sign-in", {"login": "li", "password": "no"})
    unknown = door.browser().post("/sign-in", {"login": "li2", "password": "no"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace('value="li"', "") == unknown.text.replace('value="li2"', "")
    assert "Set-Cookie" not in wrong.headers


def test_too_many_tries_have_to_wait(door: Door) -> None:
    browser = door.browser()
    for _ in range(5):
        browser.post("/sign-in", {"login": "sun", "password": "no"})
    assert browser.post("/sign-in", {"login": "sun", "password": PASSWORD}).status_code == 429


def test_the_cookie_is_kept_from_scripts_and_other_sites(door: Door) -> None:
    answer = door.browser().post("/sign-in", {"login": "li", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


def test_signing_out_ends_the_session(door: Door) -> None:
    li = door.browser("li")
    assert li.post("/sign-out").location == "/sign-in"
    assert li.get("/apps/shop/").status_code == 303


def test_a_form_without_the_token_is_refused(door: Door) -> None:
    li = door.browser("li")
    answer = li.client.post("/apps/shop/records/customer/new", data={"name": "Forged"}, headers=SAME_ORIGIN)
    assert answer.status_code == 403
    assert li.post("/apps/shop/records/customer/new", {"name": "Meant"}).status_code == 303
    assert "Forged" not in li.get("/apps/shop/records/customer").text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_a_request_from_another_site_is_refused_even_with_the_token(door: Door, headers: dict[str, str]) -> None:
    li = door.browser("li")
    answer = li.post("/apps/shop/records/customer/new", {"name": "Forged"}, **headers)
    assert answer.status_code == 403
    assert "Forged" not in li.get("/apps/shop/records/customer").text


def test_a_bearer_token_ignores_the_cookie(door: Door) -> None:
    li = door.browser("li")
    assert li.client.get("/api/shop/sale").status_code == 200
    assert li.client.get("/api/shop/sale", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert li.client.get("/api/shop/sale", headers={"Authorization": "Basic bGk6cGFzcw=="}).status_code == 401


def test_the_language_follows_choice_then_cookie_then_browser(door: Door) -> None:
    stranger = door.browser(language="zh-Hans-CN,en;q=0.5")
    assert 'lang="zh-Hans"' in stranger.get("/sign-in").text
    stranger.post("/language", {"language": "en"})
    assert 'lang="en"' in stranger.get("/sign-in").text
    li = door.browser("li", language="zh-CN")
    assert 'lang="en"' in li.get("/apps/shop/").text
    li.post("/language", {"language": "zh"})
    assert 'lang="zh-Hans"' in li.get("/apps/shop/").text
    assert "产品" in li.get("/apps/shop/").text


def test_without_any_preference_the_app_s_first_language_counts(door: Door) -> None:
    for accepted in ("", "fr-FR,de;q=0.5"):
        stranger = door.browser(language=accepted)
        assert 'lang="zh-Hans"' in stranger.get("/sign-in").text, "the shop's languages are [zh, en]"
    assert 'lang="en"' in door.browser(language="fr, en-GB;q=0.1").get("/sign-in").text


def test_the_theme_is_kept(door: Door) -> None:
    li = door.browser("li")
    li.post("/theme", {"theme": "dark"})
    assert 'data-bs-theme="dark"' in li.get("/apps/shop/").text
    assert li.post("/theme", {"theme": "pink"}).status_code == 400


def test_the_password_is_changed_with_the_old_one_only(door: Door) -> None:
    li = door.browser("li")
    wrong = li.post("/profile/password", {"old": "no", "new": "a new password", "again": "a new password"})
    assert wrong.status_code == 422 and "The old password is wrong" in wrong.text
    differing = li.post("/profile/password", {"old": PASSWORD, "new": "a new password", "again": "another one"})
    assert differing.status_code == 422
    changed = li.post("/profile/password", {"old": PASSWORD, "new": "a new password", "again": "a new password"})
    assert changed.location == "/sign-in"
    assert li.get("/apps/shop/").status_code == 303


def test_only_builders_come_to_the_builder(door: Door) -> None:
    assert door.browser("li").get("/builder/shop").status_code == 403
    assert door.browser("ada").get("/builder/shop").status_code == 200
