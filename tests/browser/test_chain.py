"""Quote to cash in a real browser: five people, real clicks, and the figures that move with every step."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.companies import Company, company
from tests.browser.desks import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
CUSTOMER, DRILL, GRINDER = "C00001 恒达建材", "P1 冲击钻", "P3 角磨机"
BARS = 'svg path[fill]:not([fill="none"]):not([fill="transparent"])'
TALL = "(paths) => paths.filter((path) => path.getBBox().height > 40 && path.getBBox().width > 8).length"


@pytest.fixture
def sales(database_url: str) -> Iterator[Company]:
    with company(database_url) as running:
        yield running


@pytest.fixture
def desk(sales: Company, page: Page) -> Desk:
    # The page goes before the server: a server waits for connections that a browser keeps open.
    return Desk(page, sales.url)


def test_from_quote_to_cash(desk: Desk) -> None:
    desk.sign_in("li")
    quote(desk)
    order(desk)
    desk.sign_out()
    desk.sign_in("wang")
    approve(desk)
    desk.sign_out()
    desk.sign_in("zhao")
    ship(desk)
    desk.sign_out()
    desk.sign_in("qian")
    bill(desk)
    collect(desk)
    desk.sign_out()
    desk.sign_in("li")
    look_at_the_board(desk)


def quote(desk: Desk) -> None:
    """li chooses and types; prices come by themselves, the total runs along; nothing is booked by a quote."""
    page = desk.page
    page.get_by_role("button", name="新建", exact=True).click()
    page.get_by_role("link", name="报价单", exact=True).last.click()
    desk.ready()
    desk.choose("customer", "恒达", CUSTOMER)
    desk.choose("lines.0.product", "角磨", GRINDER)
    expect(desk.control("lines.0.price")).to_have_value("2000.00")
    expect(desk.figure("lines.0.available")).to_have_text("20")
    desk.type("lines.0.qty", "6")
    expect(desk.figure("total")).to_have_text("¥12,000.00")
    page.get_by_role("button", name="添加一行").first.click()     # of the goods, not of the charges
    desk.choose("lines.1.product", "冲击", DRILL)
    desk.type("lines.1.qty", "4")
    expect(desk.control("lines.1.price")).to_have_value("100.00")
    desk.type("freight", "30")
    expect(desk.figure("lines.1.net")).to_have_text("¥400.00")
    expect(desk.figure("total")).to_have_text("¥12,430.00")
    desk.press("保存", r"/records/quote/\d+$")
    expect(desk.fact("总计")).to_have_text("¥12,430.00")
    desk.act("提交", "已审核")
    assert stock(desk, GRINDER) == ("20", "0", "20")


def order(desk: Desk) -> None:
    """The quote becomes an order in one click; submitting it reserves the goods and takes up the customer's credit."""
    page = desk.page
    page.go_back()
    desk.press("转销售订单", r"/records/sales_order/\d+$")
    expect(desk.fact("客户")).to_have_text(CUSTOMER)
    expect(desk.fact("报价单")).to_have_text(re.compile("^QT202605"))
    expect(desk.fact("总计")).to_have_text("¥12,430.00")
    assert desk.line(GRINDER)["可用量"] == "20"
    assert not {"未发", "管理库存"} & set(desk.line(GRINDER))
    desk.act("提交", "待审核")
    expect(page.locator("h1")).to_have_text(re.compile("^SO202605"))
    expect(page.locator(".fw-approval")).to_contain_text("王强")
    assert stock(desk, GRINDER) == ("20", "6", "14")
    assert stock(desk, DRILL) == ("10", "4", "6")
    assert receivable(desk, "SO202605") == ("¥0.00", "¥12,430.00")
    assert board(desk) == ("¥0.00", "1", "¥0.00", "1")


def approve(desk: Desk) -> None:
    """wang finds the order in the inbox, sees what it is about and agrees with a comment."""
    page = desk.page
    page.locator(".fw-top").get_by_role("link", name=re.compile("待办")).click()
    task = page.locator(".fw-task")
    expect(task).to_have_count(1)
    expect(task).to_contain_text("SO202605")
    expect(task).to_contain_text("李敏")
    expect(task).to_contain_text("¥12,430.00")
    task.get_by_role("link", name="审批").click()
    desk.ready()
    expect(desk.fact("收货地址")).to_have_text("杭州市文三路 1 号")
    expect(page.locator(".fw-lines").last).to_contain_text(GRINDER)
    page.get_by_label("意见").fill("价格合理，同意")
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.locator(".fw-empty")).to_contain_text("没有待办")
    desk.ready()
    assert board(desk) == ("¥12,400.00", "1", "¥0.00", "0")


