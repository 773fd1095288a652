"""Finding by words: parts of Chinese and other words, kept at every door, what fits best first, no hidden field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import backups, commands, lookups, reading, shelving
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.registers import verification
from engine.runtime.services.releases import recomputing
from engine.runtime.services.sessions import Session
from engine.runtime.storage import search_conditions, search_index, searching
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.services.shops import HEAD, Shop

APP = HEAD + """\
objects:
  part:
    name: {zh: 零件, en: Part}
    key: code
    title: "{code} {name}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      name: {type: text, zh: 名称, en: Name}
      maker: {type: text, search: true, zh: 厂家, en: Maker}
      cost: {type: text, search: true, zh: 底价, en: Cost}
      person: {type: text, search: true, personal: true, zh: 联系人, en: Contact}
      sizes: {type: lines, zh: 规格, en: Sizes, fields: {size: {type: text, search: true, zh: 规格, en: Size}}}
    actions: {forget: {do: [{anonymise: this}], zh: 清除, en: Forget}}
  want: {name: Want, title: "{what}", fields: {what: {type: link, to: part, zh: 零件, en: Part}}}
access:
  part: {manager: full, sales: {see: true, create: true, hide: cost}, store: {see: name = '轴承座'}}
  want: {everyone: full}
"""
PARTS = (
    ("轴承", "钢轴承", "上海张三机械", "M8×30"),
    ("P-100", "轴承座", "北京李四五金", "Ｍ１０"),
    ("P-1000", "深沟球轴承", "张三丰贸易", "m8*30"),
    ("SO-2024-0013", "螺丝 Screw", "ACME Straße", ""),
    ("X1", "p-100 的配件", "宁波", "100%_"),
)
FOUND: tuple[tuple[str, list[str]], ...] = (
    ("张三", ["P-1000", "轴承"]),
    ("三丰", ["P-1000"]),
    ("承座", ["P-100"]),
    ("张", ["P-1000", "轴承"]),
    ("m8x30", ["P-1000", "轴承"]),
    ("ｍ８×３０", ["P-1000", "轴承"]),
    ("m10", ["P-100"]),
    ("SO-2024", ["SO-2024-0013"]),
    ("024-0", ["SO-2024-0013"]),
    ("13", ["SO-2024-0013"]),
    ("strasse", ["SO-2024-0013"]),
    ("螺丝 acme", ["SO-2024-0013"]),
    ("轴承 张三 m8x30", ["轴承", "P-1000"]),
    ("轴承 宁波", []),
    ("100%_", ["X1"]),
    ("0%", ["X1"]),
    ("秘x1价", ["X1"]),
    ("张丰", []),
    ("|", ["P-100", "P-1000", "SO-2024-0013", "X1", "轴承"]),
)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    for code, name, maker, size in PARTS:
        lines = [{"size": size}] if size else []
        made.create("wang", "part", code=code, name=name, maker=maker, cost=f"秘{code}价", person="王五", sizes=lines)
    yield made
    made.site.database.close()


def found(shop: Shop, words: str, login: str = "wang", **asked: object) -> list[str]:
    """The codes of what is found, in their order."""
    with shop.site.read("shop", shop.actor(login)) as tx:
        page = reading.page(tx, "part", Query(search=words, **asked))  # type: ignore[arg-type]
        return [str(record.get("code")) for record in page.items]


def part(shop: Shop, code: str) -> Ref:
    with shop.site.read("shop", SERVICE) as tx:
        ref = Session(tx).find("part", code)
        assert ref is not None
        return ref


def test_every_part_of_a_word_finds(shop: Shop) -> None:
    for words, codes in FOUND:
        assert sorted(found(shop, words)) == sorted(codes), words
    assert found(shop, "轴承", sort=("code",)) == ["P-100", "P-1000", "轴承"]


def test_what_fits_best_comes_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(shop, "p-100") == ["P-100", "X1", "P-1000"], "its code; one that begins so, newest first; "
    assert found(shop, "轴承") == ["轴承", "P-100", "P-1000"]
    first = found(shop, "p-100", limit=1)
    monkeypatch.setattr(search_conditions, "MOST", 2)          # as where thousands fit
    assert found(shop, "轴承") == ["轴承", "P-100", "P-1000"]
    assert found(shop, "p-100", sort=("code",)) == ["P-100", "P-1000", "X1"]
    with shop.site.read("shop", shop.actor("wang")) as tx:
        pages, cursor = list[str](), None
        while True:
            page = reading.page(tx, "part", Query(search="p-100", limit=1, cursor=cursor, count="exact"))
            pages += [str(record.get("code")) for record in page.items]
            assert page.count == 3
            if (cursor := page.next) is None:
                break
    assert pages == ["P-100", "X1", "P-1000"]
    assert pages[:1] == first


def test_rights_hold(shop: Shop) -> None:
    assert found(shop, "秘") == found(shop, "价", sort=()) != []
    assert found(shop, "秘", "li") == [], "a hidden field is not searched"
    assert sorted(found(shop, "ＡＣＭＥ straSSe", "li")) == ["SO-2024-0013"], "what is shown is compared alike"
    assert found(shop, "轴承", "zhao") == ["P-100"], "rows out of sight are not found"
    with shop.site.read("shop", shop.actor("zhao")) as tx:
        assert [record.title for record in lookups.lookup(tx, "want", "what", "轴承")] == ["P-100 轴承座"]


def test_codes_name_records_among_many_by_one_statement(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However their letters are written; what no code names is searched for, and nothing out of sight is named."""
    monkeypatch.setattr(reading, "MOST", 1)                     # as if these were many
    asked: list[str] = []
    looked_up = lookups.lookup

    def lookup(tx: Tx, object: str, path: str, text: str, **others: Any) -> list[Record]:
        asked.append(text)
        return looked_up(tx, object, path, text, **others)

    monkeypatch.setattr(lookups, "lookup", lookup)

    def named(login: str, *words: str) -> dict[str, object]:
        asked.clear()
        with shop.site.read("shop", shop.actor(login)) as tx:
            means = lookups.named(tx, "want", "what", words)
            return {word: one and one.get("code") for word, one in means.items()}

    found = named("wang", "P-100", "so-2024-0013", "轴承")
    assert found == {"P-100": "P-100", "so-2024-0013": "SO-2024-0013", "轴承": "轴承"}
    assert asked == [""], "no text by itself"
    assert named("wang", "p-1000", "螺丝", "P-9") == {"p-1000": "P-1000", "螺丝": "SO-2024-0013", "P-9": None}
    assert asked == ["", "螺丝", "P-9"]
    assert named("zhao", "P-100", "X1") == {"P-100": "P-100", "X1": None}, "one part is in sight"


