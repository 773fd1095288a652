"""A day in the company in a real browser: seven people, from a lead to cash and back with a return.

Each has a browser of one's own, wang and chen a phone; the figures move with every step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.runtime.services.registers import verification
from tests.browser.companies import Company, company
from tests.browser.conftest import SECONDS, WATCH, Watch
from tests.browser.desks import Desk
from tests.services.sites import fresh

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
DRILL, GRINDER = "P1 冲击钻", "P3 角磨机"
BARS = 'svg path[fill]:not([fill="none"]):not([fill="transparent"])'
TALL = "(paths) => paths.filter((path) => path.getBBox().height > 40 && path.getBBox().width > 8).length"
CHINA: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
LARGE: dict[str, Any] = {**CHINA, "viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {**CHINA, "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SIZES = {"sun": LARGE, "li": LARGE, "wang": PHONE, "zhou": LARGE, "zhao": LARGE, "qian": LARGE, "chen": PHONE}


# Pages ask either database the same: the day on PostgreSQL belongs to the long runs.
@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.soak])])
def sales(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    with fresh(request.param, _server, tmp_path_factory, "day") as url, company(url) as running:
        yield running


@pytest.fixture
def people(sales: Company, browser: Browser, watch: Watch) -> Iterator[dict[str, Desk]]:
    """Everybody signed in. The browsers go before the server: it waits for connections that they keep open."""
    with ExitStack() as stack:
        desks = {}
        for login, size in SIZES.items():
            context = stack.enter_context(browser.new_context(**size))
            context.set_default_timeout(SECONDS)
            context.add_init_script(WATCH)
            page = context.new_page()
            page.on("console", watch.on_console)
            page.on("pageerror", lambda error, login=login: watch.errors.append(f"{login}: {error}"))
            page.on("response", watch.on_response)
            desks[login] = Desk(page, sales.url)
            desks[login].sign_in(login)
        yield desks
    assert not watch.unexpected()


def test_a_day_from_a_lead_to_cash_and_back(people: dict[str, Desk], sales: Company) -> None:
    sun, li, wang, zhou, zhao, qian, chen = people.values()
    note_a_lead(sun)
    customer = win_a_customer(li)
    quote(li, customer)
    buy(zhou)
    receive(zhao)
    order(li, customer)
    approve(wang, "SO202605", "价格合理，同意", "¥13,230.00", "李敏", "杭州市西溪路 9 号", GRINDER)
    ship(zhao)
    bill(qian)
    collect(qian)
    take_back(li)
    approve(wang, "RT202605", "退吧", "¥2,200.00")
    inspect(zhao)
    pay_back(qian)
    approve(chen, "RF202605", "同意退款", "¥2,200.00", signs=True)
    look_at_the_books(qian)
    look_at_the_board(li, customer)
    look_at_the_order_on_the_way(wang)
    assert verification.verify(sales.site, "sales_erp") == []


def note_a_lead(desk: Desk) -> None:
    """sun takes a call of somebody whom nobody knows yet."""
    desk.open("records/lead/new")
    desk.type("company", "新城装饰")
    desk.type("contact", "何先生")
    desk.type("phone", "13912345678")
    desk.press("保存", r"/records/lead/\d+$")


def win_a_customer(desk: Desk) -> str:
    """li takes the lead and makes a customer and an opportunity of it in one click."""
    lead = first(desk, "records/lead?view=new")
    desk.page.goto(f"{lead}/edit")
    desk.ready()
    desk.choose("person", "李敏", "李敏")
    desk.press("保存", r"/records/lead/\d+$")
    answer(desk, "转为客户和商机", amount="13000")
    expect(desk.page.locator(".fw-heading .fw-badge")).to_have_text("已转客户")
    desk.ready()
    customer = desk.fact("客户").inner_text()
    assert customer.endswith("新城装饰")
    desk.open("records/opportunity")
    assert desk.row("新城装饰")["加权金额"] == "¥1,300.00"          # 10 % of 13,000: the first contact
    return customer


def quote(desk: Desk, customer: str) -> None:
    """Prices come by themselves, what is short is red, the total runs along; nothing is booked by a quote."""
    page = desk.page
    desk.open("")
    page.get_by_role("button", name="新建", exact=True).click()
    page.get_by_role("link", name="报价单", exact=True).last.click()
    desk.ready()
    desk.choose("customer", "新城", customer)
    desk.choose("lines.0.product", "角磨", GRINDER)
    expect(desk.control("lines.0.price")).to_have_value("2000.00")
    expect(desk.figure("lines.0.available")).to_have_text("20")
    desk.type("lines.0.qty", "6")
    expect(desk.figure("total")).to_have_text("¥12,000.00")
    page.get_by_role("button", name="添加一行").first.click()     # of the goods, not of the charges
    desk.choose("lines.1.product", "冲击", DRILL)
    desk.type("lines.1.qty", "12")
    expect(desk.control("lines.1.price")).to_have_value("100.00")
    expect(desk.figure("lines.1.available")).to_have_text("10")
    desk.type("freight", "30")
    expect(desk.figure("lines.1.net")).to_have_text("¥1,200.00")
    expect(desk.figure("total")).to_have_text("¥13,230.00")
    desk.press("保存", r"/records/quote/\d+$")
    expect(desk.fact("总计")).to_have_text("¥13,230.00")
    desk.act("提交", "已审核")
    assert stock(desk, GRINDER) == ("20", "0", "20")


def buy(desk: Desk) -> None:
    """zhou buys what is short; the price is the standard cost; no approval below 50,000."""
    desk.open("records/purchase_order/new")
    desk.choose("supplier", "永康", "永康工具厂")
    desk.choose("lines.0.product", "冲击", DRILL)
    desk.type("lines.0.qty", "20")
    expect(desk.control("lines.0.price")).to_have_value("60.00")
    expect(desk.figure("total")).to_have_text("¥1,200.00")
    desk.press("保存", r"/records/purchase_order/\d+$")
    desk.act("提交", "已审核")


def receive(desk: Desk) -> None:
    """zhao puts away what the supplier brings."""
    first(desk, "records/purchase_order?view=to_receive")
    desk.press("收货", r"/records/receipt/\d+$")
    desk.act("入库过账", "已入库")
    assert stock(desk, DRILL) == ("30", "0", "30")


def order(desk: Desk, customer: str) -> None:
    """The quote becomes an order in one click; submitting it reserves the goods and takes up the customer's credit."""
    page = desk.page
    first(desk, "records/quote")
    desk.press("转销售订单", r"/records/sales_order/\d+$")
    expect(desk.fact("客户")).to_have_text(customer)
    expect(desk.fact("报价单")).to_have_text(re.compile("^QT202605"))
    expect(desk.fact("总计")).to_have_text("¥13,230.00")
    assert desk.line(GRINDER)["可用量"] == "20"
    assert not {"未发", "管理库存"} & set(desk.line(GRINDER))
    edit(desk, "sales_order", ship_to="杭州市西溪路 9 号")
    desk.act("提交", "待审核")
    expect(page.locator("h1")).to_have_text(re.compile("^SO202605"))
    expect(page.locator(".fw-approval")).to_contain_text("王强")
    assert stock(desk, GRINDER) == ("20", "6", "14")
    assert stock(desk, DRILL) == ("30", "12", "18")
    assert receivable(desk, "SO202605") == ("¥0.00", "¥13,230.00")
    assert board(desk) == ("¥0.00", "1", "¥0.00", "1")


