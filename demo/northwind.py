"""Derives from the Northwind tables what an import needs beside them; knows CSV files only, no engine.

Northwind has no warehouses and no opening stock. For its history to replay without going below zero, each product opens
with what the shipped orders will take plus its UnitsInStock; its UnitsOnOrder become open purchase orders.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

WAREHOUSE = "MAIN"
OPENING_DAY = "1996-07-01"
LAST_DAY = "1998-05-06"

Rows = list[dict[str, str]]


def derive(source: Path, target: Path) -> None:
    """Write `warehouses.csv`, `opening_stock*.csv` and `purchase_order*.csv` into `target` from `source`."""
    target.mkdir(parents=True, exist_ok=True)
    products = _read(source / "products.csv")
    _write(target / "warehouses.csv", ("Code", "Name"), [(WAREHOUSE, "Main warehouse")])
    _write(target / "opening_stock.csv", ("Number", "Date", "Warehouse"), [("OPENING", OPENING_DAY, WAREHOUSE)])
    _write(
        target / "opening_stock_lines.csv",
        ("Number", "ProductID", "Quantity"),
        [("OPENING", product, quantity) for product, quantity in _opening(source, products) if quantity],
    )
    heads, lines = _purchases(products)
    _write(target / "purchase_orders.csv", ("Number", "Date", "SupplierID", "Warehouse"), heads)
    _write(target / "purchase_order_lines.csv", ("Number", "ProductID", "Quantity", "Price"), lines)


def _opening(source: Path, products: Rows) -> Iterable[tuple[str, int]]:
    """Product and opening quantity: all shipments to come, plus what is left after them."""
    shipped = {row["OrderID"] for row in _read(source / "orders.csv") if row["ShippedDate"]}
    taken: Counter[str] = Counter()
    for row in _read(source / "order_details.csv"):
        if row["OrderID"] in shipped:
            taken[row["ProductID"]] += int(row["Quantity"])
    for product in products:
        yield product["ProductID"], taken[product["ProductID"]] + int(product["UnitsInStock"])


def _purchases(products: Rows) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """One purchase order per supplier with everything that is on order from it."""
    by_supplier: Mapping[str, Rows] = defaultdict(list)
    for product in products:
        if int(product["UnitsOnOrder"]):
            by_supplier[product["SupplierID"]].append(product)
    heads: list[tuple[str, ...]] = [(f"NW{supplier}", LAST_DAY, supplier, WAREHOUSE) for supplier in by_supplier]
    lines: list[tuple[str, ...]] = [
        (f"NW{supplier}", row["ProductID"], row["UnitsOnOrder"], row["UnitPrice"])
        for supplier, rows in by_supplier.items()
        for row in rows
    ]
    return heads, lines


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
