"""Imports through the whole pipeline: what is written, what is refused and where; a second run does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden
from engine.runtime.services import reading
from engine.runtime.services.identity import people
from engine.runtime.services.imports import Report
from tests.imports.shop import CLERK, IMPORTER, Shop

CUSTOMERS = "CustomerID,CompanyName,Limit,Since\nALFKI,Alfreds,\"1,000.50\",7/4/1996\nANATR,Ana,NULL,\n"
CUSTOMER_MAP: dict[str, Any] = {
    "object": "customer", "file": "customers.csv", "key": "code", "dates": "M/D/YYYY", "blank": ["NULL"],
    "fields": {"code": "CustomerID", "name": "CompanyName", "limit": "Limit", "since": "Since", "grade": "='a'"},
}
PRODUCTS = "code,name,price\n11,Queso,14\n42,Mee,9.8\n72,Mozzarella,34.8\n"
ORDERS = "OrderID,CustomerID,OrderDate,ShippedDate\n10248,ALFKI,1996-07-04,1996-07-16\n10249,ANATR,1996-07-05,\n"
DETAILS = "OrderID,ProductID,UnitPrice,Quantity\n10248,11,14,12\n10248,42,9.8,10\n10249,72,34.8,5\n"
ORDER_MAP = """
object: sales_order
file: orders.csv
key: number
fields: {number: OrderID, customer: {column: CustomerID, by: code}, date: OrderDate}
lines:
  lines: {file: details.csv, on: OrderID, fields: {product: ProductID, qty: Quantity, price: UnitPrice}}
then:
  - {act: take_over}
  - {act: finish, when: ShippedDate is not blank, with: {reason: ShippedDate}}
