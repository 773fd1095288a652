"""Decisions over records: price lists as data, the most specific rule wins; tables that answer lists."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.main import formwork
from tests.services.shops import Shop

PRICES = """
app: shop
name: {zh: 小店, en: Shop}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: 销售, manager: 经理, store: 仓管}
objects:
  category:
    key: name
    title: "{name}"
    fields: {name: {type: text, unique: true}, above: {type: link, to: category, tree: true}}
  product:
    key: code
    title: "{code}"
    fields: {code: {type: text, unique: true}, price: money, category: {type: link, to: category}}
  customer:
    key: name
    title: "{name}"
    fields: {name: {type: text, unique: true}, grade: {type: choice, options: {a: A, b: B}}}
  rule:
    title: "{price}"
    fields:
      priority: {type: integer, default: 0}
      customer: {type: link, to: customer}
      grade: {type: choice, options: {a: A, b: B}}
      product: {type: link, to: product}
      category: {type: link, to: category}
      min_qty: quantity
      ends: date
      price: money
      only_even: boolean
      stopped: boolean
  sale:
    fields:
      customer: {type: link, to: customer}
      product: {type: link, to: product}
      qty: quantity
      day: date
      price: {formula: "price_for(customer, product, qty, day).price", type: money}
      known: {formula: "price_for(customer, product, qty, day).known", type: boolean}
      fitting: {formula: "count(all_prices(product))", type: integer}
      cheapest: {formula: "min(all_prices(product))", type: money}
      labels: {formula: "join(labels_of(qty), '+')", type: text}
decisions:
  price_for:
    inputs: {customer: {type: link, to: customer}, product: {type: link, to: product}, qty: quantity, day: date}
    gives: {price: money, known: boolean}
    from: rule as r where stopped != true
    match:
      customer: equal
      grade: {equal: customer.grade}
      product: equal
      category: {under: product.category}
      min_qty: {up_to: qty}
      ends: {at_least: day}
    when: r.only_even != true or mod(qty, 2) = 0
    prefer: [-priority, customer, product, grade, category, -min_qty]
    give: {price: =r.price, known: "=true"}
    otherwise: {price: =product.price, known: "=false"}
  all_prices:
    inputs: {product: {type: link, to: product}}
    gives: money
    from: rule
    match: {product: equal}
    hit: all
    prefer: price
    give: price
  labels_of:
    inputs: {n: decimal}
    gives: text
    hit: all
    rows: [[">= 10", many], [">= 100", crowd], ["< 0", less]]
    otherwise: few
access: {any: {everyone: full}}
"""
RULES = [
    {"price": "9"},
    {"price": "8", "grade": "a"},
    {"price": "7", "category": "drinks"},
    {"price": "6", "product": "chai"},
    {"price": "5", "product": "chai", "min_qty": "10"},
    {"price": "4", "customer": "Acme"},
    {"price": "3", "product": "gone", "ends": "2026-01-31"},
    {"price": "2", "product": "soap", "only_even": True},
    {"price": "1", "product": "soap", "stopped": True, "customer": "Acme"},
    {"price": "0.5", "priority": 1, "product": "gone", "min_qty": "100"},
]


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    shop = Shop(database_url, PRICES)
    shop.create("zhao", "category", name="all")
    shop.create("zhao", "category", name="drinks", above="all")
    shop.create("zhao", "category", name="tea", above="drinks")
    for code, category in (("chai", "tea"), ("cola", "drinks"), ("soap", "all"), ("gone", "all")):
        shop.create("zhao", "product", code=code, price="10", category=category)
    shop.create("zhao", "customer", name="Acme", grade="b")
    shop.create("zhao", "customer", name="Best", grade="a")
    shop.create("zhao", "customer", name="Cash")
    yield shop
    shop.site.database.close()


def sale(shop: Shop, customer: str, product: str, qty: str, day: str = "2026-02-01") -> dict[str, object]:
    made = shop.create("zhao", "sale", customer=customer, product=product, qty=qty, day=day)
    return {name: shop.value(made, name) for name in ("price", "known", "fitting", "cheapest", "labels")}


@pytest.mark.parametrize(
    ("customer", "product", "qty", "day", "price"),
    [
        ("Cash", "soap", "1", "2026-02-01", "9"),  # the rule for everything
        ("Best", "soap", "1", "2026-02-01", "8"),  # by the customer's grade
        ("Cash", "cola", "1", "2026-02-01", "7"),  # by category
        ("Cash", "chai", "9", "2026-02-01", "6"),  # a product beats the category above it
        ("Best", "chai", "9", "2026-02-01", "6"),  # and the grade
        ("Cash", "chai", "10", "2026-02-01", "5"),  # the largest step of quantity
        ("Acme", "chai", "10", "2026-02-01", "4"),  # the customer beats all
        ("Cash", "gone", "1", "2026-01-31", "3"),  # its last day
        ("Cash", "gone", "1", "2026-02-01", "9"),  # and the day after
        ("Cash", "soap", "2", "2026-02-01", "2"),  # `when`
        ("Acme", "gone", "100", "2026-02-01", "0.5"),  # priority beats what is more specific
    ],
)
def test_the_most_specific_rule_wins(shop: Shop, customer: str, product: str, qty: str, day: str, price: str) -> None:
    for rule in RULES:
        shop.create("zhao", "rule", **rule)
    found = sale(shop, customer, product, qty, day)
    assert (found["price"], found["known"]) == (Decimal(price), True)


def test_without_a_rule_the_other_answer_is_given(shop: Shop) -> None:
    found = sale(shop, "Cash", "soap", "1")
    assert (found["price"], found["known"], found["fitting"]) == (Decimal(10), False, 0)
    assert found["labels"] == "few"


def test_all_that_fit_are_listed(shop: Shop) -> None:
    for rule in RULES:
        shop.create("zhao", "rule", **rule)
    found = sale(shop, "Cash", "chai", "100")
    assert (found["fitting"], found["cheapest"], found["labels"]) == (6, Decimal(4), "many+crowd")


def test_several_results_by_the_names_of_fields(tmp_path: Path) -> None:
    """`give: {m: fee}` is the field of the record, as `give: fee` is; a text that names no field stands for itself."""
    path = tmp_path / "fees.yaml"
    path.write_text(
        """\
app: fees
languages: [en]
roles: {clerk: Clerk}
access: {any: {clerk: full}}
objects:
  rate: {fields: {w: integer, fee: money, note: text}}
  parcel: {fields: {w: integer, m: {formula: cost(w).m, type: money}, n: {formula: cost(w).n, type: text}}}
decisions:
  cost:
    inputs: {w: integer}
    gives: {m: money, n: text}
    from: rate
    match: {w: equal}
    give: {m: fee, n: note}
    otherwise: {m: 0, n: none}
samples: {people: [{id: ann, role: clerk}], rows: {rate: [{w: 1, fee: 5, note: x}, {w: 1, fee: 6}]}}
tests:
  the record made first wins:
    - {as: ann, create: parcel, called: light, with: {w: 1}}
    - {create: parcel, called: heavy, with: {w: 7}}
    - {expect: [light.m = 5, light.n = 'x', heavy.m = 0, heavy.n = 'none']}
""",
        encoding="utf-8",
    )
    answer = CliRunner().invoke(formwork, ["test", str(path)])
    assert answer.exit_code == 0, answer.output
