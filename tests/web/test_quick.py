"""Links: candidates with what tells them apart, and a record made in passing in a dialog over the form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.doors import Door, peopled, told
from tests.web.test_forms import NEW, control

QUICK = "/apps/shop/records/customer/quick"
TICKED = """
app: shop
name: {zh: 清单, en: Lists}
languages: [zh, en]
roles: {sales: {zh: 销售, en: Sales}, manager: {zh: 经理, en: Manager}, store: {zh: 仓管, en: Store}}
objects:
  list:
    name: {zh: 清单, en: List}
    fields:
      name: {type: text, zh: 名称, en: Name}
      lines: {type: lines, zh: 明细, en: Lines, fields: {
        what: {type: text, required: true, zh: 事项, en: What}, done: {type: boolean, zh: 完成, en: Done}}}
access: {list: {sales: full}}
"""


@pytest.fixture
def ticked(tmp_path: Path) -> Iterator[Door]:
    """Lists whose rows hold a box to tick."""
    door = Door(peopled(f"sqlite:///{tmp_path / 'ticked.db'}", TICKED))
    yield door
    door.shop.site.database.close()


def test_who_may_create_is_offered_it_where_the_link_is(door: Door) -> None:
    page = door.browser("li").get(NEW).text
    offered = re.search(r'<select[^>]*name="customer"[^>]*>', page)
    assert offered and f'data-fresh="{QUICK}"' in offered[0] and 'data-fresh-label="Customer"' in offered[0]
    product = re.search(r'<select[^>]*name="lines.0.product"[^>]*>', page)
    assert product and "data-fresh" not in product[0], "sales may not create products"


def test_the_dialog_takes_the_words_and_has_ids_of_its_own(door: Door) -> None:
    page = door.browser("li").get(f"{QUICK}?q=New+%26+Co").text
    assert 'value="New &amp; Co"' in control(page, "name")
    assert 'id="quick-f-name"' in page and 'for="quick-f-name"' in page and 'id="f-name"' not in page


def test_it_is_saved_once_and_told_to_the_control(door: Door) -> None:
    li = door.browser("li")
    key = re.search(r'name="_key" value="([^"]+)"', li.get(QUICK).text)
    assert key
    form = {"name": "Made & Co", "_key": key[1]}
    first, second = li.post(QUICK, form), li.post(QUICK, form)
    for answer in (first, second):
        assert answer.status_code == 200, told(answer)
        assert 'data-title="Made &amp; Co"' in answer.text
    assert re.findall(r'data-created="(\d+)"', first.text) == re.findall(r'data-created="(\d+)"', second.text)
    listed = door.program("li").get("/api/shop/customer").json["items"]
    assert [one["name"] for one in listed] == ["Made & Co"]


def test_a_refusal_shows_the_form_again_with_what_was_typed(door: Door) -> None:
    answer = door.browser("li").post(QUICK, {"name": "", "limit": "much"})
    assert answer.status_code == 422
    assert 'value="much"' in answer.text and 'id="quick-e-limit"' in answer.text


def test_who_may_not_create_gets_no_dialog(door: Door) -> None:
    zhao = door.browser("zhao")
    assert zhao.get(QUICK).status_code in (403, 404)
    assert zhao.post(QUICK, {"name": "X"}).status_code in (403, 404)


def test_candidates_tell_the_first_columns_that_their_title_leaves_out(door: Door) -> None:
    acme = door.shop.create("li", "customer", name="Acme", limit="250")
    assert door.program("wang").patch(f"/api/shop/customer/{acme.id}", {"secret": "hush"}).status_code == 200
    seen = door.browser("wang").get("/apps/shop/lookup/sale/customer?q=Ac").json["items"]
    assert "hush" in seen[0]["hint"]
    found = door.browser("li").get("/apps/shop/lookup/sale/customer?q=Ac").json["items"]
    assert [one["title"] for one in found] == ["Acme"]
    assert "250.00" in found[0]["hint"] and "hush" not in found[0]["hint"], "what one may not see is no hint"


def test_an_unticked_box_makes_no_line_of_a_blank_row(ticked: Door) -> None:
    li = ticked.browser("li")
    row = {"lines.0.id": "", "lines.0.what": "", "lines.0.done": "false"}
    answer = li.post("/apps/shop/records/list/new", {"name": "A", "_lines": "lines", **row})
    assert answer.status_code == 303, told(answer)
    stored = ticked.program("li").get("/api/shop/list").json["items"]
    assert [one["lines"] for one in stored] == [[]]
