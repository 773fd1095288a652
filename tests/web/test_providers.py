"""Signing in by a provider of identities that runs beside the test, over HTTP; and everything that it may not be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from engine.cli.serving import provider_of
from engine.runtime.services.identity import identities, people, signing
from engine.runtime.services.identity.identities import Provider, mapping
from engine.runtime.storage import people_rows
from engine.runtime.web.app import WebSettings
from engine.settings import BadSetting, load
from tests.web.doors import Browser, Door, peopled
from tests.web.identities import CLIENT, SECRET, IdentityProvider, other_keys, running

BACK = "http://localhost/sign-in/oidc/back"
ANN = {"sub": "a-1", "preferred_username": "ann", "name": "Ann Lee", "email": "ann@example.com", "groups": ["selling"]}


@pytest.fixture(scope="module")
def outside() -> Iterator[IdentityProvider]:
    with running() as provider:
        provider.back = BACK
        yield provider


@pytest.fixture
def provider(outside: IdentityProvider) -> IdentityProvider:
    """It tells the truth again, and Ann is at its login page."""
    outside.person, outside.lies, outside.signed_with, outside.algorithm = dict(ANN), {}, None, "RS256"
    outside.groups_apart, outside.untold, outside.wrong = False, "", []
    return outside


@pytest.fixture
def door(provider: IdentityProvider, database_url: str) -> Iterator[Door]:
    shop = peopled(database_url)
    roles = mapping("selling=shop:sales, bosses=shop:manager, root=admin")
    yield Door(shop, WebSettings(provider=Provider(provider.url, CLIENT, SECRET, "Acme", roles=roles, private=True)))
    shop.site.database.close()


def back(browser: Browser, wanted: str = "/apps/shop/") -> str:
    """The address to which the provider sends the browser back."""
    sent = browser.get(f"/sign-in/oidc?next={wanted}")
    assert sent.status_code == 303 and "HttpOnly" in sent.headers["Set-Cookie"]
    there = urlsplit(sent.location)
    with closing(HTTPConnection(there.netloc)) as line:
        line.request("GET", f"{there.path}?{there.query}")
        location = line.getresponse().getheader("Location") or ""
    assert location.startswith(BACK), location
    return location.removeprefix("http://localhost")


def signed_in(door: Door, browser: Browser | None = None) -> tuple[TestResponse, Browser]:
    browser = browser or door.browser()
    return browser.get(back(browser)), browser


def roles(door: Door, login: str) -> list[str]:
    person = people.find(door.shop.site, login)
    assert person is not None
    with door.shop.site.database.read() as connection:
        return people_rows.roles_of(connection, person.id, "shop")


def test_a_stranger_gets_an_account_with_the_roles_of_their_groups(door: Door, provider: IdentityProvider) -> None:
    assert "Sign in with Acme" in door.browser().get("/sign-in").text
    answer, ann = signed_in(door)
    assert answer.status_code == 303 and answer.location == "/apps/shop/" and not provider.wrong
    assert ann.get("/apps/shop/records/customer").status_code == 200 and roles(door, "ann") == ["sales"]
    provider.person["groups"] = ["bosses", "unknown"]
    assert signed_in(door)[0].status_code == 303 and roles(door, "ann") == ["manager"]
    people.add_user(door.shop.site, "ann", None, None, roles={"shop": ["manager", "store"]})
    provider.person["groups"], provider.groups_apart = ["selling"], True
    assert signed_in(door)[0].status_code == 303
    assert roles(door, "ann") == ["sales", "store"], "groups of userinfo count; roles that no group gives stay"
    assert door.browser().post("/sign-in", {"login": "ann", "password": ""}).status_code == 401
    people.set_active(door.shop.site, "ann", False)
    assert signed_in(door)[0].status_code == 401


def test_who_cannot_be_sent_to_the_provider_is_told_and_may_try_again(door: Door, provider: IdentityProvider) -> None:
    ended = door.browser().post("/apps/shop/records/customer/new", {"name": "Acme"})
    assert ended.status_code == 401 and "Sign in with Acme" in ended.text, "some have no other way in"
    for provider.untold in ("token_endpoint", "jwks_uri"):
        refused = door.browser().get("/sign-in/oidc?next=/apps/shop/")
        assert refused.status_code == 403 and "cannot be reached" in refused.text and "oidc?next=" in refused.text
    provider.untold = ""
    assert signed_in(door)[0].status_code == 303, "nothing is kept of an answer that does not hold"


def test_nobody_is_known_by_name_or_address(door: Door, provider: IdentityProvider) -> None:
    people.add_user(door.shop.site, "li", None, None, email="li@example.com")
    provider.person |= {"sub": "mallory", "preferred_username": "li", "email": "li@example.com", "groups": []}
    assert signed_in(door)[0].status_code == 303
    assert roles(door, "li") == ["sales"] and roles(door, "li-2") == []
    identities.link(door.shop.site, "li", provider.url, "the-real-li")
    provider.person["sub"] = "the-real-li"
    _, li = signed_in(door)
    assert li.get("/session", Accept="application/json").json["login"] == "li"  # type: ignore[index]


LIES = {
    "another nonce": {"nonce": "other"}, "no nonce": {"nonce": None}, "another audience": {"aud": "somebody"},
    "two audiences": {"aud": [CLIENT, "somebody"]}, "another issuer": {"iss": "https://evil.example"},
    "over": {"exp": int(time.time()) - 600}, "without an end": {"exp": None}, "nobody": {"sub": None},
}


def test_a_token_that_does_not_hold_opens_nothing(door: Door, provider: IdentityProvider) -> None:
    for lie, told in LIES.items():
        provider.lies = told
        answer, browser = signed_in(door)
        assert answer.status_code == 401 and browser.get("/apps/shop/").status_code == 303, lie
        assert people.find(door.shop.site, "ann") is None, lie
    provider.lies = {}
    assert signed_in(door)[0].status_code == 303, "the truth opens"


def test_signatures_of_other_keys_open_nothing_and_new_keys_are_fetched(
    door: Door, provider: IdentityProvider
) -> None:
    for name, (algorithm, key) in other_keys().items():
        provider.algorithm, provider.signed_with = algorithm, key
        assert signed_in(door)[0].status_code == 401, name
    provider.algorithm, provider.signed_with = "RS256", None
    assert signed_in(door)[0].status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    assert signed_in(door)[0].status_code == 303, "the provider has other keys now"


def test_a_way_back_belongs_to_one_browser_once_and_in_time(door: Door, provider: IdentityProvider) -> None:
    mine, other = door.browser(), door.browser()
    address = back(mine)
    assert other.get(address).status_code == 401, "a link with somebody else's code signs nobody in"
    assert mine.get(address).status_code == 303 and mine.get(address).status_code == 401
    late = door.browser()
    address = back(late)
    door.shop.now += identities.AWAY + signing.WAITING
    assert late.get(address).status_code == 401
    refused = door.browser()
    address = back(refused)
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert refused.get(f"/sign-in/oidc/back?error=access_denied&state={state}").status_code == 401
    assert back(door.browser(), "https://evil.example/") and door.browser().get("/sign-in/oidc/back").status_code == 401


def test_the_settings_name_the_provider() -> None:
    given = {"FORMWORK_OIDC_ISSUER": "https://id.example", "FORMWORK_OIDC_CLIENT": "c", "FORMWORK_OIDC_SECRET": "s"}
    found = provider_of(load({**given, "FORMWORK_OIDC_ROLES": "a=shop:sales,b=admin,a=builder"}))
    assert found is not None and found.roles == {"a": ("shop:sales", "builder"), "b": ("admin",)} and not found.private
    assert provider_of(load({})) is None
    for wrong in ({"FORMWORK_OIDC_SECRET": ""}, {"FORMWORK_OIDC_ROLES": "a=sales"}):
        with pytest.raises(BadSetting, match="FORMWORK_OIDC"):
            provider_of(load({**given, **wrong}))
