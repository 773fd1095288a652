"""Closing and opening periods in the browser and over REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.services.identity import people
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled, told

BOOKS = "periods:\n  books: {of: [stock, progress], by: role(manager), zh: 月结, en: Books}\n"
TEXT = SHOP.replace("flows:\n", f"{BOOKS}flows:\n")
PAGE = "/apps/shop/periods"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(peopled(f"sqlite:///{tmp_path / 'site.db'}", TEXT))
    yield made
    made.shop.site.database.close()


def test_a_manager_closes_a_month_and_opens_it_again(door: Door) -> None:
    wang = door.browser("wang")
    page = wang.get(PAGE)
    assert 'value="2026-04-30"' in page.text and 'max="2026-05-03"' in page.text and "Periods" in page.text
    late = wang.post(f"{PAGE}/books/close", {"until": "2026-05-04"})
    assert late.status_code == 422 and "May 4, 2026 is not over" in late.text
    assert wang.post(f"{PAGE}/books/close", {"until": "2026-04-30"}).status_code == 303
    page = wang.get(PAGE)
    assert "Closed up to Apr 30, 2026" in page.text and "Wang" in page.text, told(page)
    refused = wang.post(f"{PAGE}/books/reopen", {"until": "", "reason": ""})
    assert refused.status_code == 422 and "Say why" in refused.text
    assert wang.post(f"{PAGE}/books/reopen", {"until": "", "reason": "a late bill"}).status_code == 303
    assert "a late bill" in wang.get(PAGE).text


def test_the_page_says_it_in_chinese_too(door: Door) -> None:
    people.set_language(door.shop.site, door.shop.actor("wang").id, "zh")
    page = door.browser("wang", language="zh").get(PAGE)
    assert "账期" in page.text and "关账至" in page.text and "月结" in page.text


def test_others_see_how_it_stands_and_may_not_close(door: Door) -> None:
    li = door.browser("li")
    page = li.get(PAGE)
    assert "Books" in page.text and "Close up to" not in page.text and PAGE not in li.get("/apps/shop/").text
    assert li.post(f"{PAGE}/books/close", {"until": "2026-04-30"}).status_code == 403


def test_over_rest(door: Door) -> None:
    wang, url = door.program("wang"), "/api/shop/periods"
    closed = wang.post(f"{url}/books/close", {"until": "2026-04-30"})
    assert (closed.status_code, closed.json and closed.json["closed_until"]) == (200, "2026-04-30")
    door.shop.create("zhao", "product", code="Bolt", price="10")
    made = door.shop.create("zhao", "receipt", date="2026-04-30", lines=[{"product": "Bolt", "qty": "1"}])
    refused = door.program("zhao").post(f"/api/shop/receipt/{made.id}/actions/post")
    assert refused.status_code == 409 and refused.json and refused.json["code"] == "closed"
    assert "Books is closed up to Apr 30, 2026" in refused.json["detail"]
    assert wang.post(f"{url}/books/reopen", {"until": "yesterday"}).status_code == 400
    assert wang.post(f"{url}/books/reopen", {"reason": "late"}).status_code == 200
    found = wang.get(url).json
    assert found and [turn["reason"] for turn in found["items"][0]["history"]] == ["late", ""]
    assert door.program("zhao").post(f"{url}/books/close", {"until": "2026-04-30"}).status_code == 403
    paths = wang.get("/api/shop/openapi.json").json["paths"]  # type: ignore[index]
    assert {f"{url}", f"{url}/{{period}}/close", f"{url}/{{period}}/reopen"} <= set(paths)
