"""The first day of a wholesaler's year in the sales ERP: its boards, ageing and stock against SQL written by hand."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine.definitions.compile import load
from engine.runtime.services import commands, imports
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from engine.runtime.services.reporting import boards, reports
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.apps.asking import ask

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
MAPPINGS = ROOT / "tests" / "data" / "online_retail_erp"
FIRST_LINES, BILLED = 700, 12
NOON = dt.datetime(2010, 12, 1, 4, tzinfo=dt.UTC)
LATER = dt.datetime(2011, 2, 15, 4, tzinfo=dt.UTC)  # 76 days after the first day, 46 after 30 days to pay

pytestmark = pytest.mark.skipif(not SOURCE.is_file(), reason="the invoice lines are not beside the checkout")


def table() -> sqlite3.Connection:
    """The sales of the first lines as they stand in the file; cents as whole numbers."""
    base = sqlite3.connect(":memory:")
    base.execute("create table sold (invoice, code, name, qty integer, day, cents integer, customer, country)")
    with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as source:
        for row in islice(csv.DictReader(source), FIRST_LINES):
            cents = Decimal(row["UnitPrice"]) * 100
            if row["CustomerID"] and int(row["Quantity"]) > 0 and cents > 0:
                values = (
                    row["InvoiceNo"], row["StockCode"], row["Description"].strip(), int(row["Quantity"]),
                    row["InvoiceDate"][:10], int(cents), f"R{row['CustomerID'][:5]}", row["Country"],
                )
                base.execute("insert into sold values (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return base


FILES = {
    "warehouses": ("Code,Name", "select 'MAIN', 'Main'"),
    "products": (
        "StockCode,Description,UnitPrice",
        "select code, min(name), max(cents) / 100.0 from sold group by code",
    ),
    "customers": ("CustomerID,Country", "select distinct customer, country from sold"),
    "opening": ("Number,Date,Warehouse", "select 'OPEN', '2010-11-30', 'MAIN'"),
    "opening_lines": ("Number,StockCode,Quantity", "select 'OPEN', code, 2 * sum(qty) from sold group by code"),
    "orders": ("InvoiceNo,CustomerID,Day", "select distinct invoice, customer, day from sold"),
    "lines": ("InvoiceNo,StockCode,Quantity,UnitPrice", "select invoice, code, qty, cents / 100.0 from sold"),
}


class Shop:
    """The slice in the ERP, and beside it as a table of SQL."""

    def __init__(self, folder: Path) -> None:
        self.rows = table()
        for name, (header, query) in FILES.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header.split(","), *self.rows.execute(query)])
        app = load(ROOT / "apps" / "sales_erp.yaml").app
        assert app is not None
        self.database = Database(f"sqlite:///{folder / 'retail.db'}")
        self.site = Site(self.database, now=lambda: NOON)
        self.site.publish(app.texts)
        people.add_user(self.site, "migration", "Migration", None, roles={"sales_erp": ["importer"]})
        people.add_user(self.site, "qian", "Qian", None, roles={"sales_erp": ["finance"]})
        importer = people.actor_for(self.site, people.find(self.site, "migration"), "sales_erp")
        self.errors: list[Any] = []
        for name in ("warehouses", "products", "customers", "opening_stock", "orders"):
            text = (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")
            mapping = imports.read_mapping(text, f"{name}.yaml")
            self.errors += imports.run(self.site, "sales_erp", mapping, folder, importer).errors
        self.billed = self.bill()

    def bill(self) -> list[str]:
        """Invoices for the first orders; their numbers."""
        finance = people.actor_for(self.site, people.find(self.site, "qian"), "sales_erp")
        query = "select distinct invoice from sold order by 1 limit ?"
        numbers = [number for number, in self.rows.execute(query, [BILLED])]
        for number in numbers:
            id = ask(self.site, "sales_erp", f"get(sales_order, '{number}')").id
            self.site.run("sales_erp", finance, partial(_bill, id))
        return numbers

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.rows.execute(query, values).fetchall()


def _bill(order: int, tx: Tx) -> None:
    made = commands.act(tx, "sales_order", order, "bill").created[0].ref
    commands.act(tx, made.object, made.id, "post")


def rows(site: Site, name: str, **params: Any) -> list[dict[str, Any]]:
    with site.read("sales_erp", SERVICE) as tx:
        found = reports.run(tx, name, params, as_reader=False)
        return [dict(zip((column.name for column in found.columns), row, strict=True)) for row in found.rows]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("retail"))
    yield made
    made.rows.close()
    made.database.close()


def test_all_of_the_slice_comes_in_and_every_balance_agrees(shop: Shop) -> None:
    assert shop.errors == []
    [(orders, lines, goods)] = shop.sql("select count(distinct invoice), count(*), count(distinct code) from sold")
    assert ask(shop.site, "sales_erp", "count(sales_order where status = 'shipped')") + BILLED == orders > 2 * BILLED
    assert ask(shop.site, "sales_erp", "count(sales_order.lines)") == lines
    assert ask(shop.site, "sales_erp", "count(product)") == goods
    assert verification.verify(shop.site, "sales_erp") == []


def test_the_board_shows_what_was_sold_that_day(shop: Shop) -> None:
    [(cents,)] = shop.sql("select sum(qty * cents) from sold")
    with shop.site.read("sales_erp", SERVICE) as tx:
        month, _, owed, today = (boards.card(tx, "sales_board", place).value for place in range(4))
    assert month == today == Decimal(cents) / 100
    marks = ",".join("?" * BILLED)
    [(billed,)] = shop.sql(f"select sum(qty * cents) from sold where invoice in ({marks})", *shop.billed)
    assert owed == Decimal(billed) / 100
    best = shop.sql("select code, sum(qty * cents) from sold group by code order by 2 desc limit 10")
    top = [row["net"] for row in rows(shop.site, "sales_by_product")[:10]]
    assert top == [Decimal(cents) / 100 for _, cents in best]


def test_what_is_left_of_each_product_is_what_the_table_says(shop: Shop) -> None:
    wanted = {code: Decimal(qty) for code, qty in shop.sql("select code, sum(qty) from sold group by code")}
    found = {row["product"].title.split()[0]: row["on_hand"] for row in rows(shop.site, "stock_on_hand")}
    assert found == wanted
    moved = rows(shop.site, "stock_turnover", first_day=dt.date(2010, 12, 1), last_day=dt.date(2010, 12, 1))
    assert {row["product"].title.split()[0]: row["outward"] for row in moved} == wanted


def test_what_was_billed_grows_old(shop: Shop) -> None:
    marks = ",".join("?" * BILLED)
    wanted = {
        customer: Decimal(cents) / 100
        for customer, cents in shop.sql(
            f"select customer, sum(qty * cents) from sold where invoice in ({marks}) group by customer", *shop.billed
        )
    }
    found = rows(Site(shop.database, now=lambda: LATER), "ageing")
    assert {str(row["age"]) for row in found} == {"31 – 60"}
    assert {row["customer"].title.split()[0]: row["open"] for row in found} == wanted
