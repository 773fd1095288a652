"""The inbox in a browser: decided by keys beside the list, and with one hand on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axes import violations
from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.claims import CLAIMS, claimed
from tests.web.doors import Door, peopled

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """Claims that wait for wang, served; the first of them is overdue."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('inbox') / 'site.db'}", CLAIMS))
    claimed(door.shop, "40", wanted="2026-05-01", reason="打车")
    for n in range(5):
        claimed(door.shop, f"{900 + 100 * n}", reason="差旅")
    with running(door.app, threads=4) as port:
        yield door, f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


def state(claims: tuple[Door, str], id: int) -> Any:
    return claims[0].program("wang").get(f"/api/shop/claim/{id}").json["state"]


def test_tasks_are_decided_by_keys_beside_their_list(claims: tuple[Door, str], page: Page) -> None:
    enter(page, claims[1], "tasks")
    rows, panel = page.locator("#list .fw-task"), page.locator("#panel")
    expect(rows).to_have_count(6)
    expect(rows.first).to_contain_text("C001")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(panel.locator("h2").first).to_contain_text("C001")
    assert not violations(page)
    page.keyboard.press("a")
    expect(rows).to_have_count(5)
    expect(panel.locator("h2").first).to_contain_text("C006")
    expect(page.locator(".fw-top a[href$='/tasks'] .fw-count")).to_have_text("5")
    page.keyboard.press("c")
    page.keyboard.type("ar")
    expect(panel.locator("textarea[name=_comment]")).to_have_value("ar")
    panel.locator("h2").first.click()
    page.keyboard.press("r")
    page.locator("dialog[open] .fw-btn-primary").press("Enter")
    expect(rows).to_have_count(4)
    expect(panel.locator("h2").first).to_contain_text("C005")
    assert (state(claims, 1), state(claims, 6)) == ("paid", "draft")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_one_hand_on_a_phone_decides_without_scrolling(
    claims: tuple[Door, str], phone: dict[str, object], page: Page
) -> None:
    enter(page, claims[1], "tasks")
    before = page.locator(".fw-task").count()
    assert all(one.bounding_box()["height"] >= 44 for one in page.locator(".fw-sorts a").all())  # type: ignore[index]
    page.locator(".fw-task a.fw-row-link").first.tap()
    approve = page.locator(".fw-decide-buttons .fw-btn-primary")
    expect(approve).to_be_in_viewport(ratio=1)
    expect(page.locator(".fw-task-note").get_by_role("link", name="Open the record")).to_be_visible()
    page.mouse.wheel(0, 4000)
    expect(approve).to_be_in_viewport(ratio=1)
    box = approve.bounding_box()
    assert box is not None and box["y"] > 600 and box["height"] >= 44, "under the thumb"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(page)
    approve.tap()
    expect(page.locator(".fw-task")).to_have_count(before - 1)
