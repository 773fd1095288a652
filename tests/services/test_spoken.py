"""Conditions in the words of those who read them: why an action is shut, a field closed, a record locked, a value not
taken. What has no words is told as it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Failure
from engine.runtime.services import commands, reading
from engine.runtime.services.rights import access
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: {zh: 销售, en: Sales}}
objects:
  maker:
    key: code
    title: "{code}"
    fields: {code: {type: text, unique: true}, home: {type: choice, options: {cn: China, eu: Europe}, en: Origin}}
  order:
    name: {zh: 订单, en: Order}
    title: "Order"
    fields:
      kind: {type: choice, default: a, options: {a: Plain, b: {zh: 加急, en: Urgent}}, zh: 类型, en: Kind}
      home: {type: choice, options: {cn: China, eu: Europe}, en: Goes to}
      maker: {type: link, to: maker, where: home = this.home, zh: 厂家, en: Maker}
      note: {type: text, edit: kind = 'b', zh: 备注, en: Note}
      total: {type: decimal, check: total < 100, zh: 金额, en: Amount}
      held: {type: boolean, default: false, zh: 暂停, en: On hold}
      lines: {type: lines, zh: 明细, en: Lines, fields: {qty: {type: integer, zh: 数量, en: Quantity}}}
    lock: {when: held and kind = 'b', except: [kind]}
    actions:
      go: {when: not held and sum(lines.qty) > 0, zh: 发货, en: Ship}
      odd: {when: "len(note) > 3", zh: 检查, en: Inspect}
      whole: {when: "all(lines, qty > 2) and any(lines, qty > 9)", zh: 整发, en: Ship whole}
access: {any: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    made.create("li", "maker", code="M", home="cn")
    yield made
    made.site.database.close()


def test_why_an_action_is_shut(shop: Shop) -> None:
    order = shop.create("li", "order")
    with shop.site.read("shop", shop.actor("li")) as tx:
        record = reading.get(tx, "order", order.id)
        go, odd = (access.action_right(record, record.definition.actions[name]).reason for name in ("go", "odd"))
    assert go is not None and odd is not None
    assert go.to("en") == "The condition of Ship does not hold now: not (On hold) and total of Quantity > 0"
    assert go.to("zh") == "“发货”的条件现在不满足：并非（暂停） 且 数量 合计 > 0"
    assert odd.to("en").endswith("does not hold now: len(note) > 3"), "as it is written"


def test_what_is_asked_of_every_row_is_told_with_the_rows(shop: Shop) -> None:
    order = shop.create("li", "order")
    with shop.site.read("shop", shop.actor("li")) as tx:
        record = reading.get(tx, "order", order.id)
        whole = access.action_right(record, record.definition.actions["whole"]).reason
    assert whole is not None
    assert whole.to("zh").endswith("明细中每行都满足（数量 > 2） 且 明细中有一行满足（数量 > 9）")
    assert whole.to("en").endswith("every row of Lines has (Quantity > 2) and some row of Lines has (Quantity > 9)")


@pytest.mark.parametrize(("values", "words"), [
    ({"note": "x"}, "rule: Kind = Urgent"),
    ({"total": "100"}, "Amount breaks its rule: Amount < 100"),
    ({"home": "eu", "maker": "M"}, "Maker may not be M (rule: Origin = Goes to of this record)"),
])
def test_why_a_value_is_not_taken(shop: Shop, values: dict[str, str], words: str) -> None:
    with pytest.raises(Failure) as refused:
        shop.create("li", "order", **values)
    said = [refused.value.message, *(one.message for one in refused.value.errors)]
    assert any(words in one.to("en") for one in said), [one.to("en") for one in said]


def test_why_a_record_is_locked(shop: Shop) -> None:
    order = shop.create("li", "order", kind="b")
    shop.update("li", order, held="true")
    with pytest.raises(Failure, match=r"Order is locked and cannot change \(On hold and Kind = Urgent\)"):
        shop.run("li", lambda tx: commands.update(tx, "order", order.id, {"total": 1}))
