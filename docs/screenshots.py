"""Takes the pictures of the README from a running demo: `python docs/screenshots.py http://127.0.0.1:8000`.

Needs what the tests need (Playwright, Chromium with a Chinese font). Knows the demo's people and the flagship app.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.browsers import FLAGS, chromium  # noqa: E402 - the tests are no installed package

IMAGES = Path(__file__).parent / "images"
APP = "/apps/sales_erp/"
WIDE = {"viewport": {"width": 1440, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 760}, "is_mobile": True, "has_touch": True, "device_scale_factor": 1.5}


@dataclass(frozen=True)
class Picture:
    """One picture: whose screen it is, the page's path, and a text of the page of the record to open from there."""

    name: str
    login: str
    path: str
    device: dict[str, object]
    opens: str = ""


PICTURES = (
    Picture("board", "wang", "boards/sales_board", WIDE),
    Picture("order", "wang", "records/sales_order?view=pending", WIDE, opens=".fw-row-link"),
    Picture("inbox", "wang", "tasks", PHONE),
)


def take(browser: Browser, site: str, picture: Picture) -> None:
    """Sign in, open the page, wait until it stands still, and write docs/images/NAME.png."""
    context = browser.new_context(
        **picture.device, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{site}/sign-in")
    page.locator("#login").fill(picture.login)
    page.locator("#password").fill("demo")
    page.locator("#password").press("Enter")
    page.wait_for_url("**/apps/**")
    page.goto(site + APP + picture.path)
    if picture.opens:
        page.locator(picture.opens).first.click()
        page.wait_for_url("**/records/*/*")
    settle(page)
    page.screenshot(path=IMAGES / f"{picture.name}.png")
    context.close()


def settle(page: Page) -> None:
    """Wait until everything in sight has come."""
    expect(page.locator("html[data-ready]")).to_be_attached()
    page.wait_for_load_state("networkidle")
    for chart in page.locator("[data-chart]").all():
        expect(chart.locator("svg")).to_be_visible()


def main(site: str) -> None:
    """All pictures, from a demo at this address."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, "--lang=zh-CN"])
        for picture in PICTURES:
            take(browser, site.rstrip("/"), picture)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
