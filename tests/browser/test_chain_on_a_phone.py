"""The chain's middle on a phone: wang decides on the way, li looks after the order. Nothing is wider than it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.companies import Company, company
from tests.browser.desks import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def sales(sqlite_url: str) -> Iterator[Company]:
    with company(sqlite_url) as running:
        yield running


@pytest.fixture
def desk(sales: Company, phone: object, page: Page) -> Desk:
    return Desk(page, sales.url)


def test_wang_approves_and_li_looks_at_the_order(desk: Desk, sales: Company) -> None:
    lines = [{"product": "P3", "qty": 6}, {"product": "P1", "qty": 4}]
    number = sales.made("li", "sales_order", "submit", customer="C00001", lines=lines)
    page = desk.page
    desk.sign_in("wang")
    fits(page)
    page.locator(".fw-bottom").get_by_role("link", name=re.compile("待办")).click()
    expect(page.locator("h1")).to_have_text("待办")
    desk.ready()
    task = page.locator(".fw-task")
    expect(task).to_contain_text("¥12,400.00")
    fits(page)
    task.get_by_role("link", name="审批").click()
    desk.ready()
    fits(page)
    page.get_by_label("意见").fill("同意，尽快发货")
    page.get_by_role("button", name="同意", exact=True).tap()
    expect(page.locator(".fw-empty")).to_contain_text("没有待办")
    desk.ready()
    desk.sign_out()
    desk.sign_in("li")
    page.locator(".fw-home-row", has_text="SO202605").tap()
    expect(page).to_have_url(re.compile(rf"/sales_order/{number}$"))
    desk.ready()
    expect(page.locator(".fw-heading .fw-badge")).to_have_text("已审核")
    expect(desk.fact("总计")).to_have_text("¥12,400.00")
    expect(page.locator(".fw-timeline")).to_contain_text("同意，尽快发货")
    assert desk.line("P3 角磨机")["金额"] == "¥12,000.00"
    fits(page)
    desk.open("boards/sales_board")
    expect(desk.card("本月销售")).to_have_text("¥12,400.00")
    fits(page)


def fits(page: Page) -> None:
    """The page does not scroll sideways."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than the phone"
