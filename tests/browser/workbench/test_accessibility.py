"""The macros break no rule of WCAG 2.2 AA, in either theme, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axes import violations

pytestmark = pytest.mark.browser
PAGES = ("list", "form", "detail", "board", "editor", "signin")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_on_a_screen(visit: Callable[..., Page], name: str, theme: str) -> None:
    assert violations(visit(name, theme=theme, search="errors")) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone(phone: object, visit: Callable[..., Page], name: str) -> None:
    assert violations(visit(name, theme="light")) == []


def test_on_paper(visit: Callable[..., Page]) -> None:
    """Printed from the dark theme it is dark on white, without what can only be pressed."""
    page = visit("detail", theme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".fw-actions").first).to_be_hidden()
    assert violations(page) == []
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"


def test_in_a_dialog(visit: Callable[..., Page]) -> None:
    page = visit("detail")
    page.get_by_role("button", name="发货").click()
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []
