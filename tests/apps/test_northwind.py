"""Northwind goes through the ordinary import into the sales ERP, and its totals come out again to the cent."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from demo.northwind import derive
from engine.definitions.compile import load
from engine.expressions.values import Ref
from engine.runtime.services import imports
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from engine.runtime.services.reporting import boards, reports
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.apps.asking import ask

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "northwind"
MAPPINGS = ROOT / "tests" / "data" / "northwind"
DERIVED = ("warehouses", "opening_stock", "purchase_orders")
ORDER = (
    "employees", "regions", "categories", "suppliers", "warehouses", "products", "customers",
    "opening_stock", "orders", "purchase_orders",
)

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the Northwind tables are not beside the checkout"),
]


class Imported:
    """A site with all of Northwind in it, and what each import reported."""

    def __init__(self, folder: Path) -> None:
        app = load(ROOT / "apps" / "sales_erp.yaml").app
        assert app is not None
        self.site = Site(Database(f"sqlite:///{folder / 'northwind.db'}"))
        self.site.publish(app.texts)
        self.derived = folder / "derived"
        derive(DATA, self.derived)
        people.add_user(self.site, "migration", "Migration", None, roles={"sales_erp": ["importer"]})
        self.reports = {name: self.bring(name) for name in ORDER}

    def bring(self, name: str) -> imports.Report:
        """Run one mapping as the importer."""
        file = MAPPINGS / f"{name}.yaml"
        mapping = imports.read_mapping(file.read_text(encoding="utf-8"), file.name)
        importer = people.actor_for(self.site, people.find(self.site, "migration"), "sales_erp")
        actor = SERVICE if name == "employees" else importer       # accounts are the site's business, not the app's
        return imports.run(self.site, "sales_erp", mapping, self.derived if name in DERIVED else DATA, actor)

    def ask(self, question: str) -> object:
        return ask(self.site, "sales_erp", question)


@pytest.fixture(scope="module")
def northwind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    imported = Imported(tmp_path_factory.mktemp("northwind"))
    yield imported
    imported.site.database.close()


def test_every_row_comes_in_without_an_error(northwind: Imported) -> None:
    assert {name: report.errors[:5] for name, report in northwind.reports.items() if report.errors} == {}
    created = {name: report.created for name, report in northwind.reports.items()}
    assert (created["customers"], created["products"], created["suppliers"], created["orders"]) == (91, 77, 29, 830)
    assert northwind.ask("count(sales_order.lines)") == 2155
    assert northwind.ask("count(customer.contacts)") == 91


def test_the_money_is_what_the_tables_say(northwind: Imported) -> None:
    assert northwind.ask("sum(sales_order.lines, round(qty * price, 2))") == Decimal("1354458.59")
    assert northwind.ask("sum(sales_order, net)") == Decimal("1265793.29")         # rounded by line
    assert northwind.ask("sum(sales_order, freight)") == Decimal("64942.69")


def test_a_line_keeps_the_price_of_its_day(northwind: Imported) -> None:
    assert northwind.ask("count(sales_order.lines where price != list_price)") == 658


def test_what_was_shipped_has_left_on_its_day_and_the_rest_waits(northwind: Imported) -> None:
    assert northwind.ask("count(sales_order where status = 'shipped')") == 809
    assert northwind.ask("count(sales_order where status = 'approved')") == 21
    assert northwind.ask("count(delivery where state = 'posted')") == 809
    with (DATA / "orders.csv").open(encoding="utf-8", newline="") as file:
        shipped = [row["ShippedDate"] for row in csv.DictReader(file)]
    assert northwind.ask("count(delivery where date = date(1996, 7, 16))") == shipped.count("1996-07-16") > 0


def test_each_product_ends_with_its_units_in_stock_and_on_order(northwind: Imported) -> None:
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for measure, column in (("on_hand", "UnitsInStock"), ("incoming", "UnitsOnOrder")):
        wanted = {row["ProductID"]: Decimal(row[column]) for row in rows}
        assert {code: northwind.ask(f"sum(stock where product = '{code}', {measure})") for code in wanted} == wanted


def test_importing_again_changes_nothing(northwind: Imported) -> None:
    for name in ("customers", "products", "orders"):
        again = northwind.bring(name)
        assert (again.created, again.updated, again.acted, again.errors) == (0, 0, 0, [])


def test_every_balance_agrees_with_its_documents(northwind: Imported) -> None:
    assert verification.verify(northwind.site, "sales_erp") == []


# ---- boards and reports over what was imported, as its last day saw them

LAST = dt.datetime(1998, 5, 6, 4, tzinfo=dt.UTC)
SINCE = {"since": dt.date(1996, 1, 1)}
CENT = Decimal("0.01")


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sums(column: str, table: str = "orders") -> dict[str, Decimal]:
    """What was ordered, rounded by line, for each value of a column of the orders or products."""
    key = {"orders": "OrderID", "products": "ProductID"}[table]
    named = {row[key]: row[column] for row in rows(table)}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in rows("order_details"):
        worth = int(line["Quantity"]) * Decimal(line["UnitPrice"]) * (1 - Decimal(line["Discount"]))
        found[named[line[key]]] += worth.quantize(CENT, ROUND_HALF_UP)
    return dict(found)


@pytest.fixture(scope="module")
def then(northwind: Imported) -> Iterator[Site]:
    """The same data on the day of the last orders."""
    site = Site(northwind.site.database, now=lambda: LAST)
    yield site


def table(site: Site, name: str, **params: Any) -> list[Mapping[str, Any]]:
    """The rows of a report, by column."""
    with site.read("sales_erp", SERVICE) as tx:
        found = reports.run(tx, name, params, as_reader=False)
        return [dict(zip((column.name for column in found.columns), row, strict=True)) for row in found.rows]


def by(site: Site, name: str, column: str, value: str = "net") -> dict[str, Decimal]:
    """The sums of a report over the whole time, by the titles of a column."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in table(site, name, **SINCE):
        key = row[column]
        found[key.title if isinstance(key, Ref) else str(key)] += row[value]
    return dict(found)


def test_what_was_sold_adds_up_to_the_tables_whichever_way_it_is_looked_at(then: Site) -> None:
    months: dict[str, Decimal] = defaultdict(Decimal)
    for day, worth in sums("OrderDate").items():
        months[f"{day[:7]}-01"] += worth
    assert by(then, "sales_by_month", "month") == months
    assert by(then, "sales_by_month", "month", "freight").keys() == months.keys()
    assert by(then, "sales_by_channel", "channel") == {"import": sum(months.values())}
    categories = {row["CategoryID"]: row["CategoryName"] for row in rows("categories")}
    wanted = {categories[id]: worth for id, worth in sums("CategoryID", "products").items()}
    assert by(then, "sales_by_category", "category") == wanted
    names = {row["EmployeeID"]: f"{row['FirstName']} {row['LastName']}" for row in rows("employees")}
    assert by(then, "sales_by_person", "person") == {names[id]: worth for id, worth in sums("EmployeeID").items()}
    cities = {row["CustomerID"]: row["City"] for row in rows("customers")}
    towns: dict[str, Decimal] = defaultdict(Decimal)
    for id, worth in sums("CustomerID").items():
        towns[cities[id]] += worth
    assert by(then, "sales_by_region", "city") == towns
    best = sorted(sums("CustomerID").items(), key=lambda one: -one[1])[:10]
    top = by(then, "sales_by_customer", "customer")
    assert [(title.split()[0], worth) for title, worth in top.items()] == best


def test_nothing_is_owed_that_was_never_billed(then: Site) -> None:
    assert table(then, "ageing") == []
    owed = table(then, "receivable_by_customer")
    assert sum(row["open"] for row in owed) == 0
    assert sum(row["committed"] for row in owed) == sum(sums("OrderDate").values())


def test_goods_that_nobody_bought_lately_are_named_with_their_last_delivery(then: Site) -> None:
    shipped = {row["OrderID"]: row["ShippedDate"] for row in rows("orders") if row["ShippedDate"]}
    last: dict[str, dt.date] = {}
    for line in rows("order_details"):
        if line["OrderID"] in shipped:
            day = dt.date.fromisoformat(shipped[line["OrderID"]])
            last[line["ProductID"]] = max(day, last.get(line["ProductID"], day))
    quiet = LAST.date() - dt.timedelta(days=20)
    wanted = {
        f"{row['ProductID']} {row['ProductName']}": (Decimal(row["UnitsInStock"]), last[row["ProductID"]])
        for row in rows("products") if int(row["UnitsInStock"]) > 0 and last[row["ProductID"]] < quiet
    }
    slow = table(then, "slow_stock", quiet=20)
    assert {row["product"].title: (row["on_hand"], row["last_sale"]) for row in slow} == wanted != {}


def test_stock_turns_as_often_as_its_average_left_in_three_months(then: Site) -> None:
    shipped = {row["OrderID"]: row["ShippedDate"] for row in rows("orders")}
    left: dict[str, Decimal] = defaultdict(Decimal)
    for line in rows("order_details"):
        if shipped[line["OrderID"]] >= "1998-02-06":
            left[line["ProductID"]] += int(line["Quantity"])
    wanted = {}
    for row in rows("products"):
        mean = Decimal(row["UnitsInStock"]) + left[row["ProductID"]] / 2
        wanted[f"{row['ProductID']} {row['ProductName']}"] = left[row["ProductID"]] / mean if mean else Decimal(0)
    found = {row["product"].title: row["turns"] for row in table(then, "stock_turnover")}
    assert {name: round(turns, 6) for name, turns in found.items()} == {
        name: round(turns, 6) for name, turns in wanted.items() if name in found
    }
    assert len(found) > 70


def test_the_boards_show_what_the_tables_say(then: Site) -> None:
    goods = [row for row in rows("products") if int(row["UnitsInStock"]) > 0]
    low = [row for row in rows("products") if int(row["UnitsInStock"]) < int(row["ReorderLevel"])]
    may = sum(worth for day, worth in sums("OrderDate").items() if day >= "1998-05-01")
    april = sum(worth for day, worth in sums("OrderDate").items() if "1998-04-01" <= day < "1998-05-01")
    waiting = [row for row in rows("orders") if not row["ShippedDate"]]
    with then.read("sales_erp", SERVICE) as tx:
        sales = [boards.card(tx, "sales_board", place) for place in range(3)]
        stock = [boards.card(tx, "stock_board", place) for place in range(2)]
    assert (sales[0].value, sales[0].before) == (may, april)
    assert [one.value for one in sales[1:]] == [len(waiting), 0]
    assert [one.value for one in stock] == [len(goods), len(low)]
