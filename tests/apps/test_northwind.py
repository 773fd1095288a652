"""Northwind goes through the ordinary import into the sales ERP, and its totals come out again to the cent."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from demo.northwind import derive
from engine.definitions.compile import load
from engine.runtime.services import imports
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
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