"""


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.acted, report.failed


def errors(report: Report) -> list[tuple[str, int, str]]:
    return [(error.file, error.row, error.column) for error in report.errors]


def stocked(shop: Shop) -> Shop:
    """The shop with customers, products and the files of two orders."""
    shop.file("customers.csv", CUSTOMERS)
    shop.file("products.csv", PRODUCTS)
    shop.file("orders.csv", ORDERS)
    shop.file("details.csv", DETAILS)
    assert shop.run(CUSTOMER_MAP).failed == 0
    assert shop.run({"object": "product", "file": "products.csv"}).failed == 0
    return shop


def test_records_are_created_then_left_alone_then_updated(shop: Shop) -> None:
    shop.file("customers.csv", CUSTOMERS)
    assert counts(shop.run(CUSTOMER_MAP)) == (2, 0, 0, 0, 0)
    alfreds, ana = shop.records("customer")
    found = (alfreds["code"], alfreds["name"], alfreds["limit"], alfreds["since"])
    assert found == ("ALFKI", "Alfreds", "1000.50", "1996-07-04")
    assert (alfreds["grade"], ana["grade"], ana["limit"], ana["since"], ana["active"]) == ("a", "a", None, None, True)
    assert counts(shop.run(CUSTOMER_MAP)) == (0, 0, 2, 0, 0)
    shop.file("customers.csv", CUSTOMERS.replace("Alfreds", "Alfred"))
    assert counts(shop.run(CUSTOMER_MAP)) == (0, 1, 1, 0, 0)
    assert shop.records("customer")[0]["name"] == "Alfred"


def test_orders_with_lines_and_actions(shop: Shop) -> None:
    stocked(shop)
    assert counts(shop.run(ORDER_MAP)) == (2, 0, 0, 3, 0)
    first, second = shop.records("sales_order")
    lines = [(line["qty"], line["price"], line["amount"]) for line in first["lines"]]
    assert lines == [("12", "14.00", "168.00"), ("10", "9.80", "98.00")]
    found = (first["number"], first["total"], first["state"], first["reason"])
    assert found == ("10248", "266.00", "done", "1996-07-16")
    assert (second["number"], second["state"], len(second["lines"])) == ("10249", "open", 1)
    assert counts(shop.run(ORDER_MAP)) == (0, 0, 2, 0, 0)


def test_a_second_run_takes_only_moves_that_are_still_due(shop: Shop) -> None:
    stocked(shop).run(ORDER_MAP)
    shop.file("orders.csv", ORDERS.replace("1996-07-05,", "1996-07-05,1996-07-10"))
    assert counts(shop.run(ORDER_MAP)) == (0, 0, 2, 1, 0)
    assert [order["state"] for order in shop.records("sales_order")] == ["done", "done"]


def test_changed_lines(shop: Shop) -> None:
    stocked(shop)
    mapping = ORDER_MAP.partition("then:")[0]
    shop.run(mapping)
    shop.file("details.csv", "OrderID,ProductID,UnitPrice,Quantity\n10248,11,14,13\n10249,72,34.8,5\n10249,11,1,1\n")
    assert counts(shop.run(mapping)) == (0, 2, 0, 0, 0)
    first, second = shop.records("sales_order")
    assert [line["qty"] for line in first["lines"]] == ["13"]
    assert [line["qty"] for line in second["lines"]] == ["5", "1"]


def test_errors_name_row_and_column_and_leave_no_trace(shop: Shop) -> None:
    stocked(shop)
    more = "10250,NOBODY,1996-07-08,\n10251,ALFKI,08.07.1996,\n10252,ALFKI,1996-07-09,\n,ALFKI,,\n"
    shop.file("orders.csv", ORDERS + more)
    shop.file("details.csv", DETAILS + "10252,11,14,0\n10252,99,1,x\n10260,11,1,1\n")
    report = shop.run(ORDER_MAP)
    assert counts(report) == (2, 0, 0, 3, 5)
    assert errors(report) == [
        ("orders.csv", 4, "CustomerID"), ("orders.csv", 5, "OrderDate"), ("orders.csv", 7, "OrderID"),
        ("details.csv", 6, "ProductID"), ("details.csv", 6, "Quantity"), ("details.csv", 7, ""),
    ]
    assert "NOBODY" in report.errors[0].message.to("en") and "NOBODY" in report.errors[0].message.to("zh")
    assert shop.count("sales_order") == 2


def test_a_row_tells_what_is_unreadable_and_what_is_missing_at_once(shop: Shop) -> None:
    shop.file("c.csv", "code,name,limit,grade\nA,,much,\n,,1,\n,,much,\n")
    report = shop.run({"object": "customer", "file": "c.csv"})
    told = [(error.row, error.column, error.message.to("en")) for error in report.errors if error.row != 3]
    assert told == [
        (2, "limit", "“much” is not a number; write it as in 1234.5"), (2, "name", "Name is required"),
        (4, "limit", "“much” is not a number; write it as in 1234.5"), (4, "code", "Code is required"),
        (4, "name", "Name is required"),
    ]
    assert report.created == 0


def test_rules_of_the_pipeline_name_their_line(shop: Shop) -> None:
    stocked(shop)
    shop.file("details.csv", DETAILS.replace("10249,72,34.8,5", "10249,72,34.8,0"))
    report = shop.run(ORDER_MAP)
    assert counts(report) == (1, 0, 0, 2, 1)
    assert errors(report) == [("details.csv", 4, "Quantity")]


def test_an_action_that_is_refused_takes_its_record_along(shop: Shop) -> None:
    stocked(shop)
    shop.file("orders.csv", "OrderID,CustomerID,OrderDate,ShippedDate\n10248,ALFKI,1996-07-04,\n")
    shop.file("details.csv", "OrderID,ProductID,UnitPrice,Quantity\n10248,11,14,12\n")
    report = shop.run(ORDER_MAP.partition("then:")[0] + "then: [{act: finish}]")
    assert counts(report) == (0, 0, 0, 0, 1)
    assert shop.count("sales_order") == 0


def test_a_condition_that_cannot_be_computed_is_an_error_of_its_row(shop: Shop) -> None:
    stocked(shop)
    then = "then: [{act: take_over, when: 10 / (value(OrderID) - 10248) > 1}]"
    report = shop.run(ORDER_MAP.partition("then:")[0] + then)
    assert counts(report) == (1, 0, 0, 1, 1)
    assert [(error.file, error.row) for error in report.errors] == [("orders.csv", 2)]
    assert "cannot be computed: Division by zero" in report.errors[0].message.to("en")
    assert shop.count("sales_order") == 1


def test_warnings_stop_a_record_until_they_are_accepted(shop: Shop) -> None:
    stocked(shop)
    shop.file("details.csv", DETAILS.replace("10249,72,34.8,5", "10249,72,34.8,500"))
    report = shop.run(ORDER_MAP)
    assert (report.created, report.failed) == (1, 1)
    assert "large" in report.errors[0].message.to("en")
    assert counts(shop.run(ORDER_MAP + "accept: large\n")) == (1, 0, 1, 1, 0)


def test_a_dry_run_says_everything_and_writes_nothing(shop: Shop) -> None:
    stocked(shop)
    shop.file("orders.csv", ORDERS + "10250,NOBODY,1996-07-08,\n")
    report = shop.run(ORDER_MAP, dry_run=True)
    assert counts(report) == (2, 0, 0, 3, 1)
    assert shop.count("sales_order") == 0
    assert counts(shop.run(ORDER_MAP)) == counts(report)


def test_rows_may_link_to_later_rows(shop: Shop) -> None:
    rows = [f"c{n},c{n + 1}" for n in range(120)]
    shop.file("categories.csv", "name,above\n" + "\n".join(rows) + "\nc120,\nlost,nowhere\n")
    report = shop.run({"object": "category", "file": "categories.csv"})
    assert counts(report) == (121, 0, 0, 0, 1)
    assert errors(report) == [("categories.csv", 123, "above")]
    assert counts(shop.run({"object": "category", "file": "categories.csv"})) == (0, 0, 121, 0, 1)


def test_many_batches_and_progress(shop: Shop) -> None:
    seen: list[int] = []
    shop.file("products.csv", "code,name\n" + "".join(f"{n},p{n}\n" for n in range(120)))
    assert shop.run({"object": "product", "file": "products.csv"}, progress=seen.append).created == 120
    assert seen[0] == 50 and seen == sorted(seen) and seen[-1] == 120


def test_the_same_key_twice_in_a_file(shop: Shop) -> None:
    shop.file("products.csv", "code,name\n1,first\n1,second\n")
    assert counts(shop.run({"object": "product", "file": "products.csv"})) == (1, 1, 0, 0, 0)
    assert [product["name"] for product in shop.records("product")] == ["second"]


def test_without_the_right_to_import(sqlite_shop: Shop) -> None:
    sqlite_shop.file("customers.csv", CUSTOMERS)
    with pytest.raises(Forbidden):
        sqlite_shop.run(CUSTOMER_MAP, actor=CLERK)
    assert sqlite_shop.count("customer") == 0


def test_columns_find_their_fields(sqlite_shop: Shop) -> None:
    sqlite_shop.file("customers.csv", "编码,COMPANYNAME,等级,grade,something\nA,Alfreds,x,A级,y\n")
    assert counts(sqlite_shop.run({"object": "customer", "file": "customers.csv"})) == (1, 0, 0, 0, 0)
    [found] = sqlite_shop.records("customer")
    assert (found["code"], found["name"], found["grade"]) == ("A", "Alfreds", "a")


def test_lines_out_of_the_same_rows(sqlite_shop: Shop) -> None:
    shop = stocked(sqlite_shop)
    shop.file("flat.csv", "no,customer,product,qty\n1,ALFKI,11,2\n1,ALFKI,42,3\n2,ANATR,72,1\n")
    mapping = {
        "object": "sales_order", "file": "flat.csv", "key": "number",
        "fields": {"number": "no", "customer": "customer"},
        "lines": {"lines": {"on": "no", "fields": {"product": "product", "qty": "qty"}}},
    }
    assert counts(shop.run(mapping)) == (2, 0, 0, 0, 0)
    assert [[line["qty"] for line in order["lines"]] for order in shop.records("sales_order")] == [["2", "3"], ["1"]]
    assert counts(shop.run(mapping)) == (0, 0, 2, 0, 0)


def test_lines_told_by_their_key(sqlite_shop: Shop) -> None:
    shop = stocked(sqlite_shop)
    mapping = ORDER_MAP.partition("then:")[0].replace("on: OrderID,", "on: OrderID, key: product,")
    shop.run(mapping)
    shop.file("details.csv", "OrderID,ProductID,UnitPrice,Quantity\n10248,42,9.8,10\n10249,72,34.8,5\n")
    assert counts(shop.run(mapping)) == (0, 1, 1, 0, 0)
    assert [line["qty"] for line in shop.records("sales_order")[0]["lines"]] == ["10"]


def test_maps_and_expressions(sqlite_shop: Shop) -> None:
    sqlite_shop.file("c.csv", "ID,First Name,Last,Kind,On\n1,Ann,Lee,1,\n2,Bob,,2,x\n")
    mapping = """