def test_it_is_kept_at_every_door(shop: Shop) -> None:
    one = part(shop, "X1")
    shop.update("wang", one, name="齿轮箱", sizes=[{"size": "新规格"}])
    assert found(shop, "齿轮") == found(shop, "新规") == ["X1"]
    assert found(shop, "配件") == []
    shop.run("wang", lambda tx: commands.delete(tx, "part", one.id))
    assert found(shop, "齿轮") == []
    assert found(shop, "齿轮", shelf="deleted") == ["X1"]
    shop.run("wang", lambda tx: shelving.restore(tx, "part", one.id))
    assert found(shop, "齿轮") == ["X1"]
    assert found(shop, "王五 齿轮") == ["X1"]
    shop.act("wang", one, "forget")
    assert found(shop, "王五 齿轮") == []
    shop.run("wang", lambda tx: commands.delete(tx, "part", one.id))
    shop.run("wang", lambda tx: shelving.purge(tx, "part", one.id))
    changed = APP.replace("  part:\n", "  item:\n    was: part\n").replace("to: part", "to: item")
    changed = changed.replace("  part: {manager", "  item: {manager")
    changed = changed.replace("maker: {type: text, search: true", "maker: {type: text")
    shop.site.publish(app_from(changed).texts)
    with shop.site.read("shop", SERVICE) as tx:
        assert not reading.page(tx, "item", Query(search="北京")).items, "the field is not searched any more"
        assert len(reading.page(tx, "item", Query(search="轴承")).items) == 3, "renamed with its object"
    assert verification.verify(shop.site, "shop") == []


def test_it_can_be_checked_and_made_anew(shop: Shop, tmp_path: Path) -> None:
    one = part(shop, "X1")
    with shop.site.database.write() as connection:
        number = shop.site.live(connection, "shop").numbers["part"]
        search_index.write(connection, number, {one.id: "", 999: "nobody"})
    assert found(shop, "配件") == []
    (lost,) = verification.verify(shop.site, "shop")
    assert (lost.what, lost.place) == ("search", f"part {one.id}")
    assert verification.verify(shop.site, "shop", repair=True) == [lost]
    assert found(shop, "配件") == ["X1"]
    assert shop.run("app", recomputing.index_all) == len(PARTS)
    assert verification.verify(shop.site, "shop") == []


def test_it_comes_back_with_a_backup(shop: Shop, tmp_path: Path) -> None:
    backups.make(shop.site, tmp_path / "one.zip")
    other = Database(f"sqlite:///{tmp_path}/other.db")
    backups.restore(other, tmp_path / "one.zip")
    assert backups.verified(other) == []
    other.close()


def test_terms_cover_every_part() -> None:
    for text in ("轴承m8x30公司", "so-2024-0013", "a", "三", "ab cd", "漢字kanji漢字", "x.y-z"):
        known = searching.terms(f"|{text}|\n|")
        for start in range(len(text)):
            for end in range(start + 1, len(text) + 1):
                for term, begun in searching.sought(text[start:end]).terms:
                    assert term in known or begun and any(one.startswith(term) for one in known), text[start:end]
