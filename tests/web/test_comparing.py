"""Records side by side: what was ticked, and what a view puts beside a record."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.expressions.values import Ref
from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: 销售, store: 仓库}
objects:
  product: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}}}
  offer:
    title: "{code}"
    fields:
      code: {type: text, zh: 编号, en: Code}
      base: {type: link, to: offer}
      edition: {type: integer, default: 1}
      open: {type: boolean, default: true}
      note: {type: text, zh: 备注, en: Note}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          product: {type: link, to: product}
          qty: {type: quantity, zh: 数量, en: Quantity}
          price: {type: money, zh: 单价, en: Price}
    views:
      all: {list: [code, edition]}
      versions:
        compare: [edition, note, lines.qty, lines.price]
        match: lines.product
        where: id = this.base.id or base = ifblank(this.base, this)
        sort: -edition
        title: "V{edition}"
        name: {zh: 版本对比, en: Versions}
      notes: {compare: [code], where: note = this.note, name: {zh: 同备注, en: Same note}}
      rows: {compare: [note, lines.qty], by: role(sales), name: {zh: 对照, en: Rows}}
access:
  product: {sales: full, store: see}
  offer: {sales: full, store: {see: {when: open, fields: [code, base, edition, open, lines.product, lines.qty]}}}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    shop = made.shop
    for code in ("tea", "fish", "salt"):
        shop.create("li", "product", code=code)
    offers = (
        (None, 1, "first", [("tea", "2", "10"), ("fish", "1", "4"), ("tea", "1", "9")]),
        (1, 2, "second", [("salt", "7", "1"), ("tea", "5", "10")]),
        (1, 3, "second", [("tea", "5", "8"), ("fish", "1", "4")]),
        (None, 1, "other", [("fish", "3", "3")]),
    )
    for base, edition, note, lines in offers:
        shop.create("li", "offer", code=f"{note}-{edition}", base=base, edition=str(edition), note=note, lines=[
            {"product": product, "qty": qty, "price": price} for product, qty, price in lines])
    yield made
    shop.site.database.close()


def told(html: str) -> list[list[str]]:
    """The cells of the comparison, row by row: `*` before one that differs from its left, `/` for a line that is not
    there."""
    table = html.partition('<table class="fw-beside">')[2].partition("</table>")[0]
    rows = []
    for row in re.findall(r"<tr.*?</tr>", table, re.S):
        cells = []
        for tag, body in re.findall(r"<(t[hd][^>]*)>(.*?)</t[hd]>", row, re.S):
            text = " ".join(re.sub(r"<[^>]+>", " ", body).split())
            text = "/" if "is-absent" in tag else text
            cells.append(("*" if "is-moved" in tag and text != "/" else "") + text)
        rows.append(cells)
    return rows


def test_versions_stand_beside_a_record_product_by_product(door: Door) -> None:
    li = door.browser("li", language="en")
    page = li.get("/apps/shop/records/offer/2/compare/versions")
    assert page.status_code == 200
    assert told(page.text) == [
        ["", "V3", "V2", "V1"],
        ["Edition", "3", "*2 −1", "*1 −1"],
        ["Note", "second", "second", "*first"],
        ["tea"],
        ["Quantity", "5", "5", "*2 −3"],
        ["Price", "8.00", "*10.00 +2.00", "10.00"],
        ["fish"],
        ["Quantity", "1", "/", "*1"],
        ["Price", "4.00", "/", "*4.00"],
        ["salt"],
        ["Quantity", "/", "*7", "/"],
        ["Price", "/", "*1.00", "/"],
        ["tea (2)"],
        ["Quantity", "/", "/", "*1"],
        ["Price", "/", "/", "*9.00"],
    ]
    assert 'aria-current="true"><a href="/apps/shop/records/offer/2">V2<' in page.text
    assert "/records/offer/2/compare/versions" in li.get("/apps/shop/records/offer/2").text
    assert "/records/offer/2/compare/notes" in li.get("/apps/shop/records/offer/2").text
    alone = li.get("/apps/shop/records/offer/4")
    assert "compare/versions" not in alone.text, "nothing stands beside it"


def test_what_is_ticked_stands_side_by_side_by_place(door: Door) -> None:
    li = door.browser("li", language="en")
    assert 'formaction="/apps/shop/records/offer/compare/rows"' in li.get("/apps/shop/records/offer").text
    sent = li.post("/apps/shop/records/offer/compare/rows", {"id": ["4", "1"]})
    assert sent.headers["Location"].endswith("/apps/shop/records/offer/compare/rows?id=4,1")
    assert told(li.get("/apps/shop/records/offer/compare/rows?id=4,1").text) == [
        ["", "other-1", "first-1"],
        ["Note", "other", "*first"],
        ["Lines 1"],
        ["Quantity", "3", "*2 −1"],
        ["Lines 2"],
        ["Quantity", "/", "*1"],
        ["Lines 3"],
        ["Quantity", "/", "*1"],
    ]
    assert "Tick two records" in li.get("/apps/shop/records/offer/compare/rows?id=4").text
    many = ",".join(map(str, range(1, 15)))
    assert "12 records can be compared" in li.get(f"/apps/shop/records/offer/compare/rows?id={many}").text
    assert li.get("/apps/shop/records/offer/compare/rows?id=1,99").status_code == 404
    assert li.get("/apps/shop/records/offer/1/compare/rows").status_code == 404, "it puts nothing beside a record"


def test_who_may_not_see_a_field_or_record_compares_neither(door: Door) -> None:
    door.shop.update("li", Ref("offer", 3), open="false")
    store = door.browser("zhao", language="en")
    assert told(store.get("/apps/shop/records/offer/2/compare/versions").text) == [
        ["", "V2", "V1"],
        ["Edition", "2", "*1 −1"],
        ["salt"],
        ["Quantity", "7", "/"],
        ["tea"],
        ["Quantity", "5", "*2 −3"],
        ["fish"],
        ["Quantity", "/", "*1"],
        ["tea (2)"],
        ["Quantity", "/", "*1"],
    ]
    assert store.get("/apps/shop/records/offer/3/compare/versions").status_code == 404
    assert store.get("/apps/shop/records/offer/2/compare/notes").status_code == 404, "it goes by what is hidden"
    assert "compare/notes" not in store.get("/apps/shop/records/offer/2").text
    assert store.get("/apps/shop/records/offer/compare/versions?id=2,3").status_code == 404
    assert store.get("/apps/shop/records/offer/compare/rows?id=1,2").status_code == 404, "it is for sales"
    assert "compare/rows" not in store.get("/apps/shop/records/offer").text