object: customer
file: c.csv
key: code
fields:
  code: ='C' & ID
  name: =trim(First_Name & ' ' & Last)
  grade: {column: Kind, map: {1: a, 2: b}}
  active: {column: On, map: {x: false}}
  secret: =if(Last is blank, 'single', blank)
"""
    assert counts(sqlite_shop.run(mapping)) == (2, 0, 0, 0, 0)
    ann, bob = sqlite_shop.records("customer")
    assert (ann["code"], ann["name"], ann["grade"], ann["active"], ann["secret"]) == ("C1", "Ann Lee", "a", True, None)
    assert (bob["code"], bob["name"], bob["grade"], bob["active"], bob["secret"]) == ("C2", "Bob", "b", False, "single")
    assert counts(sqlite_shop.run(mapping)) == (0, 0, 2, 0, 0)


def test_a_blank_cell_spares_a_default_and_clears_the_rest(sqlite_shop: Shop) -> None:
    mapping = {"object": "customer", "file": "c.csv"}
    sqlite_shop.file("c.csv", "code,name,grade,secret\nA,a,a,x\n")
    sqlite_shop.run(mapping)
    sqlite_shop.file("c.csv", "code,name,grade,secret\nA,a,,\nB,b,,\n")
    assert counts(sqlite_shop.run(mapping)) == (1, 1, 0, 0, 0)
    assert [(c["grade"], c["secret"]) for c in sqlite_shop.records("customer")] == [("a", None), ("b", None)]


def test_an_expression_that_fails_is_an_error_of_its_row(sqlite_shop: Shop) -> None:
    sqlite_shop.file("c.csv", "code,n\nA,0\nB,2\n")
    mapping = {"object": "customer", "file": "c.csv", "fields": {"code": "code", "name": "=text(1 / value(n), '0.0')"}}
    report = sqlite_shop.run(mapping)
    assert counts(report) == (1, 0, 0, 0, 1)
    assert errors(report) == [("c.csv", 2, "name")]


def test_a_given_number_moves_the_counter(shop: Shop) -> None:
    stocked(shop)
    shop.file("a.csv", "number,customer\nSO0041,ALFKI\n")
    shop.run({"object": "sales_order", "file": "a.csv"})
    shop.file("b.csv", "customer\nANATR\n")
    shop.run({"object": "sales_order", "file": "b.csv"})
    assert [order["number"] for order in shop.records("sales_order")] == ["SO0041", "SO0042"]


def test_lines_whose_rows_stand_apart_are_put_together(sqlite_shop: Shop) -> None:
    shop = stocked(sqlite_shop)
    rows = ("No,Customer,Item,Qty", "1,ALFKI,11,1", "2,ALFKI,11,2", "1,ALFKI,42,3", ",ALFKI,11,9")
    shop.file("flat.csv", "\n".join(rows))
    report = shop.run({
        "object": "sales_order", "file": "flat.csv", "key": "number", "where": "No is not blank",
        "fields": {"number": "No", "customer": {"column": "Customer", "by": "code"}},
        "lines": {"lines": {"on": "No", "fields": {"product": {"column": "Item", "by": "code"}, "qty": "Qty"}}},
    })
    assert (report.created, report.skipped, report.errors) == (2, 1, [])
    found = {order["number"]: [line["qty"] for line in order["lines"]] for order in shop.records("sales_order")}
    assert found == {"1": ["1", "3"], "2": ["2"]}


def test_links_are_found_by_what_exports_call_them(shop: Shop) -> None:
    stocked(shop)
    people.add_user(shop.site, "li", "李敏", None)
    people.add_user(shop.site, "sun", "孙悦", None)
    people.add_user(shop.site, "sun2", "孙悦", None)
    shop.file("orders.csv", "number,customer,note,keeper\n1,ALFKI Alfreds,a,李敏\n2,ALFKI Other,b,li\n3,ALFKI,c,孙悦\n")
    mapping = {"object": "sales_order", "file": "orders.csv", "fields": {
        "number": "number", "customer": "customer", "note": "note", "keeper": "keeper"}}
    report = shop.run(mapping)
    assert errors(report) == [("orders.csv", 3, "customer"), ("orders.csv", 4, "keeper")]
    assert "2 records of" in report.errors[1].message.to("en")
    with shop.site.read("shop", IMPORTER) as tx:
        found = reading.page(tx, "sales_order", reading.Query(filter="customer.code = 'ALFKI' and keeper = 'li'")).items
    assert [one.get("note") for one in found] == ["a"] and shop.count("sales_order") == 1


def test_a_name_that_several_have_is_not_guessed(shop: Shop) -> None:
    stocked(shop)
    shop.file("products.csv", "code,name\n43,Mee\n")
    shop.run({"object": "product", "file": "products.csv"})
    mapping = ORDER_MAP.replace("product: ProductID", "product: {column: ProductID, by: name}")
    shop.file("details.csv", "OrderID,ProductID,UnitPrice,Quantity\n10248,Mee,1,1\n10249,Queso,1,1\n")
    report = shop.run(mapping)
    assert errors(report) == [("details.csv", 2, "ProductID")] and report.created == 1
