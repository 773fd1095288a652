"""What the checker says about fields: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "no type": (
        """\
app: shop
objects:
  order:
    fields:
      qty: {required: true}
""",
        ["5:12 E-FLD-001"],
    ),
    "functions that are to come": (
        """\
app: shop
currency: CNY
objects:
  order:
    fields:
      usd: {type: money, currency: USD}
      cny: {formula: "convert(usd, 'CNY') + 1", type: money}
      eur: {formula: "convert(usd, 'EUR')", type: money, currency: EUR}
      link: {formula: record_link(this)}
access: {order: {everyone: full}}
""",
        ["7:23 N-INACTIVE", "9:23 N-INACTIVE"],
    ),
    "unlike currencies and units": (
        """\
app: shop
currency: CNY
units: {kg: Kilo, pcs: Piece}
objects:
  order:
    fields:
      cny: money
      usd: {type: money, currency: USD}
      row: {type: money, currency: =cur}
      cur: currency
      kg: {type: quantity, unit: kg}
      pcs: {type: quantity, unit: pcs}
      box: {type: quantity, unit: boxx}
      far: {type: money, currency: ZZZZ}
      a: {formula: usd + cny}
      b: {formula: kg > pcs, type: boolean}
      c: {formula: usd * kg + row}
      d: {formula: usd + 1, type: money}
      e: {formula: usd + 1}
      f: {formula: e - cny}
""",
        [
            "13:35 E-VAL-001",
            "14:36 E-VAL-001",
            "15:24 E-TYP-002",
            "16:23 E-TYP-002",
            "18:20 E-TYP-007",
            "20:22 E-TYP-002",
        ],
    ),
    "no kind holds it": (
        """\
app: shop
objects:
  order:
    fields:
      span: {formula: "[1, 2]"}
""",
        ["5:13 E-FLD-002"],
    ),
    "a kind whose run-time part is not built: one note, its options checked; files": (
        """\
app: shop
objects:
  order:
    title: "{photo}"
    fields:
      photo: {type: image, required: true, default: a.png, accept: [png]}
      front: {type: image, to: order}
      deed: {type: file, accept: [pdff], size: 5 apples}
      ran: {type: clock, runs: 5, limit: photo}
      sized: {formula: "ran > 8 hours and photo is not blank"}
access: {order: {everyone: full}}
""",
        [
            "6:53 E-KEY-009", "7:28 E-KEY-001", "8:34 E-KEY-009", "8:48 E-KEY-009", "9:13 N-INACTIVE",
            "9:32 E-TYP-007", "9:42 E-TYP-007",
        ],
    ),
    "groups of fields": (
        """\
app: shop
types:
  addr: {fields: {street: text, full: {formula: stret & ' ' & city}, city: text}}
  address: text
objects:
  order:
    fields:
      home_city: text
      home: {type: addr, default: x, name: Home}
      bad: {fields: {a: text}, type: addrs}
access: {order: {everyone: full}}
""",
        ["3:49 E-NAM-001", "4:3 E-LIKE-003", "9:7 E-FLD-011", "9:26 E-FLD-011", "10:38 E-REF-001"],
    ),
    "scanned codes": (
        """\
app: shop
objects:
  part: {key: code, fields: {code: {type: barcode, required: true}}}
  count:
    fields:
      lines:
        type: lines
        scan: {find: part.code, set: {counted: =counted + 1, seen: "=count(all part)"}}
        fields: {part: {type: link, to: part}, counted: quantity, seen: quantity}
access: {any: {everyone: full}}
""",
        ["8:68 E-FLD-013"],
    ),
    "ranges": (
        """\
app: shop
objects:
  order:
    fields:
      a: {type: range, of: date, unique: true}
      b: {type: range, of: text}
      c: {formula: "overlaps(a, 5)"}
      d: {formula: "a < b or 5 in a"}
      e: {formula: "range(1, today())"}
    unique: [[a, b]]
access: {order: {everyone: full}}
""",
        [
            "4:5 E-UNI-005", "6:28 E-KEY-004", "7:33 E-TYP-003", "8:23 E-TYP-008", "8:32 E-TYP-008", "9:10 E-FLD-002",
            "10:14 E-UNI-005",
        ],
    ),
    "limits and patterns": (
        """\
app: shop
objects:
  order:
    fields:
      a: {type: integer, min: 5, max: 3}
      b: {type: integer, min: -2, max: 3, default: 4}
      c: {type: text, min_length: 5, max_length: 3}
      d: {type: text, pattern: "a["}
      e: {type: text, pattern: "(a+)+"}
      f: {type: text, without: this, keys: {a: b}}
      g: {type: text, help: "see {a}", placeholder: "{{x}}"}
access: {order: {everyone: full}}
""",
        [
            "5:34 E-FLD-012", "6:43 E-FLD-012", "7:50 E-KEY-009", "8:32 E-KEY-009", "9:32 E-KEY-009",
            "10:23 E-FLD-009", "10:38 E-FLD-009", "11:29 E-TXT-001",
        ],
    ),
    "what is compared": (
        """\
app: shop
objects:
  order:
    title: "{a}"
    fields:
      a: {type: text, similar: warn}
      b: {type: integer, similar: warn}
      c: {type: lines, fields: {d: {type: text, similar: warn}}}
access: {order: {everyone: full}}
""",
        ["7:26 E-KEY-009", "8:49 E-KEY-009"],
    ),
    "stars of a rating": (
        """\