def ship(desk: Desk) -> None:
    """zhao ships what is on the list of orders to ship; the goods leave the stock and are no longer reserved."""
    page = desk.page
    desk.go("销售订单")
    page.locator(".fw-tabs").get_by_role("link", name="待发货").click()          # its count comes a moment later
    expect(page.locator(".fw-table tbody tr")).to_have_count(1)
    page.locator(".fw-table tbody .fw-row-link").click()
    desk.ready()
    expect(page.locator(".fw-timeline")).to_contain_text("价格合理，同意")
    assert desk.line(GRINDER)["未发"] == "6"
    desk.press("发货", r"/records/delivery/\d+$")
    assert desk.line(GRINDER)["数量"] == "6"
    desk.act("发货过账", "已发货")
    assert stock(desk, GRINDER) == ("14", "0", "14")
    assert stock(desk, DRILL) == ("6", "0", "6")


def bill(desk: Desk) -> None:
    """qian bills what has left; what was taken up by the order is now owed."""
    page = desk.page
    desk.go("销售订单")
    page.locator(".fw-tabs").get_by_role("link", name="待开票").click()
    page.locator(".fw-table tbody .fw-row-link").click()
    desk.ready()
    desk.press("开票", r"/records/invoice/\d+$")
    expect(desk.fact("价税合计")).to_have_text("¥12,430.00")
    desk.act("开票过账", "未收款")
    assert receivable(desk, "IV202605") == ("¥12,430.00", "¥12,430.00")
    assert board(desk) == ("¥12,400.00", "0", "¥12,430.00", "0")


def collect(desk: Desk) -> None:
    """qian registers the payment from the invoice; nothing is owed any more and the invoice is settled."""
    page = desk.page
    desk.open("records/invoice?view=unpaid")
    invoice = page.locator(".fw-table tbody .fw-row-link").get_attribute("href")
    page.locator(".fw-table tbody .fw-row-link").click()       # beside the list
    desk.ready()
    desk.press("登记收款", r"/records/payment/\d+$")
    expect(desk.fact("收款金额")).to_have_text("¥12,430.00")
    expect(desk.fact("未核销")).to_have_text("¥0.00")
    desk.act("收款过账", "已收款")
    page.goto(f"{desk.url}{invoice}")
    expect(page.locator(".fw-heading .fw-badge")).to_have_text("已收清")
    assert receivable(desk, "IV202605") == ("¥0.00", "¥0.00")


def look_at_the_board(desk: Desk) -> None:
    """The figures of the day, and charts that really drew their bars."""
    page = desk.page
    assert board(desk) == ("¥12,400.00", "0", "¥0.00", "0")
    charts = page.locator("[data-chart]")
    expect(charts.locator("svg")).to_have_count(2)
    expect(charts.nth(1).locator("svg")).to_contain_text(GRINDER)
    assert charts.nth(0).locator(BARS).evaluate_all(TALL) == 1
    assert desk.row(CUSTOMER)["货款"] == "¥12,400.00"
    desk.open("records/customer")
    assert desk.row(CUSTOMER.split()[0])["应收余额"] == "¥0.00"


def stock(desk: Desk, product: str) -> tuple[str, str, str]:
    """On hand, reserved and available of a product, as the page of the register shows them."""
    desk.open("registers/stock")
    row = desk.row(product)
    return row["现存量"], row["锁定量"], row["可用量"]


def receivable(desk: Desk, item: str) -> tuple[str, str]:
    """What is open and what takes up credit on a document."""
    desk.open("registers/receivable")
    row = desk.row(item)
    return row["未结"], row["信用占用"]


def board(desk: Desk) -> tuple[str, str, str, str]:
    """Sales of the month, open orders, what is owed, orders that wait for approval."""
    desk.open("boards/sales_board")
    figures = [desk.card(label) for label in ("本月销售", "未完成订单", "应收余额", "待审核订单")]
    for figure in figures:
        expect(figure).to_be_visible()
    month, open_orders, owed, waiting = (figure.inner_text() for figure in figures)
    return month, open_orders, owed, waiting
