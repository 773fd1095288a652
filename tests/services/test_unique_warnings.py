"""Unique rules that only warn: among records and within lines, accepted by name; objects with a single record."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import Refused
from engine.runtime.services import batching, commands, inputs, shelving, uniques
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
  setting: {single: true, fields: {rate: percent}}
access: {visit: {sales: full}, setting: {sales: full}}
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


def test_of_what_is_single_there_is_one(shop: Shop) -> None:
    """Two people at the same moment make one; what is in the bin does not count, and does not come back beside it."""
    told: list[str] = []

    def make(rate: str) -> int:
        def create(tx: Tx) -> int:
            made = commands.create(tx, "setting", inputs.read(tx, "setting", {"rate": rate}))
            return made.id or 0

        try:
            return shop.run("li", create)
        except Refused as failure:
            told.append(failure.message.to("en"))
            return 0

    with ThreadPoolExecutor(2) as two:
        (first,) = filter(None, two.map(make, ("10", "20")))
    assert told == ["There is one setting only, and it exists already"]
    shop.run("li", lambda tx: commands.update(tx, "setting", first, inputs.read(tx, "setting", {"rate": "30"})))
    assert not shop.run("li", lambda tx: uniques.offers_new(tx, tx.app.objects["setting"]))
    shop.run("li", lambda tx: commands.delete(tx, "setting", first))
    assert shop.run("li", lambda tx: uniques.offers_new(tx, tx.app.objects["setting"]))
    assert make("40")
    with pytest.raises(Refused, match="one setting only"):
        shop.run("li", lambda tx: shelving.restore(tx, "setting", first))
    assert not shop.run("li", lambda tx: batching.alone(tx.live, "setting"))
