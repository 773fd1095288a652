"""People who sign in to the small shops of the tests in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.web.doors import PASSWORD


def enter(page: Page, url: str, path: str = "", login: str = "wang") -> None:
    """Sign in, and open a page of the app `shop` if one is named."""
    page.goto(f"{url}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda at: "/sign-in" not in at)
    if path:
        come(page, f"{url}/apps/shop/{path}")


def come(page: Page, url: str) -> None:
    """Open a page; ends when its modules run."""
    page.goto(url)
    expect(page.locator("html[data-ready]")).to_be_attached()
