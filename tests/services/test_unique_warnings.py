"""Unique rules that only warn: among records and within lines, accepted by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Refused
from engine.runtime.services import commands, inputs
from engine.runtime.storage.live import Tx
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  visit:
    fields:
      who: text
      day: {type: date, zh: 日期, en: Day}
      lines: {type: lines, fields: {topic: text}}
    unique:
      - {of: [who, day], level: warning}
      - {of: lines.topic, level: warning, say: {zh: 重复, en: Twice}}
access: {visit: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    yield made
    made.site.database.close()


def make(shop: Shop, accept: tuple[str, ...] = (), **values: object) -> None:
    def create(tx: Tx) -> None:
        commands.create(tx, "visit", inputs.read(tx, "visit", values), accept=frozenset(accept))

    shop.run("li", create)


def test_a_rule_that_warns_asks_to_go_on(shop: Shop) -> None:
    make(shop, who="a", day="2026-03-01")
    with pytest.raises(Refused) as asked:
        make(shop, who="a", day="2026-03-01")
    assert [name for name, _ in asked.value.warnings] == ["unique:who,day"]
    make(shop, ("unique:who,day",), who="a", day="2026-03-01")
    make(shop, who="a", day="2026-03-02")


def test_within_lines(shop: Shop) -> None:
    rows = [{"topic": "x"}, {"topic": "x"}]
    with pytest.raises(Refused) as asked:
        make(shop, lines=rows)
    (name, message), = asked.value.warnings
    assert message.to("en") == "Twice"
    make(shop, (name,), lines=rows)
