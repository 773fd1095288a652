"""A shop with a web server before it: signing in, posting forms, calling the API, as a browser or a program would."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.builder.pages import blueprint
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.web.app import WebSettings, create_app
from tests.services.shops import SHOP, Shop
from tests.standing import copied

PASSWORD = "correct horse"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """One person at a browser: keeps cookies, repeats the CSRF token, accepts a language."""

    def __init__(self, client: FlaskClient, language: str = "en") -> None:
        self.client = client
        self.headers = {**SAME_ORIGIN, "Accept-Language": language, "Accept": "text/html"}
        self.csrf = ""

    def sign_in(self, login: str) -> Browser:
        answer = self.client.post("/sign-in", data={"login": login, "password": PASSWORD}, headers=self.headers)
        assert answer.status_code == 303, told(answer)
        page = self.get("/profile")
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert found, "every page carries the token"
        self.csrf = found[1]
        return self

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**self.headers, **headers})

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        return self.client.post(
            path, data={"csrf_token": self.csrf, **(data or {})}, headers={**self.headers, **headers}
        )


class Program:
    """A program with an API token."""

    def __init__(self, client: FlaskClient, token: str, language: str = "en") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.open(path, method=method, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("POST", path, body if body is not None else {}, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.call("PATCH", path, body, **headers)


class Door:
    """A shop and its web application."""

    def __init__(self, shop: Shop, settings: WebSettings | None = None) -> None:
        self.shop = shop
        self.app = create_app(shop.site, settings, blueprint())

    def browser(self, login: str = "", language: str = "en") -> Browser:
        made = Browser(self.app.test_client(), language)
        return made.sign_in(login) if login else made

    def program(self, login: str, scopes: tuple[str, ...] | None = None) -> Program:
        person = people.find(self.shop.site, login)
        assert person is not None, login
        return Program(self.app.test_client(), people.make_token(self.shop.site, person.id, scopes=scopes))


def peopled(url: str, text: str = SHOP) -> Shop:
    """A shop whose people have a password and read English; ada builds, eve has no role at all."""
    return Shop(url, text, _welcomed)


def _welcomed(site: Site) -> None:
    for login in ("li", "sun", "wang", "zhao"):
        people.add_user(site, login, None, PASSWORD, language="en")
    people.add_user(site, "ada", "Ada", PASSWORD, builder=True, language="en")
    people.add_user(site, "eve", "Eve", PASSWORD, language="en")


def reopened(template: Shop, url: str) -> Shop:
    """The same shop over a copy of its database; what was compiled for the first serves the others too."""
    shop = object.__new__(Shop)
    shop.now = template.now
    shop.customers = set()
    shop.app = template.app
    shop.site = copied(url, template.site.apps(), lambda: shop.now)
    return shop


def told(answer: TestResponse) -> str:
    """What an answer says, short enough for a failing test."""
    body = re.sub(r"<(script|style|template|svg)[^>]*>.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return f"{answer.status_code} {' '.join(body.split())[:500]}"
