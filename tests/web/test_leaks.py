"""Actor × object × field × row × purpose: no value that somebody may not see is in any answer or log.

The purposes are the application's own routes: a new route is asked too, or it must be named among those left out."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from engine.runtime.services.papers import presses
from tests.web.doors import Browser, Door, Program
from tests.web.vaults import Vault

ACTING = ("li", "qian", "eve", "kim", "sal", "ada")
OBJECTS = ("client", "deal")
OUTSIDE = ("kim", "sal")                       # customers and suppliers are asked of each other's objects, too
BEYOND = ("maker", "supply")
# What stands in the other holes of addresses.
VALUES = {
    "app": ("vault",), "register": ("sums",), "report": ("costs", "secrets", "by_client", "lines"), "board": ("main",),
    "back": ("deals",), "document": ("letter",), "kind": ("csv", "xlsx", "jsonl"), "name": ("finish", "secret", "cost"),
    "path": ("client", "above", "owner", "secret"), "key": ("client", "secret"),
    "number": ("0", "1", "2", "3"), "token": ("none",), "action": ("finish",), "verb": ("approve",),
    "view": ("beside",), "lines": ("lines",), "page_name": ("problems",), "login": ("wang",),
}
# Addresses that hold nothing of any record.
ELSEWHERE = ("/static/", "/healthz", "/readyz", "/metrics", "/app.webmanifest", "/worker.js", "/offline", "/sign-in",
             "/builder/", "/people/", "/jobs/", "/hooks/", "/sign-out")
# What lists and reports are asked besides.
QUESTIONS = {
    "/api/vault/client": ("?count=exact", "?fields=code,name", "?search=K&count=exact"),
    "/api/vault/deal": ("?fields=number,client.name,client.owner.name", "?fields=lines.item", "?search=7QZ"),
    "/apps/vault/records/client": tuple(f"?view={v}" for v in ("board", "days", "plan", "cards", "all")) + (
        "?group=stage", "?group=owner&sort=-code", "?search=K", "?filter=stage = 'a'"),
    "/apps/vault/records/deal": ("?group=client", "?sort=client", "?search=KNM"),
    "/apps/vault/search": ("?q=K", "?q=7QZ"),
    "/apps/vault/palette/found": ("?q=K", "?q=7QZ"),
    "/apps/vault/lookup/deal/client": ("?q=K", "?q="),
    "/apps/vault/records/client/filter": ("?field=secret", "?field=stage"),
    "/apps/vault/records/client/rows": ("?sort=name",),
    "/apps/vault/records/client/compare/beside": ("?id=1,2", "?id=1,2,3", "?id=2,3", "?id=1,3"),
    "/apps/vault/records/deal/compare/beside": ("?id=1,2", "?id=1,2,3", "?id=2,3", "?id=1,3"),
    "/apps/vault/records/client/print/letter": ("?id=1,2,3", "?id=1"),
    "/apps/vault/records/client/print/letter/pdf": ("?id=1,2,3", "?id=1"),
    "/api/vault/client/print/letter": ("?id=1,2,3",),
    "/api/vault/supply": ("?fields=number,maker.name,maker.secret,note", "?search=KS", "?sort=maker.name"),
    "/apps/vault/lookup/supply/maker": ("?q=K", "?q="),
    "/apps/vault/records/supply/compare/beside": ("?id=1,2",),
    "/open/vault/form/deal/ask": ("?client=1&number=2",),
}
# Who administers says for which record somebody stands, by its key, and reads in the log that it was said.
STANDING = re.compile("KCD17QZ|KMC17QZ")
KNOWN = {("ada", "/events/"), ("ada", "/api/site-events")}
# What is asked by POST and changes nothing: what could be pulled into a draft.
PULLS = ("lines", "clients")


@pytest.fixture
def vault(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """The app; papers come as what the press is given to set, so that the words of a PDF are searched too."""
    monkeypatch.setattr(presses, "pdf", lambda paper, pictures: b"%PDF-" + json.dumps(
        [paper, sorted(pictures)], ensure_ascii=False).encode())
    made = Vault(database_url)
    yield made
    made.site.database.close()


def addresses(door: Door, vault: Vault, objects: tuple[str, ...]) -> list[str]:
    """Every address of a GET route with everything that may stand in its holes."""
    found: list[str] = []
    for rule in door.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(ELSEWHERE):
            continue
        found += filled(rule, vault, objects)
    return sorted({*found, *(path + more for path, asked in QUESTIONS.items() for more in asked)})


def filled(rule: Rule, vault: Vault, objects: tuple[str, ...]) -> Iterator[str]:
    def fill(path: str, holes: list[str], chosen: str) -> Iterator[str]:
        if not holes:
            yield path
            return
        hole, *rest = holes
        name = hole.rpartition(":")[2].strip("<>")
        if name == "object":
            values = objects
        elif name == "id":
            refs = {one.record.id for one in vault.canaries if one.record.object == (chosen or "client")}
            values = tuple(map(str, sorted(refs)))
        else:
            values = VALUES[name]
        for value in values:
            yield from fill(path.replace(hole, value, 1), rest, value if name == "object" else chosen)

    return fill(rule.rule, re.findall(r"<[^>]+>", rule.rule), "")


def told(answer: TestResponse) -> str:
    """All that an answer tells: headers, body, what is packed in a workbook; figures without their commas."""
    body = answer.get_data()
    texts = [str(answer.headers), body.decode("utf-8", "replace")]
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            texts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    return re.sub(r"(?<=\d),(?=\d{3})", "", "\n".join(texts))


@pytest.mark.parametrize("login", ACTING)
def test_no_answer_of_any_route_holds_what_may_not_be_seen(
    vault: Vault, login: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = Door(vault)
    forbidden = list(vault.forbidden(login))
    pattern = re.compile("|".join(re.escape(one.text) for one in forbidden))
    browser, program, stranger = door.browser(login), door.program(login), door.browser()    # eve sees nothing either
    leaks, asked = [], 0
    for path in addresses(door, vault, OBJECTS + BEYOND if login in OUTSIDE else OBJECTS):
        answer = (program if path.startswith("/api/") else browser).get(path)
        assert answer.status_code < 500, (path, answer.text[:300])
        asked += answer.status_code == 200
        texts = [told(answer), told(stranger.get(path))] if login == "eve" else [told(answer)]
        said = "\n".join(texts)
        found = pattern.search(STANDING.sub("", said) if (login, path.partition("?")[0]) in KNOWN else said)
        if found:
            canary = next(one for one in forbidden if one.text == found[0])
            leaks.append(f"{login} {path}: {canary.field} of {canary.record.object} {canary.record.id}")
    assert not leaks, "\n".join(leaks[:20])
    shared = {"KSE37QZ", "KNM27QZ"} <= {one.text for one in forbidden} - {"KNM37QZ"}
    assert shared or login != "li", "of a client that is shared with li, he sees what he sees of his own"
    assert asked > 40 or login in ("eve", "ada"), "the pages were asked, not refused"
    assert not pattern.search(re.sub(r"(?<=\d),(?=\d{3})", "", caplog.text)), "the log tells nothing of values"


def test_a_supplier_sees_what_is_theirs(vault: Vault) -> None:
    """Else the search for leaks would find nothing because there is nothing."""
    sal = Door(vault).program("sal")
    [mine] = sal.get("/api/vault/supply").json["items"]
    assert (mine["number"], mine["maker"]["title"], mine["price"]) == ("KSN17QZ", "KMN17QZ", "510080003.00")
    assert "note" not in mine
    [maker] = sal.get("/api/vault/maker").json["items"]
    assert maker["code"] == "KMC17QZ" and "secret" not in maker
    assert sal.get("/api/vault/client").status_code in (403, 404)


@pytest.mark.parametrize("login", ACTING)
def test_what_can_be_pulled_into_a_form_holds_nothing_that_may_not_be_seen(vault: Vault, login: str) -> None:
    door = Door(vault)
    forbidden = list(vault.forbidden(login))
    pattern = re.compile("|".join(re.escape(one.text) for one in forbidden))
    browser, program = door.browser(login), door.program(login)
    said = []
    for lines in PULLS:
        drafts: tuple[dict[str, object], ...] = ({}, {"whose": 1}, {"whose": 2}, {"whose": 3})
        said += [program.post(f"/api/vault/bill/pull/{lines}", draft) for draft in drafts]
        said += [browser.post(f"/apps/vault/records/bill/pull/{lines}", draft) for draft in drafts]
    found = {hit[0] for answer in said if (hit := pattern.search(told(answer)))}
    assert not found, found
    offered = "\n".join(map(told, said))
    if login == "kim":
        assert "KIT17QZ" in offered and "KNM17QZ" in offered, "of what may be seen something is offered"
    assert all(answer.status_code < 500 for answer in said)


def test_what_strangers_are_told_is_what_the_page_names(vault: Vault) -> None:
    door = Door(vault)
    stranger, path = door.browser(), "/open/vault/view/deal/track"
    right = told(stranger.post(path, {"number": "KNR17QZ", "client.code": "KCD17QZ"}))
    shown = {one.text for one in vault.canaries if one.text in right}
    assert shown == {"KNR17QZ", "KIT17QZ", "KCD17QZ"}, "what was typed, and the items of its lines"
    wrong = told(stranger.post(path, {"number": "KNR17QZ", "client.code": "KCD27QZ"}))
    assert {one.text for one in vault.canaries if one.text in wrong} == {"KNR17QZ", "KCD27QZ"}, "what was typed"
    ask = "/open/vault/form/deal/ask"
    for draft in ({"client": "1"}, {"client": "2", "number": "x"}, {"number": "KNR17QZ"}):
        for answer in (stranger.post(f"{ask}/preview", draft), stranger.post(ask, {**draft, "_key": "k"})):
            leaked = {one.text for one in vault.canaries if one.text in told(answer)} - set(draft.values())
            assert not leaked and answer.status_code < 500, (draft, leaked)


def test_the_search_for_leaks_finds_what_may_be_seen(vault: Vault) -> None:
    """The same look at the same pages of somebody who may see everything: each canary is somewhere."""
    door = Door(vault)
    browser, program = door.browser("wang"), door.program("wang")
    paths = ("/api/vault/client", "/api/vault/deal", "/api/vault/maker", "/api/vault/supply",
             "/apps/vault/records/client/export.xlsx", "/apps/vault/reports/costs")
    paper = told(browser.get("/apps/vault/records/client/print/letter/pdf?id=1,2,3"))
    assert {f"KSE{number}7QZ" for number in (1, 2, 3)} <= {one.text for one in vault.canaries if one.text in paper}
    seen = "\n".join(told((program if path.startswith("/api/") else browser).get(path)) for path in paths)
    assert not [one for one in vault.canaries if one.text not in seen]
    assert not list(vault.forbidden("wang")) and len(list(vault.forbidden("eve"))) == len(vault.canaries)


ORACLES = (
    "/api/vault/{o}?filter={f} = '{v}'", "/api/vault/{o}?filter={f} > '{v}'", "/api/vault/{o}?sort={f}",
    "/api/vault/{o}?sort=-{f}", "/api/vault/{o}?fields={f}", "/api/vault/{o}?filter=isblank({f})",
)
ASKED = (
    {"from": "{o}", "show": {"x": "{f}"}}, {"from": "{o}", "by": {"k": "{f}"}, "show": {"n": "count()"}},
    {"from": "{o}", "show": {"x": "max({f})"}}, {"from": "{o}", "where": "{f} = '{v}'", "show": {"n": "count()"}},
    {"from": "{o}", "show": {"n": "id"}, "sort": ["-{f}"]},
)


def put(question: object, **holes: str) -> object:
    if isinstance(question, dict):
        return {key: put(value, **holes) for key, value in question.items()}
    if isinstance(question, list):
        return [put(one, **holes) for one in question]
    text = str(question)
    for name, value in holes.items():
        text = text.replace("{" + name + "}", value)
    return text


def test_what_is_hidden_is_as_unknown_as_what_is_not_there(vault: Vault) -> None:
    """A hidden field, in every question that can be asked of it: refused as a field that there is none of."""
    door = Door(vault)
    hidden = {"li": (("client", "secret"), ("client", "cost"), ("client", "margin"), ("deal", "note"),
                     ("deal", "total")), "qian": (("deal", "note"),)}
    for login, fields in hidden.items():
        program = door.program(login)
        for object, field in fields:
            for oracle in ORACLES:
                real = program.get(str(put(oracle, o=object, f=field, v="KSE17QZ")))
                none = program.get(str(put(oracle, o=object, f="zzz", v="KSE17QZ")))
                assert real.status_code == none.status_code == 400, (login, oracle, field, real.text)
                assert real.json["code"] == none.json["code"], (oracle, field)
            for question in ASKED:
                answers = [program.post("/api/vault/query", put(question, o=object, f=name, v="1"))
                           for name in (field, "zzz")]
                assert [one.status_code for one in answers] == [400, 400], (login, question, answers[0].text)
        found = program.get("/api/vault/client?search=KSE&count=exact").json
        assert not found.get("items"), "words of a hidden field find nothing"


def test_rows_out_of_sight_answer_as_rows_that_are_not_there(vault: Vault) -> None:
    """The same status and the same words, whatever is done with the number of a record."""
    door = Door(vault)
    other = next(one.record for one in vault.canaries if one.text == "KCD27QZ")
    li, browser = door.program("li"), door.browser("li")
    calls = [("GET", ""), ("PATCH", ""), ("DELETE", ""), *(("GET", one) for one in (
        "/history", "/allowed", "/comments", "/files")), *(("POST", one) for one in (
        "/comments", "/archive", "/restore", "/purge"))]
    for method, tail in calls:
        body = {"name": "x"} if method == "PATCH" else {"text": "x"} if method == "POST" else None
        answers = [li.call(method, f"/api/vault/client/{id}{tail}", body) for id in (other.id, 99_999)]
        assert [one.status_code for one in answers] == [404, 404], (method, tail, answers[0].text)
        assert answers[0].json["detail"] == answers[1].json["detail"], (method, tail)
    pages = ("", "/edit", "/related/deals", "/course", "/print/letter", "/cell/name", "/moves", "/place")
    for tail in pages:
        both = [browser.get(f"/apps/vault/records/client/{id}{tail}") for id in (other.id, 99_999)]
        assert both[0].status_code == both[1].status_code, tail


def _writes(program: Program, browser: Browser, code: str) -> Iterator[TestResponse]:
    """Writes that name a record out of sight: by its key, its number, its unique value, in bulk and in a preview."""
    new = {"number": "Mine", "client": code, "lines": []}
    yield program.post("/api/vault/deal", new)
    yield program.post("/api/vault/deal/preview", new)
    yield program.post("/api/vault/deal/bulk", {"items": [{"op": "create", "values": new}]})
    yield program.post("/api/vault/deal/bulk", {"atomic": False, "items": [{"op": "update", "id": 2, "values": {}}]})
    yield program.post("/api/vault/deal", {**new, "client": 2})
    yield program.post("/api/vault/client", {"code": code, "name": "Twin"})
    yield program.post("/api/vault/client/preview", {"code": code, "name": "Twin", "above": 2})
    yield browser.post("/apps/vault/records/client/new", {"code": code, "name": "Twin", "_key": "k"})
    yield browser.post("/apps/vault/records/client/preview", {"code": code, "name": "Twin", "above": "2"})
    yield browser.post("/apps/vault/lookup/deal/client/named", {"names": code})
    data = io.BytesIO(f"code,name\n{code},Twin\n".encode())
    yield browser.post("/apps/vault/records/client/import", {"file": (data, "twin.csv")})


def test_refusals_of_writes_tell_nothing_of_what_they_met(vault: Vault) -> None:
    door = Door(vault)
    forbidden = [one for one in vault.forbidden("li") if one.text != "KCD27QZ"]       # the code is what li sends
    pattern = re.compile("|".join(re.escape(one.text) for one in forbidden))
    for answer in _writes(door.program("li"), door.browser("li"), "KCD27QZ"):
        assert answer.status_code < 500, answer.text[:500]
        found = pattern.search(told(answer))
        assert not found, (answer.request.path, found)


def test_the_menu_leads_nowhere_where_its_reader_may_not_go(vault: Vault) -> None:
    door = Door(vault)
    for login in ("li", "qian", "eve", "kim", "ada"):
        browser = door.browser(login)
        page = browser.get("/apps/vault/").text
        links = set(re.findall(r'href="(/apps/vault/(?:reports|boards|records|registers)/[^"?]+)"', page))
        refused = {link for link in links if browser.get(link).status_code != 200}
        assert not refused, (login, refused)
    assert "/apps/vault/reports/by_client" in door.browser("qian").get("/apps/vault/").text
