"""Forms that somebody has begun: kept on the server, offered again, applied with today's rights, merged, forgotten."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from engine.runtime.services import drafts
from engine.runtime.storage.actors import SERVICE
from tests.web.doors import Browser, Door, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  deal:
    name: {zh: 合同, en: Deal}
    title: "{code}"
    fields:
      code: {type: text, required: true, zh: 编码, en: Code}
      note: {type: text, zh: 备注, en: Note}
      secret: {type: text, zh: 底价, en: Secret}
      parts: {type: lines, zh: 明细, en: Parts, fields: {what: {type: text, zh: 内容, en: What}}}
access: {deal: {sales: {see: true, create: true, edit: true, delete: true}, manager: {see: true}}}
"""
LIST = "/apps/shop/records/deal"


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def value(page: str, name: str) -> str:
    found = re.search(rf'value="([^"]*)" id="[^"]*" name="{re.escape(name)}"', page)
    return found[1] if found else ""


def test_a_new_record(door: Door) -> None:
    li, sun = door.browser("li"), door.browser("sun")
    typed = {"code": "A-1", "note": "half a sen", "parts.0.what": "x", "_lines": "parts", "_key": "k"}
    assert li.post(f"{LIST}/draft", typed).status_code == 204
    assert li.post(f"{LIST}/draft", {**typed, "bogus": "1"}).status_code == 400
    door.shop.now += dt.timedelta(minutes=20)
    offered = li.get(f"{LIST}/new").text
    assert "20 minutes ago" in offered and "half a sen" not in offered
    assert "Use the draft" not in sun.get(f"{LIST}/new").text, "drafts are one's own"
    home = li.get("/apps/shop/").text
    assert "My drafts" in home and "New deal" in home and "20 minutes ago" in home
    # Another process, another session of the same person: it is all on the server.
    again = Door(door.shop).browser("li")
    form = again.get(f"{LIST}/new?_draft=yes").text
    assert (value(form, "code"), value(form, "note"), value(form, "parts.0.what")) == ("A-1", "half a sen", "x")
    made = again.post(f"{LIST}/new", {**typed, "note": "a sentence"})
    assert made.status_code == 303, told(made)
    assert "Use the draft" not in li.get(f"{LIST}/new").text, "what is saved is no draft"
    assert li.post(f"{LIST}/draft", typed).status_code == 204        # it was under way while the form was saved
    assert "Use the draft" not in li.get(f"{LIST}/new").text, "what comes late is no draft either"
    assert "My drafts" not in li.get("/apps/shop/").text


def test_a_stored_record(door: Door) -> None:
    li, sun = door.browser("li"), door.browser("sun")
    made = li.post(f"{LIST}/new", {"code": "A", "note": "first", "secret": "s", "_key": "n"}).location
    seen = {"code": "A", "secret": "s", "_version": "1"}
    assert li.post(f"{made}/draft", {**seen, "note": "mine"}).status_code == 204
    assert value(li.get(f"{made}/edit?_draft=yes").text, "note") == "mine"
    # Somebody else saves meanwhile: the draft is not laid over it, the two are merged.
    assert sun.post(f"{made}/edit", {**seen, "note": "first", "code": "B", "_key": "s"}).status_code == 303
    merge = li.get(f"{made}/edit?_draft=yes")
    assert merge.status_code == 200 and 'id="merge"' in merge.text and "mine" in merge.text
    assert re.findall(r'name="_take\.(\w+)" value="(theirs|mine)" required checked', merge.text) == [
        ("code", "theirs"), ("note", "mine")]
    # What the person may no longer give is left out of it.
    text = TEXT.replace("edit: true, delete", "edit: [code, note], delete")
    door.shop.site.publish({"app.yaml": text}, by="test")
    li.post(f"{made}/draft", {"code": "C", "secret": "stolen", "note": "mine", "_version": "2"})
    form = li.get(f"{made}/edit?_draft=yes").text
    assert value(form, "code") == "C" and "stolen" not in form
    assert li.post(f"{made}/draft/discard", {"back": "home"}).location == "/apps/shop/"
    assert "Use the draft" not in li.get(f"{made}/edit").text
    # One of a record that is gone is not listed; nobody keeps one of a record out of sight or of a form not theirs.
    li.post(f"{made}/draft", {"code": "D", "_version": "2"})
    assert "My drafts" in li.get("/apps/shop/").text
    assert li.post(f"{made}/delete").status_code == 303
    assert "My drafts" not in li.get("/apps/shop/").text and li.post(f"{made}/draft", {"code": "E"}).status_code == 404
    assert door.browser("wang").post(f"{LIST}/draft", {"code": "E"}).status_code == 403


def test_drafts_are_forgotten_after_a_month(door: Door) -> None:
    li: Browser = door.browser("li")
    li.post(f"{LIST}/draft", {"code": "A"})
    site = door.shop.site
    door.shop.now += drafts.KEPT - dt.timedelta(minutes=1)
    site.run("shop", SERVICE, lambda tx: drafts.run(tx, {}))
    assert "Use the draft" in door.browser("li").get(f"{LIST}/new").text
    door.shop.now += dt.timedelta(minutes=2)
    site.run("shop", SERVICE, lambda tx: drafts.run(tx, {}))
    with site.database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from sys_draft").scalar_one() == 0
