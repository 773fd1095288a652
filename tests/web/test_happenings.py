"""The administrator's log: what happened to the site, filtered and page by page; no values of records in it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from engine.runtime.services.identity import people
from engine.runtime.web.present import happenings
from tests.web.doors import PASSWORD, Browser, Door


@pytest.fixture
def boss(door: Door) -> Browser:
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    return door.browser("boss")


def rows(browser: Browser, query: str) -> list[str]:
    page = browser.get(f"/events/?{query}")
    assert page.status_code == 200, page.text
    cells = re.findall(r"<tr><td data-label=\"When\">(.*?)</tr>", page.text, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def test_it_tells_who_did_what(door: Door, boss: Browser) -> None:
    door.browser().post("/sign-in", {"login": "li", "password": "wrong"})
    boss.post("/people/save", {"known": "li", "login": "li", "name": "Li", "roles.shop": ["store"]})
    found = rows(boss, "person=li")
    assert any("boss got other roles li" in one and "after: Store" in one for one in found), found
    event = {"after": ["store", "sales"], "admin": True, "rows": [1, 2], "how": "oidc", "agent": ""}
    told = happenings.details(event, ZoneInfo("UTC"), "zh")
    assert told == "之后：store、sales；管理员：是；条数：2；方式：单点登录"
    days = {"until": "2026-03-01T17:30:00+00:00", "before": "2026-03-01", "after": "2026-13-01"}
    said = happenings.details(days, ZoneInfo("Asia/Shanghai"), "en").replace("\u202f", " ")
    assert said == "until: Mar 2, 2026, 1:30:00 AM; before: Mar 1, 2026; after: 2026-13-01"
    assert any("was refused at signing in li" in one for one in found)
    assert all("signed in" in one or "signing in" in one for one in rows(boss, "group=sign_in"))
    door.shop.create("app", "customer", name="Acme", secret="CANARY")
    records = rows(boss, "group=records&person=app")
    assert records and "created Customer" in records[0] and "CANARY" not in str(records)
    assert rows(boss, "since=2030-01-01") == [] and rows(boss, "until=2020-01-01&since=nonsense") == []
    assert rows(boss, "since=0001-01-01") and rows(boss, "until=9999-12-31"), "the ends of the calendar are no limits"
    for login in ("li", "ada"):
        assert door.browser(login).get("/events/").status_code == 403


def test_it_is_read_page_by_page(door: Door, boss: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings, "PER_PAGE", 3)
    for number in range(7):
        people.add_user(door.shop.site, f"p{number}", None, None)
    seen: list[str] = []
    url = "/events/?group=account&person="
    for _ in range(4):
        page = boss.get(url).text
        seen += re.findall(r'data-label="About">(p\d)<', page)
        older = re.search(r'href="(/events/\?[^"]*before=\d+)"', page)
        if older is None:
            break
        url = older[1].replace("&amp;", "&")
    assert seen == [f"p{n}" for n in range(6, -1, -1)]


def test_programs_of_administrators_read_it(door: Door, boss: Browser) -> None:
    people.add_user(door.shop.site, "chief", "Chief", PASSWORD, admin=True)
    door.shop.create("app", "customer", name="Acme", secret="CANARY")
    program = door.program("chief")
    found = program.get("/api/site-events?group=account&person=chief").get_json()["items"]
    assert [(one["kind"], one["about"], one["group"]) for one in found] == [("account_added", "chief", "account")]
    assert program.get("/api/site-events?group=rights&kind=signed_in").get_json()["items"] == []
    entries = program.get("/api/site-trail?person=app")
    assert "CANARY" not in entries.text and PASSWORD not in program.get("/api/site-events").text
    newest = entries.get_json()["items"][0]
    assert (newest["event"], newest["object"], newest["app"]) == ("created", "customer", "shop")
    assert {"name", "secret"} <= set(newest["fields"])
    assert program.get("/api/site-trail?since=2099-01-01T00:00").get_json()["items"] == []


@pytest.mark.parametrize("path", ["/api/site-events", "/api/site-trail"])
def test_programs_read_it_page_by_page(door: Door, path: str) -> None:
    people.add_user(door.shop.site, "chief", "Chief", PASSWORD, admin=True)
    for number in range(5):
        people.add_user(door.shop.site, f"p{number}", None, None)
        door.shop.create("app", "customer", name=f"C{number}")
    program = door.program("chief")
    whole = [one["id"] for one in program.get(f"{path}?limit=200").get_json()["items"]]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = program.get(f"{path}?limit=2&cursor={cursor}").get_json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == whole == sorted(whole, reverse=True) and len(seen) >= 5


@pytest.mark.parametrize("path", ["/api/site-events", "/api/site-trail"])
def test_nobody_else_reads_it(door: Door, path: str) -> None:
    assert door.program("li").get(path).status_code == 403
    people.add_user(door.shop.site, "chief", "Chief", PASSWORD, admin=True)
    narrow = door.program("chief", ("shop:read",))
    assert narrow.get(path).status_code == 403
    assert door.shop and Browser(door.app.test_client()).get(path).status_code == 401
    whole = door.program("chief")
    for wrong in ("group=cats", "kind=cats", "limit=0", "cursor=x", "since=yesterday", "colour=red"):
        if path == "/api/site-trail" and wrong.startswith(("group", "kind")):
            continue
        assert whole.get(f"{path}?{wrong}").status_code == 400, wrong