app: shop
objects:
  order:
    fields:
      a: {type: rating, max: 20}
      b: {type: rating, max: 2.5}
      c: {type: rating, max: 10}
""",
        ["5:30 E-KEY-009", "6:30 E-KEY-009"],
    ),
    "trees and ways back": (
        """\
app: shop
objects:
  cat: {key: name, fields: {name: {type: text, unique: true}}}
  order:
    fields:
      cat: {type: link, to: cat, tree: true, back: orders}
      up: {type: link, to: order, tree: true}
      top: {type: link, to: order, tree: true, from: all cat}
      more: {type: links, to: cat, back: orders}
      none: {type: link, to: cat, acyclic: true, required: true, on_delete: clear}
access: {any: {everyone: full}}
""",
        ["6:34 E-LNK-001", "8:36 E-LNK-002", "8:54 E-LNK-003", "9:42 E-LNK-004", "10:35 E-LNK-005", "10:66 E-LNK-006"],
    ),
    "colors": (
        """\
app: shop
objects:
  order:
    fields:
      a: {type: choice, options: {x: {name: X, color: gren}}, mark: {rod: true, amber: false}}
    states: {draft: {color: "#f00"}, done: {color: blu}}
    actions: {end: {from: draft, to: done}}
access: {any: {everyone: full}}
""",
        ["5:55 E-KEY-004", "5:70 E-KEY-004", "6:29 E-KEY-004", "6:52 E-KEY-004"],
    ),
    "reserved name": (
        """\
app: shop
objects:
  order:
    fields:
      state: text
      between: date
""",
        ["4:5 E-KEY-002", "5:14 E-FLD-003", "6:16 E-FLD-003"],
    ),
    "kind of a circle": (
        """\
app: shop
objects:
  order:
    fields:
      a: {formula: b + 1}
      b: {formula: a + 1}
""",
        ["5:10 E-FLD-002", "5:20 E-FLD-010", "6:10 E-FLD-002"],
    ),
    "copy of many": (
        """\
app: shop
objects:
  order:
    fields:
      lines: {type: lines, fields: {qty: quantity}}
      first: {copy: lines.qty}
""",
        ["6:21 E-FLD-005"],
    ),
    "copy without link": (
        """\
app: shop
objects:
  order:
    fields:
      a: text
      b: {copy: a}
""",
        ["6:17 E-FLD-005"],
    ),
    "computed twice": (
        """\
app: shop
objects:
  order:
    fields:
      product: {type: link, to: product}
      price: {copy: product.price, formula: 1 + 1}
  product:
    fields: {price: money}
""",
        ["6:15 E-FLD-006"],
    ),
    "copy of another type": (
        """\
app: shop
objects:
  order:
    fields:
      product: {type: link, to: product}
      price: {type: text, copy: product.price}
  product:
    fields: {price: money}
""",
        ["6:33 E-FLD-007"],
    ),
    "back is a field": (
        """\
app: shop
objects:
  order:
    fields:
      customer: {type: link, to: customer, back: orders}
  customer:
    fields: {orders: integer}
""",
        ["7:22 E-FLD-008"],
    ),
    "refill without default": (
        """\
app: shop
objects:
  order:
    fields:
      kind: text
      price: {type: money, refill: kind}
""",
        ["6:28 E-FLD-009"],
    ),
    "formula circle": (
        """\
app: shop
objects:
  order:
    fields:
      a: {formula: b + 1, type: integer}
      b: {formula: c + 1, type: integer}
      c: {formula: a + 1, type: integer}
""",
        ["5:20 E-FLD-010"],
    ),
    "required computed": (
        """\
app: shop
objects:
  order:
    fields:
      a: integer
      b: {formula: a + 1, type: integer, required: true}
access: {any: {everyone: full}}
""",
        ["6:42 W-FLD-001"],
    ),
    "unique formula": (
        """\
app: shop
objects:
  order:
    fields:
      a: integer
      b: {formula: a + 1, type: integer}
    unique: [b]
""",
        ["7:14 E-UNI-001"],
    ),
    "default of another kind": (
        """\
app: shop
objects:
  order:
    fields:
      qty: {type: quantity, default: many}
      kind: {type: choice, options: {small: Small, large: Large}, default: smal}
""",
        ["5:38 E-VAL-001", "6:76 E-VAL-001"],
    ),
    "rows that are none": (
        """\
app: shop
objects:
  order:
    fields:
      lines: {type: lines, default: 3, fields: {qty: quantity}}
""",
        ["5:37 E-VAL-002"],
    ),
    "setting a computed field": (
        """\
app: shop
objects:
  order:
    fields:
      a: integer
      b: {formula: a + 1, type: integer}
    actions:
      go: {set: {b: 3}}
""",
        ["8:18 E-VAL-003"],
    ),
    "unknown link target": (
        """\
app: shop
objects:
  order:
    fields:
      customer: {type: link, to: custommer}
  customer: {fields: {name: text}}
""",
        ["5:34 E-REF-002"],
    ),
    "unknown name in a formula": (
        """\
app: shop
objects:
  order:
    fields:
      qty: quantity
      twice: {formula: qyt * 2, type: quantity}
""",
        ["6:24 E-NAM-001"],
    ),
    "balance of no register": (
        """\
app: shop
objects:
  product:
    fields:
      a: {balance: stok.on_hand}
      b: {balance: stock.onhand}
      c: {balance: stock.on_hand, keys: {wharehouse: this}}
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {on_hand: quantity}}
""",
        ["5:20 E-REF-005", "6:20 E-REF-006", "7:42 E-REF-007"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
