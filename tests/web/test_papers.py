"""Print forms: what they show of a record, read as the reader; who may print."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.services.shops import SHOP
from tests.web.doors import Door, peopled

DOCUMENTS = """documents:
  bill:
    of: sale
    name: {zh: 账单, en: Bill}
    body:
      - heading: "{number} {customer}"
      - fields: [customer, date, note, customer.secret]
      - columns: [[{text: "Left {total}"}], [{text: "Secret {customer.secret}"}]]
      - table:
          of: lines where qty > 0
          columns:
            product: {value: product, zh: 产品, en: Goods}
            qty: {value: qty, format: "0.0", zh: 数量, en: Pieces}
            amount: {value: amount, zh: 金额, en: Sum}
            secret: this.customer.secret
          total: [amount]
      - {each: lines, body: [{text: "Line {product} x {qty}"}, {fields: [price]}]}
      - {text: never, when: total < 0}
      - {each: lines, body: [{document: label, of: product}]}
      - {document: trap, of: customer}
      - page_break
      - sign: [{zh: 客户, en: Buyer}]
  label: {of: product, body: [{text: "Label {code} for {price}"}]}
  trap: {of: customer, body: [{text: "Customer {name}"}, {text: "Trap {secret}"}]}
access:
"""
TEXT = SHOP.replace("access:\n", DOCUMENTS, 1).replace(
    "  sale:\n    sales: {see:", "  sale:\n    sales: {print: customer.owner = me, see:", 1
)
BILL = "/apps/shop/records/sale/1/print/bill"


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    shop = peopled(sqlite_url, TEXT)
    shop.stocked(chai=9, tea=9)
    sale = shop.sold(submit=False, chai=2, tea=3)
    assert sale.id == 1
    yield Door(shop)
    shop.site.database.close()


def text_of(page: str) -> str:
    article = page.split('<article class="fw-paper">')[1].split("</article>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", article).split())


def test_a_paper_shows_blocks_tables_and_sums(door: Door) -> None:
    page = door.browser("li").get(BILL).text
    shown = text_of(page)
    assert "Acme" in shown and "Left 50" in shown
    assert "Goods Pieces Sum" in shown and "never" not in shown
    assert shown.count("CN¥50.00") == 1 and "tea 3.0 CN¥30.00" in shown
    assert "Label chai for" in shown and "Label tea for" in shown and "Customer Acme" in shown
    assert "Line chai x 2" in shown and "Line tea x 3" in shown and "Buyer" in shown
    assert page.count("fw-paper-break") == 1


def test_a_paper_is_read_as_the_reader(door: Door) -> None:
    shown = text_of(door.browser("li").get(BILL).text)
    assert "Trap" not in shown and "Secret" not in shown and "secret" not in shown


def test_who_may_not_print_is_offered_nothing_and_refused(door: Door) -> None:
    li, zhao = door.browser("li"), door.browser("zhao")
    assert f'href="{BILL}"' in li.get("/apps/shop/records/sale/1").text
    assert zhao.get(BILL).status_code in (403, 404)
    assert li.get("/apps/shop/records/product/1/print/label").status_code == 403
    assert li.get("/apps/shop/records/sale/1/print/label").status_code == 404
    assert li.get("/apps/shop/records/sale/1/print/nosuch").status_code == 404
