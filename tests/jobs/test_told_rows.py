"""Rows that come with a webhook: read, judged one by one, and what the steps make of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Invalid
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import reading
from engine.runtime.services.automation import hooking
from engine.runtime.services.reading import Query
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [en]
roles: {sales: Sales}
objects:
  product: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}, stop: boolean}}
  order:
    title: "{ref}"
    fields:
      ref: {type: text, required: true, unique: true}
      worth: {type: decimal}
      lines:
        type: lines
        min: 1
        fields: {product: {type: link, to: product, required: true}, qty: quantity, price: decimal}
      gifts: {type: lines, fields: {product: {type: link, to: product}, qty: quantity}}
automations:
  shop_order:
    webhook: shop
    inputs:
      ref: {type: text, required: true}
      most: {type: integer, default: 100}
      items:
        type: lines
        min: 1
        max: 3
        check: sum(items, qty) <= most
        name: Goods
        fields:
          product: {type: link, to: product, where: not stop, required: true}
          qty: {type: quantity, min: 1, default: 1, name: Quantity}
          low: {type: decimal, max: high}
          high: {type: decimal, default: 9}
    read: {items: data.rows, items.product: sku.code}
    when: any(webhook.items, qty > 0)
    do:
      - create: order
        called: made
        with: {ref: =webhook.ref, worth: "=sum(webhook.items, qty * high)"}
        pull: {from: webhook.items as i, as: {product: =i.product, qty: =i.qty, price: =i.high}}
      - each: webhook.items as i where i.qty > 1 sort -i.qty
        do: [{create: order.gifts, with: {parent: =made, product: =i.product, qty: =i.qty}}]
access: {any: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    for code, stop in (("tea", False), ("fish", False), ("lead", True)):
        made.create("li", "product", code=code, stop=stop)
    yield made
    made.site.database.close()


def told(shop: Shop, id: str, *rows: Any, **more: Any) -> None:
    body = {"ref": id, "data": {"rows": list(rows)}, **more}
    shop.run("li", lambda tx: hooking.receive(tx, "shop", id, id, body))


def row(code: str, **more: Any) -> dict[str, Any]:
    return {"sku": {"code": code}, **more}


def test_rows_become_lines_and_are_gone_through(shop: Shop) -> None:
    told(shop, "a", row("tea", qty="2.5", high=3), row("fish"), row("tea", qty=7, what_nobody_asked={"x": [1]}))
    drain(shop.site, handlers(shop.site, rehearsing=True), shop.now + dt.timedelta(minutes=1))
    with shop.site.read("shop", shop.actor("li")) as tx:
        (order,) = reading.page(tx, "order", Query()).items
        codes = {product.id: product.get("code") for product in reading.page(tx, "product", Query()).items}

        def cells(name: str, *fields: str) -> list[tuple[Any, ...]]:
            return [(codes[line.get("product").id], *(float(line.get(f)) for f in fields))
                    for line in order.lines(name)]

        assert cells("lines", "qty", "price") == [("tea", 2.5, 3), ("fish", 1, 9), ("tea", 7, 9)]
        assert cells("gifts", "qty") == [("tea", 7), ("tea", 2.5)]
        assert order.get("worth") == Decimal("79.5")


@pytest.mark.parametrize(("rows", "more", "wrong", "words"), [
    ([], {}, {"data.rows": "min"}, "Goods needs at least 1 row"),
    ([row("tea")] * 4, {}, {"data.rows": "max"}, "Goods takes at most 3 rows"),
    ([row("tea", qty=60), row("fish", qty=50)], {}, {"data.rows": "check"}, "Goods"),
    ([row("tea", qty=6)], {"most": 5}, {"data.rows": "check"}, "Goods"),
    ([row("tea"), row("fish", qty=0)], {}, {"data.rows.1.qty": "min"}, "Goods row 2: Quantity may not be below 1"),
    ([row("tea", qty="much")], {}, {"data.rows.0.qty": "type"}, "Goods row 1: Quantity: “much” is not a number"),
    ([row("tea"), {"qty": 1}], {}, {"data.rows.1.sku.code": "required"}, "Goods row 2: "),
    ([row("iron")], {}, {"data.rows.0.sku.code": "not_found"}, "Goods row 1: "),
    ([row("lead")], {}, {"data.rows.0.sku.code": "not_offered"}, "Goods row 1: "),
    ([row("tea", low=5, high=4)], {}, {"data.rows.0.low": "max"}, "Goods row 1: "),
    (["tea"], {}, {"data.rows": "type"}, "Goods: a list of rows"),
    ([row("tea", qty=0), row("iron", qty=0)], {"most": "x"},
     {"most": "type", "data.rows.0.qty": "min", "data.rows.1.sku.code": "not_found", "data.rows.1.qty": "min"}, ""),
])
def test_what_is_wrong_with_a_row_names_it(
    shop: Shop, rows: list[Any], more: dict[str, Any], wrong: dict[str, str], words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        told(shop, "w", *rows, **more)
    assert {one.field: one.code for one in refused.value.errors} == wrong
    assert any(one.told.to("en").startswith(words) for one in refused.value.errors), refused.value.errors


def test_rows_that_are_no_list_are_told(shop: Shop) -> None:
    for rows in ({"a": 1}, "tea", 5):
        with pytest.raises(Invalid, match="a list of rows"):
            shop.run("li", lambda tx, rows=rows: hooking.receive(
                tx, "shop", "x", "x", {"ref": "x", "data": {"rows": rows}}))
    with pytest.raises(Invalid, match="at least 1 row"):
        shop.run("li", lambda tx: hooking.receive(tx, "shop", "x", "x", {"ref": "x"}))
