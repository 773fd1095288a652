"""Two people save one record: what only one of them changed is merged by one press, the rest is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.doors import Browser, Door, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  deal:
    name: {zh: 合同, en: Deal}
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      note: {type: text, zh: 备注, en: Note}
      place: {type: text, zh: 地点, en: Place}
      parts: {type: lines, zh: 明细, en: Parts, fields: {what: {type: text, zh: 内容, en: What}}}
access: {deal: {everyone: full}}
"""
FORM = {"code": "A", "note": "first", "place": "here", "parts.0.what": "x", "_lines": "parts"}


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def opened(browser: Browser, page: str) -> dict[str, str]:
    """What the open form of the page would send."""
    part = within(browser.get(page).text, "record")
    return FORM | dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', part))


def within(page: str, form: str) -> str:
    """The part of a page that is this form, without the row that a script would add."""
    part = page.partition(f' id="{form}"')[2].partition("</form>")[0]
    return re.sub("<template.*?</template>", "", part, flags=re.DOTALL)


def offered(page: str) -> tuple[dict[str, str | list[str]], dict[str, str]]:
    """What the page of a conflict sends, and which side is chosen by field (blank: none)."""
    form: dict[str, str | list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', within(page, "merge")):
        form[name] = [*form.get(name, []), value] if name == "_between" else value
    radios = re.findall(r'name="_take\.(\w+)" value="(theirs|mine)" required( checked)?', page)
    sides = {name: "" for name, _, _ in radios} | {name: side for name, side, checked in radios if checked}
    return form, sides


def test_a_merge(door: Door) -> None:
    li, wang = door.browser("li"), door.browser("wang")
    made = li.post("/apps/shop/records/deal/new", {**FORM, "_key": "new"})
    assert made.status_code == 303, told(made)
    page = f"{made.location}/edit"
    mine, theirs = opened(li, page), opened(wang, page)
    saved = wang.post(page, {**theirs, "note": "theirs", "csrf_token": wang.csrf})
    assert saved.status_code == 303, told(saved)
    # Only I changed the place, only they the note: one press keeps both.
    clash = li.post(page, {**mine, "place": "mine", "csrf_token": li.csrf})
    assert clash.status_code == 409, told(clash)
    form, sides = offered(clash.text)
    assert sides == {"note": "theirs", "place": "mine"}
    merged = li.post(page, {**form, **{f"_take.{name}": side for name, side in sides.items()}, "csrf_token": li.csrf})
    assert merged.status_code == 303, told(merged)
    shown = li.get(made.location).text
    assert "theirs" in shown and "mine" in shown


def test_a_choice(door: Door) -> None:
    li, wang = door.browser("li"), door.browser("wang")
    made = li.post("/apps/shop/records/deal/new", {**FORM, "_key": "new"})
    page = f"{made.location}/edit"
    mine, theirs = opened(li, page), opened(wang, page)
    wang.post(page, {**theirs, "note": "their note", "parts.0.what": "their part", "csrf_token": wang.csrf})
    sent = {**mine, "note": "my note", "parts.0.what": "my part", "csrf_token": li.csrf}
    form, sides = offered(li.post(page, sent).text)
    assert sides == {"note": "", "parts": ""}, "both changed them: nothing is chosen for anybody"
    undecided = li.post(page, {**form, "_take.note": "mine", "csrf_token": li.csrf})
    assert undecided.status_code == 409 and "my part" in undecided.text, "what was typed is still there"
    form, _ = offered(undecided.text)
    chosen = li.post(page, {**form, "_take.note": "mine", "_take.parts": "theirs", "csrf_token": li.csrf})
    assert chosen.status_code == 303, told(chosen)
    shown = li.get(made.location).text
    assert "my note" in shown and "their part" in shown and "my part" not in shown.split("fw-timeline")[0]


def test_programs_are_told_where_the_two_differ(door: Door) -> None:
    li, wang = door.program("li"), door.program("wang")
    made = li.post("/api/shop/deal", {"code": "A", "note": "first", "place": "here", "parts": [{"what": "x"}]}).json
    at, line = f"/api/shop/deal/{made['id']}", made["parts"][0]["id"]
    assert wang.patch(at, {"note": "theirs", "parts": [{"id": line, "what": "y"}]}).status_code == 200
    sent = {"note": "mine", "place": "there", "code": "A", "parts": [{"id": line, "what": "z"}]}
    stale = li.patch(at, sent, If_Match='"1"')
    assert stale.status_code == 412 and stale.json["current_version"] == 2, told(stale)
    found = {one.pop("field"): one for one in stale.json["conflicts"]}
    assert found["note"] == {"base": "first", "theirs": "theirs", "mine": "mine"}
    assert found["place"] == {"base": "here", "theirs": "here", "mine": "there"}, "only I have changed it"
    assert [found["parts"][side][0]["what"] for side in ("theirs", "mine")] == ["y", "z"]
    assert set(found) == {"note", "place", "parts"}
    gone = li.call("DELETE", at, If_Match='"1"')
    assert gone.status_code == 412
    assert [one["field"] for one in gone.json["conflicts"]] == ["note", "parts"]
    assert "mine" not in gone.json["conflicts"][0]
    assert li.patch(at, sent, If_Match='"2"').status_code == 200
