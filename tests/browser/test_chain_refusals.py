"""What the forms refuse: the message names the thing, stands at its field, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.companies import Company, company
from tests.browser.desks import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
CUSTOMER, GRINDER = "C00001 恒达建材", "P3 角磨机"


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder: Path = tmp_path_factory.mktemp("chain")
    with company(f"sqlite:///{folder / 'site.db'}") as running:
        yield running


@pytest.fixture
def desk(sales: Company, page: Page) -> Desk:
    desk = Desk(page, sales.url)
    desk.sign_in("li")
    return desk


def test_an_order_beyond_stock_says_what_is_missing_and_keeps_what_was_typed(desk: Desk) -> None:
    page = desk.page
    desk.open("records/sales_order/new")
    desk.choose("customer", "恒达", CUSTOMER)
    expect(desk.control("ship_to")).to_have_value("杭州市文三路 1 号")
    desk.type("ship_to", "杭州市西溪路 9 号")
    desk.type("remark", "周末送货")
    desk.choose("lines.0.product", "角磨", GRINDER)
    desk.type("lines.0.qty", "21")
    expect(desk.figure("total")).to_have_text("¥42,000.00")
    expect(page.locator('td[data-column="free"]')).to_have_class(["fw-k-number fw-mark-red"])
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/new")) as answer:
        page.get_by_role("button", name="保存并提交").click()
    assert answer.value.status == 409
    message = page.locator(".fw-alert-danger")
    expect(message).to_contain_text("库存不足：P3 角磨机 在 杭州仓 可用 20，还缺 1")
    expect(message).to_be_focused()
    desk.ready()
    expect(page.locator('[name="customer"] option:checked')).to_have_text(CUSTOMER)
    expect(page.locator('[name="lines.0.product"] option:checked')).to_have_text(GRINDER)
    expect(desk.control("lines.0.qty")).to_have_value("21")
    expect(desk.control("ship_to")).to_have_value("杭州市西溪路 9 号")
    expect(desk.control("remark")).to_have_value("周末送货")
    desk.open("records/sales_order")
    expect(page.locator(".fw-table tbody tr")).to_have_count(0)


def test_a_smaller_order_goes_through_from_the_same_form_for_an_occasion(desk: Desk) -> None:
    page = desk.page
    desk.open("records/sales_order")
    page.get_by_role("button", name="新建").click()
    page.get_by_role("link", name="电话下单").click()
    desk.ready()
    desk.choose("customer", "恒达", CUSTOMER)
    desk.choose("lines.0.product", "角磨", GRINDER)
    desk.type("lines.0.qty", "21")
    page.get_by_role("button", name="保存并提交").click()
    expect(page.locator(".fw-alert-danger")).to_contain_text("还缺 1")
    desk.ready()
    desk.type("lines.0.qty", "3")
    expect(desk.figure("total")).to_have_text("¥6,000.00")
    expect(page.locator('[data-total="lines.net"]')).to_have_text("¥6,000.00")       # the discount is not asked there
    desk.press("保存并提交", r"/records/sales_order/\d+$")
    expect(page.locator(".fw-heading .fw-badge")).to_have_text("已审核")
    expect(desk.fact("渠道")).to_have_text("电话")


def test_a_missing_field_is_named_where_it_is_missing(desk: Desk) -> None:
    page = desk.page
    desk.open("records/quote/new")
    desk.type("remark", "老客户介绍")
    desk.type("freight", "12.5")
    desk.type("lines.0.qty", "7")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/new")) as answer:
        page.get_by_role("button", name="保存", exact=True).click()
    assert answer.value.status == 422
    for path in ("customer", "lines.0.product", "lines.0.price"):
        expect(page.locator(f'[data-error="{path}"]')).to_be_visible()
        expect(page.locator(f'[data-error="{path}"]')).to_contain_text("必填")
    summary = page.locator(".fw-alert-danger")
    expect(summary.get_by_role("link")).to_have_count(3)
    desk.ready()
    summary.get_by_role("link", name="客户").click()
    expect(page.locator('[id="f-customer-ts-control"]')).to_be_focused()
    expect(desk.control("remark")).to_have_value("老客户介绍")
    expect(desk.control("freight")).to_have_value("12.50")
    expect(desk.control("lines.0.qty")).to_have_value("7")
    desk.choose("customer", "恒达", CUSTOMER)
    desk.choose("lines.0.product", "角磨", GRINDER)
    desk.press("保存", r"/records/quote/\d+$")
    expect(desk.fact("总计")).to_have_text("¥14,012.50")


def test_whoever_saves_right_after_a_change_saves_the_figures_that_follow_from_it(desk: Desk, sales: Company) -> None:
    sales.made("wang", "price_rule", "activate", name="螺栓满百", product="P2", min_qty=100, price="42.5")
    desk.open("records/quote/new")
    desk.choose("customer", "恒达", CUSTOMER)
    desk.choose("lines.0.product", "膨胀", "P2 膨胀螺栓")
    expect(desk.control("lines.0.price")).to_have_value("50.00")
    desk.control("lines.0.qty").fill("100")
    desk.press("保存", r"/records/quote/\d+$")
    expect(desk.fact("总计")).to_have_text("¥4,250.00")


def test_a_view_in_which_nothing_belongs_says_so(desk: Desk) -> None:
    desk.go("产品")
    expect(desk.page.locator(".fw-table tbody tr")).to_have_count(4)
    desk.page.get_by_role("link", name="停售", exact=True).click()
    expect(desk.page.locator(".fw-empty")).to_contain_text("现在没有符合这个视图的记录")
    expect(desk.page.locator(".fw-empty").get_by_role("link")).to_have_count(0)
