"""Publishing: what a change of the definition does to tables and data, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.definitions import compile
from engine.definitions.app import App
from engine.definitions.compile import app_from
from engine.errors import BadDefinition, Conflict, Location, NotFound, Problem, Refused
from engine.runtime.services import checkups, reading
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.services.shops import Shop

BASE = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  item:
    key: code
    fields:
      code: {type: text, required: true}
      size: integer
      lines: {type: lines, fields: {qty: quantity}}
access: {item: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, BASE)
    yield made
    made.site.database.close()


def publish(shop: Shop, old: str, new: str) -> list[str]:
    """Publish the base with one replacement; the operations of the plan."""
    assert old in BASE
    done = shop.site.publish(app_from(BASE.replace(old, new)).texts)
    return [f"{o.kind} {o.name or o.table}" for o in done.plan.operations]


def only(shop: Shop) -> dict[str, object]:
    with shop.site.read("shop", SERVICE) as tx:
        (record,) = reading.page(tx, "item", reading.Query()).items
        return {name: record.get(name) for name in record.definition.fields if name != "lines"}


def test_the_same_text_again_changes_nothing(shop: Shop) -> None:
    done = shop.site.publish(app_from(BASE).texts)
    assert (done.number, done.changed, done.plan.operations) == (1, False, ())


def test_what_is_live_goes_on_running_where_a_later_engine_judges_stricter(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stricter(app: App) -> Iterator[Problem]:
        yield Problem("E-ACC-004", "no database runs this", Location("app.yaml", 2, 1))

    shop.create("li", "item", code="A")
    monkeypatch.setattr(compile, "CHECKS", (*compile.CHECKS, stricter))
    compile._TEXTS.clear()
    later = Site(shop.site.database)
    with later.read("shop", SERVICE) as tx:
        assert [record.get("code") for record in reading.page(tx, "item", reading.Query()).items] == ["A"]
    with shop.site.database.read() as connection:
        told = [finding for finding in checkups._app(later, connection, "shop") if finding.level == "warning"]
    assert "would not publish it again: app.yaml:2:1" in told[0].text
    with pytest.raises(BadDefinition):
        later.publish({"app.yaml": BASE})
    compile._TEXTS.clear()


def test_a_new_field_and_its_formula_come_with_values(shop: Shop) -> None:
    shop.create("li", "item", code="a", size=3, lines=[{"qty": "2"}, {"qty": "5"}])
    new = "size: integer\n      total: {formula: sum(lines.qty) * size, type: quantity}\n      note: text"
    assert publish(shop, "size: integer", new) == ["add column total", "add column note"]
    assert only(shop) == {"code": "a", "size": 3, "total": Decimal(21), "note": None}
    with shop.site.read("shop", SERVICE) as tx:
        assert len(reading.page(tx, "item", reading.Query(filter="total = 21")).items) == 1


def test_a_renamed_field_and_object_keep_their_data(shop: Shop) -> None:
    shop.create("li", "item", code="a", size=3)
    assert publish(shop, "size: integer", "weight: {type: integer, was: size}") == ["rename column weight"]
    assert only(shop) == {"code": "a", "weight": 3}
    text = BASE.replace("  item:\n", "  thing:\n    was: item\n").replace("access: {item:", "access: {thing:")
    text = text.replace("size: integer", "weight: {type: integer, was: size}")
    kinds = {o.kind for o in shop.site.publish(app_from(text).texts).plan.operations}
    assert "rename table" in kinds
    with shop.site.read("shop", SERVICE) as tx:
        (record,) = reading.page(tx, "thing", reading.Query()).items
        assert record.get("weight") == 3


def test_a_dropped_field_is_archived_not_lost(shop: Shop) -> None:
    shop.create("li", "item", code="a", size=3)
    done = shop.site.publish(app_from(BASE.replace("      size: integer\n", "")).texts)
    (operation,) = done.plan.operations
    assert (operation.kind, operation.name, operation.rows) == ("archive column", "size", 1)
    assert "kept in the database" in operation.risk
    assert only(shop) == {"code": "a"}


def test_data_that_forbid_a_change_are_shown(shop: Shop) -> None:
    for _ in range(2):
        shop.create("li", "item", code="twice")
    with pytest.raises(Refused, match="twice occurs 2 times"):
        publish(shop, "code: {type: text, required: true}", "code: {type: text, required: true, unique: true}")
    shop.create("li", "item", code="b", size=7)
    with pytest.raises(Refused, match="old type"):
        publish(shop, "size: integer", "size: date")
    assert [v.number for v in shop.site.versions("shop")] == [1]


def test_a_broken_definition_changes_nothing_and_says_where(shop: Shop) -> None:
    shop.create("li", "item", code="a")
    with pytest.raises(BadDefinition) as bad:
        shop.site.publish({"main.yaml": BASE.replace("size: integer", "size: {formula: cde + 1, type: integer}")})
    problem = bad.value.problems[0]
    assert (problem.at.line, problem.hint) != (0, "")
    assert "code" in problem.hint
    with pytest.raises(BadDefinition):
        shop.site.plan({"main.yaml": "app: ["})
    assert only(shop)["code"] == "a"
    assert [v.number for v in shop.site.versions("shop")] == [1]


def test_rolling_back_publishes_the_old_text_as_a_new_version(shop: Shop) -> None:
    publish(shop, "size: integer", "size: integer\n      note: text")
    done = shop.site.roll_back("shop", 1, by="li")
    assert done.number == 3
    assert [v.comment for v in shop.site.versions("shop")][0] == "rollback to 1"
    assert shop.site.texts("shop") == shop.site.texts("shop", 1)
    assert "note" not in shop.site.apps()[0].app.objects["item"].fields


def test_another_process_notices_the_new_version(shop: Shop) -> None:
    other = Site(Database(shop.site.database.engine.url.render_as_string(hide_password=False)))
    assert other.apps()[0].version == 1
    publish(shop, "size: integer", "size: integer\n      note: text")
    assert other.apps()[0].version == 2
    other.database.close()


def test_two_publishers_at_once_one_after_the_other(shop: Shop) -> None:
    texts = [app_from(BASE.replace("size: integer", f"size: integer\n      note{n}: text")).texts for n in range(4)]
    begun = threading.Barrier(len(texts))
    numbers: list[int] = []

    def one(files: dict[str, str]) -> None:
        begun.wait()
        numbers.append(shop.site.publish(files).number)

    threads = [threading.Thread(target=one, args=(dict(files),)) for files in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [2, 3, 4, 5]
    live = shop.site.apps()[0]
    assert [name for name in live.app.objects["item"].fields if name.startswith("note")]
    assert shop.create("li", "item", code="still works").id


def test_a_plan_keeps_no_writer_waiting_on_sqlite(shop: Shop) -> None:
    if shop.site.database.dialect != "sqlite":
        pytest.skip("on PostgreSQL what is tried out holds the tables that it changes")
    shop.create("li", "item", code="a", size=2)
    changed = app_from(BASE.replace("      size: integer\n", "      size: integer\n      more: {formula: size + 1}\n"))
    with shop.site.database.write():           # somebody writes all the while
        plan = shop.site.plan(changed.texts)
    assert [str(o) for o in plan.operations] == [str(o) for o in shop.site.publish(changed.texts).plan.operations]


def test_an_unknown_version_is_named(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no version 9 of shop"):
        shop.site.roll_back("shop", 9)


def test_an_app_whose_name_differs_by_case_only_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="case only"):
        shop.site.publish(app_from(BASE.replace("app: shop", "app: Shop")).texts)
    assert [live.app.name for live in shop.site.apps()] == ["shop"]


def test_a_register_may_have_keys_named_like_parts_of_the_engine(shop: Shop) -> None:
    keys, measures = "{level: text, row: text, version: integer}", "{rule: quantity, month: integer}"
    named = f"registers:\n  stock: {{keys: {keys}, measures: {measures}}}\n"
    assert shop.site.publish(app_from(BASE + named).texts).changed


NUMBERS = "size: integer\n      price: {type: money}\n      kind: {type: choice, options: {a: A, b: B}}"


def numbered(shop: Shop, **fields: str) -> list[str]:
    """Publish the base with these types of the fields price and kind; the operations."""
    text = "size: integer\n      " + "\n      ".join(f"{name}: {kind}" for name, kind in fields.items())
    done = shop.site.publish(app_from(BASE.replace("size: integer", text)).texts)
    return [f"{o.kind} {o.name or o.table}" for o in done.plan.operations]


def test_a_number_with_other_decimals_keeps_its_value(shop: Shop) -> None:
    """On SQLite numbers are scaled integers: read with another scale they would be other numbers."""
    shop.site.publish(app_from(BASE.replace("size: integer", NUMBERS)).texts)
    shop.create("li", "item", code="a", size=3, price="12.50")
    assert "convert column price" in numbered(shop, price="quantity", kind="text")
    assert only(shop)["price"] == Decimal("12.5")
    with shop.site.read("shop", SERVICE) as tx:
        assert len(reading.page(tx, "item", reading.Query(filter="price = 12.5")).items) == 1
        (record,) = reading.page(tx, "item", reading.Query()).items
    shop.update("li", record.ref, price="12.345678", kind="k" * 200)
    assert only(shop)["price"] == Decimal("12.345678")
    with pytest.raises(Refused, match="12.345678 has more decimals"):
        numbered(shop, price="money", kind="text")
    assert only(shop)["price"] == Decimal("12.345678")
    shop.update("li", record.ref, price="7")
    renamed = numbered(shop, cost="{type: integer, was: price}", kind="text")
    assert "rename column cost" in renamed and "convert column cost" in renamed
    assert only(shop)["cost"] == 7


def test_a_field_that_goes_and_comes_back_twice_keeps_its_values(shop: Shop) -> None:
    for size in (3, 4):
        shop.create("li", "item", code=f"n{size}", size=size)
        assert publish(shop, "      size: integer\n", "") == ["archive column size"]
        back = shop.site.publish(app_from(BASE).texts).plan
        assert [f"{o.kind} {o.name}" for o in back.operations] == ["restore column size"]
    with shop.site.read("shop", SERVICE) as tx:
        items = sorted(reading.page(tx, "item", reading.Query()).items, key=lambda item: item.id or 0)
        assert [item.get("size") for item in items] == [3, 4]


def test_a_field_that_comes_back_as_another_leaves_what_is_archived(shop: Shop) -> None:
    for kind in ("date", "text"):
        publish(shop, "      size: integer\n", f"      size: {kind}\n")
    with shop.site.database.read() as connection:
        assert connection.exec_driver_sql('select zz_size, zz_size_2 from "shop__item"').all() == []


def test_who_looked_at_an_older_version_is_told(shop: Shop) -> None:
    begun = threading.Barrier(3)
    told: list[str] = []

    def one(number: int) -> None:
        files = app_from(BASE.replace("size: integer", f"size: integer\n      note{number}: text")).texts
        begun.wait()
        try:
            told.append(f"won {shop.site.publish(files, by=f'p{number}', seen=1).number}")
        except Conflict as conflict:
            assert conflict.current_version == 2
            told.append(conflict.message.to("en"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("won 2") == 1
    assert sum("look at the plan again" in text and "by p" in text for text in told) == 2
    assert [v.number for v in shop.site.versions("shop")] == [2, 1]


def test_every_kind_of_field_is_found_as_it_was_made(shop: Shop) -> None:
    """A plan for tables that are there as they should be is empty; times were taken for another type once."""
    fields = ("hour: time", "moment: datetime", "day: date", "on: boolean", "lasts: duration", "raw: json")
    kinds = "\n      ".join(fields)
    text = BASE.replace("size: integer", f"size: integer\n      {kinds}\n      words: tags")
    shop.site.publish(app_from(text).texts)
    shop.create("li", "item", code="a", hour="23:59", moment="2026-01-01T00:00:00Z", day="2026-01-01", on=True)
    assert shop.site.plan(app_from(text).texts).operations == ()
    more = app_from(text.replace("size: integer", "size: integer\n      note: text")).texts
    assert [o.name for o in shop.site.publish(more).plan.operations] == ["note"]
