"""The way of a document: what it came from and what followed, over links of its own and of its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
types: {}
objects:
  part: {title: "{code}", key: code, fields: {code: {type: text, required: true}}}
  offer:
    name: {zh: 报价, en: Offer}
    title: "Offer {note}"
    fields: {number: {type: autonumber, format: "O{seq:3}"}, note: text}
    states: {open: {zh: 开, en: Open}}
  deal:
    name: {zh: 订单, en: Deal}
    title: "Deal {note}"
    fields:
      number: {type: autonumber, format: "D{seq:3}"}
      note: text
      offer: {type: link, to: offer}
      lines: {type: lines, fields: {part: {type: link, to: part}}}
    states: {open: {zh: 开, en: Open}}
  parcel:
    name: {zh: 包裹, en: Parcel}
    title: "Parcel {note}"
    fields:
      number: {type: autonumber, format: "P{seq:3}"}
      note: text
      lines: {type: lines, fields: {of: {type: link, to: deal.lines}}}
    states: {sent: {zh: 已寄, en: Sent, color: green}}
access:
  part: {sales: full}
  offer: {sales: full}
  deal: {sales: full, store: {see: true}}
  parcel: {sales: full, store: {see: true}}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def way(door: Door, login: str, object: str, id: int) -> list[str]:
    """What the map of a record tells, from top to bottom."""
    answer = door.browser(login).get(f"/apps/shop/records/{object}/{id}/course")
    assert answer.status_code == 200
    return re.findall(r"(?:<a [^>]*>|<strong[^>]*>)([^<]*)</", answer.text)


def test_a_document_shows_its_way_as_far_as_one_sees_it(door: Door) -> None:
    shop = door.shop
    part = shop.create("li", "part", code="A").id
    offer = shop.create("li", "offer", note="one").id
    deal = shop.create("li", "deal", note="two", offer=offer, lines=[{"part": part}, {"part": part}]).id
    lines = door.program("li").get(f"/api/shop/deal/{deal}").json["lines"]
    parcel = shop.create("li", "parcel", note="three", lines=[{"of": line["id"]} for line in lines]).id
    alone = shop.create("li", "offer", note="alone").id
    whole = ["Offer one", "Deal two", "Parcel three"]
    for object, id in (("offer", offer), ("deal", deal), ("parcel", parcel)):
        assert way(door, "li", object, id) == whole, object
    assert way(door, "zhao", "parcel", parcel) == ["Deal two", "Parcel three"], "offers are out of sight"
    assert way(door, "li", "offer", alone) == [], "a document that stands alone has no map"
    page = door.browser("li").get(f"/apps/shop/records/deal/{deal}").text
    assert f"/apps/shop/records/deal/{deal}/course" in page
    assert "/course" not in door.browser("li").get(f"/apps/shop/records/part/{part}").text, "a part is no document"
    assert door.browser("zhao").get(f"/apps/shop/records/offer/{offer}/course").status_code == 404