def approve(desk: Desk, number: str, note: str, *told: str, signs: bool = False) -> None:
    """Whoever decides on the way finds the task in the pocket, sees what it is about and agrees with a word, and with a
    signature where money leaves the house."""
    page = desk.page
    page.locator(".fw-bottom").get_by_role("link", name=re.compile("待办")).click()
    expect(page.locator("h1")).to_have_text("待办")
    desk.ready()
    task = page.locator(".fw-task", has_text=number)
    expect(task).to_have_count(1)
    fits(page)
    task.get_by_role("link", name="审批").click()
    desk.ready()
    for words in told:
        expect(page.locator(".fw-content")).to_contain_text(words)
    fits(page)
    page.get_by_label("意见").fill(note)
    agree = page.get_by_role("button", name="同意", exact=True)
    if signs:
        agree.tap()
        expect(page.locator(".fw-decide .fw-error")).to_contain_text("签名")
        expect(page.get_by_label("意见")).to_have_value(note)
        draw(page)
    agree.tap()
    expect(page.locator(".fw-empty")).to_contain_text("没有待办")
    desk.ready()


def draw(page: Page) -> None:
    """A stroke in the place for the signature."""
    place = page.get_by_role("img", name="请在此签名")
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    page.mouse.up()


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
    assert stock(desk, DRILL) == ("18", "0", "18")


def bill(desk: Desk) -> None:
    """qian bills what has left; what was taken up by the order is now owed."""
    page = desk.page
    desk.go("销售订单")
    page.locator(".fw-tabs").get_by_role("link", name="待开票").click()
    page.locator(".fw-table tbody .fw-row-link").click()
    desk.ready()
    desk.press("开票", r"/records/invoice/\d+$")
    expect(desk.fact("价税合计")).to_have_text("¥13,230.00")
    desk.act("开票过账", "未收款")
    assert receivable(desk, "IV202605") == ("¥13,230.00", "¥13,230.00")
    assert board(desk) == ("¥13,200.00", "0", "¥13,230.00", "0")


