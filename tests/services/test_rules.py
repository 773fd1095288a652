"""Conditions on rules: guards with `unless`, posts while `effective`, unique rules of some records or some lines."""

from __future__ import annotations

import pytest

from engine.errors import Invalid, Refused
from engine.runtime.services.registers import verification
from tests.services.shops import SHOP, Shop

GUARD = "- {that: available >= 0,"
POSTS = "effective: [posted]\n    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]"
NOTE = "limit: {type: money, default: 1000, zh: 额度, en: Limit}"
CUSTOMER = "      secret: {type: text, zh: 底价, en: Secret}\n"
MANAGED = "customer:\n    sales: {see: owner = me, create: true, edit: owner = me, hide: secret}"


def shop_of(url: str, *changes: tuple[str, str]) -> Shop:
    text = SHOP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return Shop(url, text)


def test_a_guard_is_not_asked_while_unless_holds(database_url: str) -> None:
    shop = shop_of(database_url, (GUARD, GUARD + " unless: product.code = 'gift',"))
    try:
        made = shop.stocked(chai=3, gift=3)
        with pytest.raises(Refused, match="1 short"):
            shop.sold(chai=4)
        shop.sold("sun", "Other", gift=4)
        assert shop.value(made["gift"], "available") == -1
    finally:
        shop.site.database.close()


def test_a_record_posts_only_while_its_condition_holds(database_url: str) -> None:
    field = "      date: {type: date, required: true, default: =today(), zh: 日期, en: Date}\n      lines:"
    ours = field.replace("      lines:", "      ours: {type: boolean, default: true, zh: 自有, en: Ours}\n      lines:")
    open_later = "posted: {zh: 已过账, en: Posted, color: green"
    shop = shop_of(
        database_url,
        (field, ours),
        (open_later, open_later + ", edit: [ours]"),
        (POSTS, POSTS.replace("effective: [posted]", "effective: {states: posted, while: ours}")),
    )
    try:
        product = shop.create("zhao", "product", code="chai", price="10")
        receipt = shop.create("zhao", "receipt", ours=False, lines=[{"product": "chai", "qty": "3"}])
        shop.act("zhao", receipt, "post")
        assert shop.value(product, "available") == 0
        shop.update("zhao", receipt, ours=True)
        assert shop.value(product, "available") == 3
        shop.update("zhao", receipt, ours=False)
        assert shop.value(product, "available") == 0
        assert verification.verify(shop.site, "shop") == []
    finally:
        shop.site.database.close()


def test_lines_are_unique_where_each_when_holds(database_url: str) -> None:
    rule = "    unique: [{of: lines.product, each_when: qty < 10, when: 'note != ''free''', say: {en: Twice, zh: 重}}]"
    states = "    effective: [pending, approved]"
    shop = shop_of(database_url, (states, f"{rule}\n{states}"))
    try:
        shop.stocked(chai=100)
        shop.create("li", "customer", name="Acme")

        def sale(first: str, second: str, note: str = "") -> None:
            lines = [{"product": "chai", "qty": first}, {"product": "chai", "qty": second}]
            shop.create("li", "sale", customer="Acme", note=note, lines=lines)

        with pytest.raises(Invalid, match="Twice"):
            sale("1", "2")
        sale("1", "12")
        sale("1", "2", note="free")
    finally:
        shop.site.database.close()


def test_records_are_unique_where_the_condition_holds(database_url: str) -> None:
    fields = CUSTOMER + "      vat: {type: text, zh: 税号, en: VAT}\n      main: {type: boolean, zh: 总部, en: Main}\n"
    unique = "    unique: [{of: vat, when: main, say: {zh: 已有总部, en: There is a head office}}]\n  receipt:"
    shop = shop_of(database_url, (CUSTOMER, fields), ("  receipt:", unique))
    try:
        first = shop.create("li", "customer", name="A", vat="1", main=True)
        second = shop.create("li", "customer", name="B", vat="1")
        shop.create("li", "customer", name="C", vat="2", main=True)
        with pytest.raises(Invalid, match="There is a head office") as refused:
            shop.update("li", second, main=True)
        assert refused.value.errors[0].field == "vat"
        assert shop.value(second, "main") is not True
        shop.update("li", first, main=False)
        shop.update("li", second, main=True)
        with pytest.raises(Invalid, match="There is a head office"):
            shop.create("li", "customer", name="D", vat="1", main=True)
    finally:
        shop.site.database.close()
