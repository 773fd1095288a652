"""Takes the pictures of the README from a running demo: `python docs/screenshots.py http://127.0.0.1:8000`; with
`--guides` those of the guides by role, into a folder that git leaves alone.

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
GUIDES = Path(__file__).parent / "guides" / "images"
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

OF_GUIDES = (
    Picture("sales_desk", "li", "boards/sales_desk", WIDE),
    Picture("order_sales", "li", "records/sales_order?view=to_ship", WIDE, opens=".fw-row-link"),
    Picture("sales_board", "wang", "boards/sales_board", WIDE),
    Picture("warehouse_desk", "zhao", "boards/warehouse_desk", WIDE),
    Picture("finance_desk", "qian", "boards/finance_desk", WIDE),
    Picture("ageing", "qian", "reports/ageing", WIDE),
    Picture("purchase_desk", "zhou", "boards/purchase_desk", WIDE),
    Picture("stock_board", "chen", "boards/stock_board", WIDE),
)


def take(browser: Browser, site: str, picture: Picture, folder: Path) -> None:
    """Sign in, open the page, wait until it stands still, and write NAME.png into the folder."""
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
        first = page.locator(picture.opens).first.get_attribute("href")    # a click would open it beside its list
        assert first is not None, f"{picture.path} is empty"
        page.goto(site + first)
    settle(page)
    page.screenshot(path=folder / f"{picture.name}.png")
    context.close()


def settle(page: Page) -> None:
    """Wait until everything in sight has come."""
    expect(page.locator("html[data-ready]")).to_be_attached()
    page.wait_for_load_state("networkidle")
    for chart in page.locator("[data-chart]").all():
        expect(chart.locator("svg")).to_be_visible()


def main(site: str, guides: bool) -> None:
    """All pictures, from a demo at this address."""
    folder, pictures = (GUIDES, OF_GUIDES) if guides else (IMAGES, PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, "--lang=zh-CN"])
        for picture in pictures:
            take(browser, site.rstrip("/"), picture, folder)
        browser.close()


if __name__ == "__main__":
    told = [argument for argument in sys.argv[1:] if argument != "--guides"]
    main(told[0] if told else "http://127.0.0.1:8000", "--guides" in sys.argv)
