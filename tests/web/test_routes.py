"""Every route: who may come, which headers its answers carry, what a stranger gets."""

from __future__ import annotations

import re

import pytest
from flask import Blueprint, Flask

from engine.definitions.building import naming
from engine.runtime.web import routes
from engine.runtime.web.app import WebSettings, create_app
from tests.web.conftest import Opener
from tests.web.doors import SAME_ORIGIN, Door

PUBLIC = {
    "/static/<path:path>", "/static/words/<language>-<digest>.js", "/healthz", "/readyz",
    "/sign-in", "/sign-in/code", "/sign-in/oidc", "/sign-in/oidc/back", "/forgot", "/reset", "/decide/<token>",
    "/language", "/theme", "/app.webmanifest", "/worker.js", "/offline",
    "/hooks/<app>/<name>",
    "/open/<app>/form/<object>/<name>", "/open/<app>/form/<object>/<name>/preview", "/open/<app>/view/<object>/<name>",
    "/open/<app>/link/<token>", "/open/<app>/link/<token>/preview",
}
VALUES = {
    "app": "shop",
    "object": "sale",
    "id": "1",
    "name": "submit", "language": "zh", "digest": "0",
    "action": "submit",
    "verb": "approve",
    "register": "stock",
    "lines": "lines",
    "report": "none",
    "board": "none",
    "number": "1", "login": "li",
    "path": "customer",
    "key": "product",
    "page_name": "problems",
    "back": "deliveries",
    "document": "none",
    "view": "none",
    "kind": "csv",
    "token": "none",
}


def paths(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of every route, with values in its holes."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: VALUES[match[1]], rule.rule)
        found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_every_route_says_who_may_come(door: Door) -> None:
    assert routes.without_rule(door.app) == []
    assert set(routes.public_routes(door.app)) == PUBLIC


def test_what_the_rest_api_calls_otherwise_is_no_name_of_an_app_or_object(door: Door) -> None:
    split = [rule.rule.split("/")[2:] for rule in door.app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    named = [parts for parts in split if "." not in parts[-1]]
    firsts = {parts[0] for parts in named if parts[0] != "<app>"}
    assert {one for one in firsts if "-" not in one} == naming.APPS            # no name has a hyphen
    assert {parts[1] for parts in named if parts[0] == "<app>" and parts[1] != "<object>"} == naming.OBJECTS


def test_a_route_without_a_rule_keeps_the_site_from_starting(door: Door) -> None:
    careless = Blueprint("careless", __name__)
    careless.add_url_rule("/open", "open", lambda: "open")
    with pytest.raises(RuntimeError, match=r"careless\.open"):
        create_app(door.shop.site, None, careless)


def test_every_answer_carries_the_security_headers(door: Door) -> None:
    browsers = (door.browser(), door.browser("li"), door.browser("ada"))
    for browser in browsers:
        for method, path in [*paths(door.app), ("GET", "/no/such/page"), ("GET", "/static/no-such-file.js")]:
            if path == "/sign-out":
                continue
            answer = browser.client.open(
                path, method=method, headers={**browser.headers, "X-CSRFToken": browser.csrf}, data={}
            )
            assert answer.status_code != 500, (method, path, answer.text)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy, path
            assert ("nonce-" in policy) == (
                path == "/builder/shop" and "ada" in answer.text.lower() and answer.status_code == 200
            ), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == ("strict-origin" if "/link/" in path else "same-origin")
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            if not path.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "no-store" and "Cookie" in answer.headers["Vary"], path


def test_a_stranger_reaches_public_routes_only(door: Door) -> None:
    stranger = door.browser()
    for method, path in paths(door.app):
        rule = door.app.url_map.bind("localhost").match(path, method)[0]
        if routes.rule_of(door.app, rule) is routes.Access.PUBLIC:
            continue
        answer = stranger.client.open(path, method=method, headers=SAME_ORIGIN, data={})
        # A page leads to the sign-in; what a script or a form sends is told that the session has ended.
        expected = 401 if method != "GET" or path.startswith(("/api/", "/metrics")) else 303
        assert answer.status_code == expected, (method, path, answer.status_code)


def test_https_sites_keep_browsers_on_https(open_door: Opener) -> None:
    door = open_door(WebSettings(public_url="https://erp.example"))
    answer = door.browser().get("/sign-in")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    signed = door.browser().post("/sign-in", {"login": "li", "password": "correct horse"})
    assert signed.headers["Set-Cookie"].startswith("__Host-sid=") and "Secure" in signed.headers["Set-Cookie"]


def test_built_files_are_kept_for_good_and_sent_packed(door: Door) -> None:
    page = door.browser().get("/sign-in").text
    found = re.search(r'href="(/static/vendor/core-[^"]+\.css)"', page)
    assert found
    answer = door.browser().get(found[1], **{"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "br" and "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("text/css")
    plain = door.browser().get(found[1], **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and len(plain.data) > len(answer.data)
    answer.close()
    plain.close()


def test_health_and_readiness(door: Door) -> None:
    assert door.browser().get("/healthz").json == {"status": "ok"}
    assert door.browser().get("/readyz").json == {"status": "ready"}


@pytest.mark.parametrize("path", ["/sign-in", "/apps/shop/", "/api/shop/sale", "/nowhere", "/apps/shop/records/sale/1"])
def test_a_host_that_is_not_answered_for_gets_a_refusal_and_no_page_of_ours(door: Door, path: str) -> None:
    guarded = Door(door.shop, WebSettings(trusted_hosts=("erp.example",)))
    for method, data in (("GET", None), ("POST", {"login": "li"})):
        client = guarded.app.test_client()
        answer = client.open(path, method=method, data=data, headers={**SAME_ORIGIN, "Host": "evil.example"})
        assert answer.status_code == 400 and "evil.example" not in answer.text
        known = client.open(path, method=method, data=data, headers={"Host": "erp.example"})
        assert known.status_code not in (400, 500)
