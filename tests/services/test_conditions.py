"""A condition that cannot be computed refuses: it never counts as "no" where a figure or a rule hangs on it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from engine.errors import Refused
from engine.runtime.services.registers import verification
from tests.services.shops import SHOP, Shop

FACTOR = ("date: {type: date, required: true, default: =today(), zh: 日期, en: Date}\n      lines:",
          "date: {type: date, required: true, default: =today(), zh: 日期, en: Date}\n"
          "      factor: {type: quantity, zh: 系数, en: Factor}\n      lines:")
POSTS = "posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]"
ACTION = "post: {from: draft, to: posted, zh: 过账, en: Post}"
RULES = {
    "posting": (POSTS, POSTS.replace("add:", 'while: "10 / parent.factor > 1", add:')),
    "rows of a posting": (POSTS, POSTS.replace("each: lines,", 'each: "lines where 10 / parent.factor > 1",')),
    "check": (ACTION, 'post: {from: draft, to: posted, zh: 过账, en: Post, checks: [{that: date = today(), '
                      'when: "10 / factor > 1", say: {zh: 今天, en: Today}}]}'),
    "required": ("zh: 系数, en: Factor}", 'zh: 系数, en: Factor}\n      note: {type: text, '
                 'required: "10 / factor > 1", zh: 备注, en: Note}'),
}


def made_of(url: str, rule: str) -> Shop:
    old, new = RULES[rule]
    first, second = FACTOR
    text = SHOP.replace(first, second, 1)
    assert old in text
    return Shop(url, text.replace(old, new, 1))


@pytest.mark.parametrize("rule", RULES)
def test_a_condition_that_cannot_be_computed_refuses(database_url: str, rule: str) -> None:
    shop = made_of(database_url, rule)
    try:
        product = shop.create("zhao", "product", code="chai", price="10")

        def posted(factor: object) -> None:
            given = {"factor": factor, "lines": [{"product": "chai", "qty": "3"}]}
            if rule == "required":
                given["note"] = "n"
            shop.act("zhao", shop.create("zhao", "receipt", **given), "post")

        with pytest.raises(Refused, match="cannot be computed: Division by zero") as refused:
            posted("0")
        assert refused.value.code == "expression"
        assert "无法计算" in refused.value.message.to("zh")
        assert shop.value(product, "available") == 0
        posted("2")
        assert shop.value(product, "available") == 3
        assert verification.verify(shop.site, "shop") == []
    finally:
        shop.site.database.close()


def test_a_guard_is_not_switched_off_by_an_error(database_url: str) -> None:
    rule = "- {that: available >= 0,"
    shop = Shop(database_url, SHOP.replace(rule, rule + ' when: "1 / on_hand > 0",', 1))
    try:
        shop.stocked(chai=3)
        shop.create("zhao", "product", code="tea", price="10")
        with pytest.raises(Refused, match="cannot be computed"):
            shop.sold(tea=1)
        shop.sold("sun", "Other", chai=3)
    finally:
        shop.site.database.close()


def test_verify_names_the_document_whose_posting_cannot_be_computed(database_url: str) -> None:
    shop = made_of(database_url, "posting")
    try:
        shop.create("zhao", "product", code="chai", price="10")
        lines = [{"product": "chai", "qty": "3"}]
        bad, good = (shop.create("zhao", "receipt", factor="2", lines=lines) for _ in range(2))
        for receipt in (bad, good):
            shop.act("zhao", receipt, "post")
        with shop.site.database.write() as connection:
            table = shop.site.apps()[0].tables.objects["receipt"]
            connection.execute(update(table).where(table.c.id == bad.id).values(factor=0))
        (found,) = verification.verify(shop.site, "shop", repair=True)
        assert (found.what, found.place) == ("document", f"receipt {bad.id} → stock")
        assert "cannot be computed" in found.text
        assert shop.value(shop.create("zhao", "receipt", lines=lines), "state") == "draft"
    finally:
        shop.site.database.close()
