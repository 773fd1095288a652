"""kill -9 at every statement of a publishing: afterwards the old version or the new one is there, wholly."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import MetaData, inspect

from engine.definitions.compile import app_from
from engine.runtime.services import reading
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.conftest import SOAK
from tests.faults.publishers import COMMIT, COMMITTED, publish_and_die
from tests.services.shops import Shop

OLD = """
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
      weight: {type: money}
      color: text
      kind: {type: choice, options: {a: A, b: B}, default: a}
      stay: {type: range, of: date}
      friend: {type: link, to: item}
      lines: {type: lines, fields: {qty: quantity, price: money}}
    states: {draft: Draft, done: Done}
    effective: [done]
    posts: [{to: moved, each: lines, keys: {item: item}, add: {qty: qty}}]
    actions: {finish: {from: draft, to: done}}
registers: {moved: {keys: {item: {type: link, to: item}}, measures: {qty: quantity}}}
access: {item: {sales: full}}
""".replace("keys: {item: item}, add", "keys: {item: parent}, add")
STATEMENTS = 120                               # fewer than the publishing of the tests needs, reads included
POINTS = range(1, STATEMENTS + 1) if SOAK else (1, 40, 80, 115)
STAY = {"start": "2026-01-01", "end": "2026-01-05"}
LINE = {"qty": "2", "price": "5"}
# Renames an object and a field, adds a required one and stored formulas, changes decimals, a type
# without values, an index, and drops a field with values; fills in defaults that are worked out, also in lines, and
# turns a choice and a link into several.
NEW = (
    OLD.replace("  item:\n    key", "  thing:\n    was: item\n    key")
    .replace("to: item}", "to: thing}")
    .replace("access: {item", "access: {thing")
    .replace("code: {type: text, required: true}", "code: {type: text, required: true, unique: true}")
    .replace("size: integer", "length: {type: quantity, was: size}\n      unit: {type: text, required: true}")
    .replace("weight: {type: money}", "weight: date\n      total: {formula: sum(lines.qty) * length, type: quantity}")
    .replace("      color: text\n", "      mark: {type: text, required: true, default: \"=code & '!' & length\"}\n")
    .replace("kind: {type: choice, options: {a: A, b: B}, default: a}", "kind: {type: choices, options: {a: A, b: B}}")
    .replace("friend: {type: link, to: thing}", "friend: {type: links, to: thing}")
    .replace("{qty: quantity,", "{part: {type: integer, required: true, default: \"=qty * 2\"}, qty: quantity,")
    .replace("price: money", "cost: {type: money, was: price}")
)


def everything(database: Database) -> dict[str, Any]:
    """The whole database: columns, indexes and rows of every table."""
    found: dict[str, Any] = {}
    with database.read() as connection:
        inspector = inspect(connection)
        metadata = MetaData()
        metadata.reflect(connection)
        for name, table in metadata.tables.items():
            indexes = sorted((str(i["name"]), tuple(i["column_names"])) for i in inspector.get_indexes(name))
            rows = sorted(map(str, connection.execute(table.select())))
            found[name] = [str(column.type) + column.name for column in table.columns], indexes, rows
    return found


@pytest.mark.timeout(900)
def test_publishing_killed_at_every_statement(database_url: str) -> None:
    shop = Shop(database_url, OLD)
    for number in range(3):
        values = {"code": f"c{number}", "size": number, "color": "red", "lines": [LINE], "stay": STAY}
        item = shop.create("li", "item", **values, **({"friend": "c0"} if number else {}))
        shop.act("li", item, "finish")
    shop.site.database.close()
    new = app_from(NEW).texts
    with contextlib.closing(Database(database_url)) as database:
        Site(database)
        before = everything(database)
    for point in (*POINTS, COMMIT):
        assert publish_and_die(database_url, new, point), f"the publishing has fewer than {point} statements"
        with contextlib.closing(Database(database_url)) as database:
            Site(database)
            assert everything(database) == before, f"killed at point {point}: neither old nor new"
    assert publish_and_die(database_url, new, COMMITTED)
    with contextlib.closing(Database(database_url)) as database:
        site = Site(database)
        is_new(site)
        assert not site.publish(new).changed           # nobody was told; asked again, nothing more happens


def is_new(site: Site) -> None:
    with site.read("shop", SERVICE) as tx:
        items = sorted(reading.page(tx, "thing", reading.Query()).items, key=lambda item: item.id)
        told = [(i.get("code"), i.get("length"), i.get("total"), i.get("weight"), i.state) for i in items]
        assert told == [(f"c{n}", Decimal(n), Decimal(2 * n), None, "done") for n in range(3)]
        assert [i.lines("lines")[0].get("cost") for i in items] == [5, 5, 5]
        assert [i.lines("lines")[0].get("part") for i in items] == [4, 4, 4]
        assert [(i.get("mark"), i.get("kind")) for i in items] == [(f"c{n}!{n}", ("a",)) for n in range(3)]
        assert [i.get("friend") for i in items] == [None, (items[0].ref,), (items[0].ref,)]
        assert [i.get("stay").start for i in items] == [dt.date(2026, 1, 1)] * 3
        kept = tx.connection.exec_driver_sql('select zz_color from "shop__thing"').scalars().all()
        assert kept == ["red"] * 3
    assert verification.verify(site, "shop") == []
