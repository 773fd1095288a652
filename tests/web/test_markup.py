"""What people and definitions write is text: every route is asked with markup in every name, and no page has it as an
element, an attribute or an address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml

from tests.web.doors import Browser, Door
from tests.web.test_leaks import QUESTIONS, filled
from tests.web.vaults import VAULT, Canary, Vault

EVIL = "'\"></title></textarea></script><b data-evil onload=x()>&lt;"
ELSEWHERE = ("/api/", "/static/", "/healthz", "/readyz", "/metrics", "/worker.js", "/sign-out", "/sign-in/")
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post")
RUNS = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)


def marked(value: Any) -> Any:
    """A definition whose every name in two languages ends with markup."""
    if isinstance(value, list):
        return [marked(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {"zh", "en"} <= set(value)
    return {k: v + EVIL if named and k in ("zh", "en") else marked(v) for k, v in value.items()}


class Elements(HTMLParser):
    """What a browser would make an element or an address of, and should not."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        runs = any(n.startswith("on") or (n in ADDRESSES and RUNS.match(v or "")) for n, v in held.items())
        inline = tag == "script" and "src" not in held and held.get("type") != "application/json"
        if runs or inline or "data-evil" in held:
            self.found.append(self.get_starttag_text() or tag)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """The app of canaries with markup in every text of the definition, of people, and of some records."""
    text = yaml.safe_dump(marked(yaml.safe_load(VAULT)), allow_unicode=True, sort_keys=False)
    made = Vault(f"sqlite:///{tmp_path_factory.mktemp('markup') / 'site.db'}", text, EVIL)
    client = made.create("app", "client", owner="li", code=EVIL, name=EVIL, secret=EVIL, cost="1")
    deal = made.create("app", "deal", client=EVIL, number=EVIL, note=EVIL, lines=[{"item": EVIL, "rate": "1"}])
    made.canaries += [Canary(client, "name", EVIL), Canary(deal, "note", EVIL)]
    yield made
    made.site.database.close()


def addresses(door: Door, vault: Vault) -> Iterator[str]:
    for rule in door.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(ELSEWHERE):
            yield from filled(rule, vault, ("client", "deal"))
    questions: Mapping[str, tuple[str, ...]] = {**QUESTIONS, "/apps/vault/search": (f"?q={EVIL[:20]}",)}
    yield from (path + more for path, asked in questions.items() for more in asked if not path.startswith("/api/"))


def discussed(door: Door) -> None:
    """Somebody writes into the discussion of every client."""
    wang = door.program("wang")
    for id in (1, 2, 3, 4):
        assert wang.post(f"/api/vault/client/{id}/comments", {"text": EVIL}).status_code == 201


@pytest.mark.parametrize("login", ["wang", "kim", "ada"])
def test_what_is_written_is_shown_and_never_an_element(vault: Vault, login: str) -> None:
    door = Door(vault)
    if login == "wang":
        discussed(door)
    asked: dict[str, Browser] = {login: door.browser(login), **({"": door.browser()} if login == "kim" else {})}
    evil, shown = [], 0
    for path in sorted(set(addresses(door, vault))):
        for who, browser in asked.items():
            answer = browser.get(path)
            assert answer.status_code < 500, (path, answer.text[:300])
            if answer.mimetype == "text/html":
                shown += "data-evil" in answer.text
                evil += [f"{who or 'a stranger'} {path}: {one[:120]}" for one in Elements(answer.text).found]
    assert not evil, "\n".join(evil[:20])
    assert shown > 20, "pages tell what was written"
