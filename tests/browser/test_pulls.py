"""Rows brought into the lines of a form: ticked in a dialog, put in as if typed, counted at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.doors import Door, peopled

pytestmark = pytest.mark.browser
TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  order:
    name: {zh: 订单, en: Order}
    title: "{code}"
    fields:
      code: {type: text, required: true, zh: 单号, en: Code}
      client: {type: text, required: true, zh: 客户, en: Client}
      lines: {type: lines, fields: {what: {type: text}, qty: {type: quantity}}}
  bill:
    name: {zh: 发票, en: Bill}
    title: "{client}"
    fields:
      client: {type: text, required: true, zh: 客户, en: Client}
      lines:
        type: lines
        zh: 明细
        en: Items
        pull: {from: order.lines as l where parent.client = this.client sort parent.code, as: {source: =l, qty: =qty}}
        fields:
          source: {type: link, to: order.lines, required: true, zh: 订单行, en: Order line}
          what: {copy: source.what, zh: 品名, en: What}
          qty: {type: quantity, required: true, zh: 数量, en: Quantity}
      sum: {formula: sum(lines.qty), type: quantity, zh: 合计, en: Sum}
access: {order: {sales: full}, bill: {sales: full}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('pulls') / 'site.db'}", TEXT))
    li = door.program("li")
    for code, lines in (("O-1", [("Bolt", 5), ("Nut", 7)]), ("O-2", [("Screw", 2)])):
        rows = [{"what": what, "qty": qty} for what, qty in lines]
        assert li.post("/api/shop/order", {"code": code, "client": "Acme", "lines": rows}).status_code == 201
    with running(door.app, threads=4) as port:
        yield f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


def test_rows_are_ticked_and_put_into_the_form(page: Page, shop: str) -> None:
    enter(page, shop, login="li")
    page.goto(f"{shop}/apps/shop/records/bill/new")
    expect(page.locator("html[data-ready]")).to_be_attached()
    dialog, bring = page.locator("#dialog[open]"), page.locator("[data-pull]")
    bring.click()
    expect(dialog.locator(".fw-empty")).to_be_visible()                 # nobody is named yet
    page.keyboard.press("Escape")
    page.fill("[name=client]", "Acme")
    bring.click()
    ticks = dialog.locator("[data-pull-values]")
    expect(ticks).to_have_count(3)
    expect(dialog.locator("[data-pull-values]:checked")).to_have_count(3)
    dialog.locator("[data-pull-all]").uncheck()
    expect(dialog.locator("[data-pull-take]")).to_be_disabled()
    dialog.locator("[data-pull-group]").first.check()
    expect(dialog.locator("[data-pull-values]:checked")).to_have_count(2)
    dialog.locator("[data-pull-take]").click()
    expect(dialog).to_have_count(0)
    rows = page.locator("[data-lines=lines] [data-row]")
    expect(rows).to_have_count(2)                                       # the blank row was taken first
    expect(page.locator('[data-field="lines.0.what"]')).to_have_text("Bolt")
    expect(page.locator('[data-field="sum"]')).to_have_text("12")
    expect(page.locator('[name="lines.0.qty"]')).to_be_focused()
    page.fill('[name="lines.0.qty"]', "4")
    bring.click()
    expect(ticks).to_have_count(1)                                      # the others are in the form already
    dialog.locator("[data-pull-take]").click()
    expect(rows).to_have_count(3)
    expect(page.locator('[data-field="sum"]')).to_have_text("13")
    expect(page.locator('[name="lines.0.qty"]')).to_have_value("4")     # what was typed stays
    page.locator("button.fw-btn-primary[form=record]").click()
    page.wait_for_url(re.compile(r"/records/bill/\d+$"))
    expect(page.locator("#content")).to_contain_text("Screw")
