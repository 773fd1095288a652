"""Whoever works in one language meets no word of the other: only what people entered stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.definitions.nodes import plain_of
from tests.browser.companies import Company, company, sales_erp
from tests.browser.desks import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
CHINESE = re.compile(r"[\u3400-\u9fff，。：；？！（）“”]+")
ENGLISH = re.compile(r"[A-Za-z]{4,}")
KEYS = ("Ctrl", "Shift", "Alt", "Enter", "Esc")   # as they are printed on every keyboard
PAGES = (
    "",
    "records/quote/new",
    "records/sales_order",
    "records/sales_order?search=nothing",
    "records/sales_order/1",
    "records/sales_order/1/edit",
    "records/sales_order/1/actions/cancel",
    "records/customer/1",
    "records/product?view=low",
    "tasks",
    "tasks/1",
    "notices",
    "search?q=P1",
    "boards/sales_board",
    "registers/stock",
    "registers/stock?view=movements",
    "registers/stock?view=turnovers",
    "registers/receivable",
    "reports/sales_by_month",
    "reports/receivable_by_customer",
    "records/sales_order/999",
)


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(f"sqlite:///{tmp_path_factory.mktemp('chain') / 'site.db'}") as running:
        running.made("li", "sales_order", "submit", customer="C00001", lines=[{"product": "P3", "qty": 6}])
        yield running


@pytest.fixture
def desk(sales: Company, page: Page) -> Desk:
    desk = Desk(page, sales.url)
    desk.sign_in("wang")
    return desk


def speak(desk: Desk, language: str) -> None:
    desk.page.goto(f"{desk.url}/profile")
    desk.page.locator(f'#content button[name="language"][value="{language}"]').click()
    expect(desk.page.locator(f'html[lang="{"zh-Hans" if language == "zh" else "en"}"]')).to_be_attached()


def entered() -> list[str]:
    """Everything that people entered, longest first."""
    app = sales_erp()

    def texts(value: Any) -> Iterable[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            for one in value.values():
                yield from texts(one)
        elif isinstance(value, (list, tuple)):
            for one in value:
                yield from texts(one)

    found = {one for source in (plain_of(app.samples), app.data) for one in texts(source) if one.strip()}
    initials = {one["name"][0] for one in plain_of(app.samples)["people"]}
    return sorted({*found, *initials, "Formwork"}, key=len, reverse=True)


def said(desk: Desk, path: str, data: list[str]) -> str:
    """What a page says by itself, with its names for screen readers."""
    desk.open(path)
    while desk.page.locator(".fw-board-wait").count():       # cards are filled when they come into sight
        waiting = desk.page.locator(".fw-card:has(.fw-board-wait)").first.element_handle()
        waiting.scroll_into_view_if_needed()
        desk.page.wait_for_function("(card) => !card.querySelector('.fw-board-wait')", arg=waiting)
    named = desk.page.locator("body [aria-label], body [title], body [placeholder]").evaluate_all(
        "(found) => found.filter((one) => one.checkVisibility() && !one.matches('select'))"
        ".flatMap((one) => [one.ariaLabel, one.title, one.placeholder])"
    )
    text = "\n".join([desk.page.locator("body").inner_text(), *filter(None, named)])
    for one in (*data, *KEYS):
        text = text.replace(one, "")
    return text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_keeps_to_its_language(desk: Desk, language: str) -> None:
    foreign, data = (ENGLISH, entered()) if language == "zh" else (CHINESE, entered())
    speak(desk, language)
    found = {path: sorted(set(foreign.findall(said(desk, path, data)))) for path in PAGES}
    assert {path: words for path, words in found.items() if words} == {}
