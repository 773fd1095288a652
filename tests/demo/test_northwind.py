"""What is derived from the Northwind tables: opening stock, open purchases, a warehouse."""

from __future__ import annotations

import csv
from pathlib import Path

from demo.northwind import derive

TABLES = {
    "products.csv": "ProductID,SupplierID,UnitPrice,UnitsInStock,UnitsOnOrder\n1,7,18,39,0\n2,7,19,17,40\n3,8,10,0,0\n",
    "orders.csv": "OrderID,ShippedDate\n10,1996-07-16\n11,\n",
    "order_details.csv": "OrderID,ProductID,Quantity\n10,1,5\n10,2,3\n11,1,100\n",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def derived(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in TABLES.items():
        (source / name).write_text(text, encoding="utf-8")
    derive(source, tmp_path / "target")
    return tmp_path / "target"


def test_a_product_opens_with_its_shipments_and_what_is_left(tmp_path: Path) -> None:
    lines = rows(derived(tmp_path) / "opening_stock_lines.csv")
    assert {line["ProductID"]: line["Quantity"] for line in lines} == {"1": "44", "2": "20"}


def test_what_is_on_order_becomes_a_purchase_order_per_supplier(tmp_path: Path) -> None:
    target = derived(tmp_path)
    assert [head["SupplierID"] for head in rows(target / "purchase_orders.csv")] == ["7"]
    lines = rows(target / "purchase_order_lines.csv")
    assert [(line["Number"], line["ProductID"], line["Quantity"]) for line in lines] == [("NW7", "2", "40")]
