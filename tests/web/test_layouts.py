"""Pages laid out with sections, tabs, texts, what stands aside and what belongs to the record."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.expressions.values import Ref
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled

SALE = """    form:
      - [number, customer]
      - {text: {zh: "给 {customer} 的订单", en: "An order of {customer}"}}
      - tabs:
          - zh: 商品
            en: Goods
            fields: [lines, {section: {zh: 合计, en: Sums}, fields: [total], show: "note = 'big'"}]
          - {zh: 其他, en: Other, fields: [note]}
      - {aside: date}
    states:
      draft: {zh: 草稿, en: Draft}
      pending: {zh: 待审核"""
CUSTOMER = """  customer:
    form: [name, {related: sales, columns: [number, date]}, [owner, limit],
           {related: "sale where customer = this and state = 'draft'", columns: [date, customer.secret]},
           {text: {zh: "底价 {secret}", en: "Secret {secret}"}}, secret]
"""
STATES = "    states:\n      draft: {zh: 草稿, en: Draft}\n      pending: {zh: 待审核"
TEXT = SHOP.replace(STATES, SALE, 1).replace("  customer:\n", CUSTOMER, 1)


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    shop = peopled(sqlite_url, TEXT)
    yield Door(shop)
    shop.site.database.close()


def panels(page: str) -> list[str]:
    return re.findall(r'role="tabpanel" id="([\w-]+)" aria-labelledby="[\w-]+"( hidden)?', page)


def test_tabs_texts_and_what_stands_aside(door: Door) -> None:
    door.shop.stocked(chai=5)
    sale = door.shop.sold(submit=False, chai=1)
    page = door.browser("li").get(f"/apps/shop/records/sale/{sale.id}").text
    assert "An order of Acme" in page
    assert panels(page) == [("panel-part-2-0", ""), ("panel-part-2-1", " hidden")]
    assert page.index("Goods") < page.index("Other")
    content, aside = page.split('<aside class="fw-aside"')
    assert "2026-05-04" in aside and "<dt>Date" not in content
    assert "Sums" not in page


def test_a_section_comes_and_goes_with_its_condition(door: Door) -> None:
    door.shop.stocked(chai=5)
    sale = door.shop.sold(submit=False, chai=1)
    li = door.browser("li")
    form = li.get(f"/apps/shop/records/sale/{sale.id}/edit").text
    assert '<div data-show="part-2-0-1" hidden>' in form and "Sums" in form
    answer = li.post(f"/apps/shop/records/sale/{sale.id}/preview", {"note": "big", "_changed": "note"})
    assert answer.get_json()["shown"]["part-2-0-1"] is True
    door.shop.update("li", sale, note="big")
    assert "Sums" in li.get(f"/apps/shop/records/sale/{sale.id}").text


def test_what_belongs_to_a_record_is_read_as_the_reader(door: Door) -> None:
    door.shop.stocked(chai=5)
    door.shop.sold(submit=False, chai=1)
    customer = door.shop.create("app", "customer", name="Other", secret="hush")
    door.shop.update("app", customer, owner="li")
    li, wang = door.browser("li"), door.browser("wang")
    page = li.get("/apps/shop/records/customer/1").text
    assert page.count("/customer/1/related/0") == 1 and "/related/sales" not in page
    related = li.get("/apps/shop/records/customer/1/related/1").text
    assert "2026" in related
    assert "/apps/shop/records/sale/1" in related
    assert door.browser("li").get("/apps/shop/records/customer/1/related/7").status_code == 404
    assert "hush" in wang.get(f"/apps/shop/records/customer/{customer.id}").text
    hidden = li.get(f"/apps/shop/records/customer/{customer.id}").text
    assert "hush" not in hidden and "Secret" not in hidden


def test_a_column_behind_a_link_is_read_as_the_reader(door: Door) -> None:
    door.shop.stocked(chai=5)
    door.shop.sold(submit=False, chai=1)
    door.shop.update("wang", Ref("customer", 1), secret="hush")
    assert "hush" not in door.browser("li").get("/apps/shop/records/customer/1/related/1").text
    assert "hush" in door.browser("wang").get("/apps/shop/records/customer/1/related/1").text


def test_an_action_that_has_its_place_among_the_fields(sqlite_url: str) -> None:
    """Its button stands there and not on top; out of reach for the reader or the state it says so, or is away."""
    placed = TEXT.replace("      - {aside: date}\n", "      - {aside: date}\n      - {action: submit}\n", 1)
    shop = peopled(sqlite_url, placed)
    shop.stocked(chai=5)
    sale, door = shop.sold(submit=False, chai=1), Door(shop)
    url = f"/apps/shop/records/sale/{sale.id}"
    page = door.browser("li").get(url).text
    assert page.count(f'action="{url}/actions/submit"') == 1
    assert page.index('class="fw-part-act"') < page.index(f'action="{url}/actions/submit"') > page.index("Other")
    assert "/actions/submit" not in door.browser("li").get(f"{url}/edit").text
    answer = door.browser("li").post(f"{url}/actions/submit", {"_key": "k"})
    assert answer.status_code in (200, 303) and "fw-part-act" not in door.browser("li").get(url).text
    shop.site.database.close()