def collect(desk: Desk) -> None:
    """qian registers the payment from the invoice; nothing is owed any more and the invoice is settled."""
    page = desk.page
    desk.open("records/invoice?view=unpaid")
    invoice = page.locator(".fw-table tbody .fw-row-link").get_attribute("href")
    page.locator(".fw-table tbody .fw-row-link").click()       # beside the list
    desk.ready()
    desk.press("登记收款", r"/records/payment/\d+$")
    expect(desk.fact("收款金额")).to_have_text("¥13,230.00")
    expect(desk.fact("未核销")).to_have_text("¥0.00")
    desk.act("收款过账", "已收款")
    page.goto(f"{desk.url}{invoice}")
    expect(page.locator(".fw-heading .fw-badge")).to_have_text("已收清")
    assert receivable(desk, "IV202605") == ("¥0.00", "¥0.00")


def take_back(desk: Desk) -> None:
    """One grinder and two drills come back: 2,000 + 2 × 100."""
    first(desk, "records/sales_order")
    desk.press("退换货", r"/records/sales_return/\d+$")
    assert desk.line(GRINDER)["退货数量"] == "6"
    edit(desk, "sales_return", **{"lines.0.qty": "1", "lines.1.qty": "2"})
    expect(desk.fact("退货金额")).to_have_text("¥2,200.00")
    desk.act("提交", "待审核")


def inspect(desk: Desk) -> None:
    """zhao finds them whole: they can be sold again."""
    first(desk, "records/sales_return?view=to_inspect")
    answer(desk, "收货验收")
    expect(desk.page.locator(".fw-heading .fw-badge")).to_have_text("已验收")
    assert stock(desk, GRINDER) == ("15", "0", "15")
    assert stock(desk, DRILL) == ("20", "0", "20")


def pay_back(desk: Desk) -> None:
    """The credit note says what the customer has left, the refund pays it; it waits for the director."""
    first(desk, "records/sales_return?view=to_settle")
    desk.press("开红字发票", r"/records/credit_note/\d+$")
    expect(desk.fact("价税合计")).to_have_text("¥2,200.00")
    desk.act("开票过账", "未核销")
    desk.press("退款", r"/records/refund/\d+$")
    expect(desk.fact("退款金额")).to_have_text("¥2,200.00")
    desk.act("提交", "待审核")
    assert receivable(desk, "CN202605")[0] == "-¥2,200.00"


def look_at_the_books(desk: Desk) -> None:
    """Nobody owes anybody anything."""
    assert receivable(desk, "CN202605") == ("¥0.00", "¥0.00")
    first(desk, "records/refund")
    expect(desk.page.locator(".fw-heading .fw-badge")).to_have_text("已退款")


def look_at_the_board(desk: Desk, customer: str) -> None:
    """The figures of the day, and charts that really drew their bars."""
    page = desk.page
    assert board(desk) == ("¥13,200.00", "0", "¥0.00", "0")
    charts = page.locator("[data-chart]")
    expect(charts.locator("svg")).to_have_count(2)
    expect(charts.nth(1).locator("svg")).to_contain_text(GRINDER)
    assert charts.nth(0).locator(BARS).evaluate_all(TALL) == 1
    assert desk.row(customer)["货款"] == "¥13,200.00"
    desk.open("records/customer")
    assert desk.row(customer.split()[0])["应收余额"] == "¥0.00"


def look_at_the_order_on_the_way(desk: Desk) -> None:
    """wang's phone shows the order, its lines, what was said, and the board, nothing wider than itself."""
    page = desk.page
    first(desk, "records/sales_order")
    expect(page.locator(".fw-timeline")).to_contain_text("价格合理，同意")
    assert desk.line(GRINDER)["金额"] == "¥12,000.00"
    fits(page)
    desk.open("boards/sales_board")
    expect(desk.card("本月销售")).to_have_text("¥13,200.00")
    fits(page)


def first(desk: Desk, path: str) -> str:
    """Open the only record of a list; its address."""
    desk.open(path)
    link = desk.page.locator(".fw-table tbody .fw-row-link")
    expect(link).to_have_count(1)
    address = f"{desk.url}{link.get_attribute('href')}"
    desk.page.goto(address)
    desk.ready()
    return address


def edit(desk: Desk, object: str, **values: str) -> None:
    """Change fields of the open record."""
    desk.page.goto(f"{desk.page.url}/edit")
    desk.ready()
    for path, text in values.items():
        desk.type(path, text)
    desk.press("保存", rf"/records/{object}/\d+$")


def answer(desk: Desk, name: str, **values: str) -> None:
    """Take an action of the open record that asks for something first."""
    by_role = partial(desk.page.get_by_role, name=name, exact=True)
    by_role("button").or_(by_role("link")).first.click()
    dialog = desk.page.locator("#dialog")
    for field, text in values.items():
        dialog.locator(f'[name="{field}"]').fill(text)
    dialog.locator("button[type=submit]").click()


def fits(page: Page) -> None:
    """The page does not scroll sideways."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than the phone"


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
