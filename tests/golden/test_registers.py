"""What the checker says about registers and post rules: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "personal field as a key": (
        """\
app: club
languages: [en]
objects:
  guest: {fields: {name: {type: text, personal: true}, called: {formula: upper(name), type: text}}}
  visit:
    fields: {guest: {type: link, to: guest}, by: {type: text, personal: true}, dear: {formula: "'~' & by", type: text}}
    posts:
      - {to: visits, keys: {who: by}, add: {n: 1}}
      - {to: visits, keys: {who: dear}, add: {n: 1}}
      - {to: guests, keys: {guest: guest}, add: {n: 1}}
registers:
  visits: {keys: {who: text}, measures: {n: integer}}
  guests: {keys: {guest: {type: link, to: guest}}, measures: {n: integer}}
access: {any: {everyone: full}}
""",
        ["8:34 W-PST-002", "9:34 W-PST-002"],
    ),
    "measure is a text": (
        """\
app: shop
objects: {product: {fields: {name: text}}}
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {note: text}}
""",
        ["4:72 E-REG-001"],
    ),
    "formulas in a circle": (
        """\
app: shop
objects:
  product: {fields: {low: {balance: stock.a}}}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {qty: quantity}
    formulas: {a: qty + b, b: a * 2}
""",
        ["8:19 E-FLD-010"],
    ),
    "formula has a key s name": (
        """\
app: shop
objects: {product: {fields: {name: text}}}
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}, formulas: {product: qty + 1}}
""",
        ["4:102 E-REG-002"],
    ),
    "guard reads outside its grain": (
        """\
app: shop
objects: {product: {fields: {low: quantity}}, warehouse: {fields: {name: text}}}
registers:
  stock:
    keys: {product: {type: link, to: product}, warehouse: {type: link, to: warehouse}}
    measures: {qty: quantity}
    guards: [{per: warehouse, that: qty >= product.low}]
""",
        ["7:37 E-REG-003"],
    ),
    "guard is no comparison": (
        """\
app: shop
objects: {product: {fields: {name: text}}}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {qty: quantity}
    guards: [{that: qty > 0}, {that: qty >= 0 or qty <= 9}]
""",
        ["7:21 E-REG-004", "7:38 E-REG-004"],
    ),
    "condition of a guard outside its grain": (
        """\
app: shop
objects: {product: {fields: {name: text}}}
registers:
  stock:
    keys: {product: {type: link, to: product}, batch: text}
    measures: {qty: quantity}
    guards: [{that: qty >= 0, per: product, unless: batch = 'x', when: batc = 'y'}]
""",
        ["7:53 E-REG-003", "7:72 E-NAM-001"],
    ),
    "unknown key in per": (
        """\
app: shop
objects: {product: {fields: {name: text}}}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {qty: quantity}
    guards: [{per: [produkt], that: qty >= 0}]
""",
        ["7:21 E-REF-007"],
    ),
    "nothing posts": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  receipt:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, keys: {product: product}, add: {qty: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity, value: money}}
  budget: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
access: {any: {everyone: full}}
""",
        ["8:10 W-REG-002", "9:11 W-REG-001"],
    ),
    "adds nothing": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  receipt:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, keys: {product: product}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
""",
        ["6:13 E-PST-001"],
    ),
    "each of no lines": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  receipt:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, each: line, keys: {product: product}, add: {qty: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
""",
        ["6:31 E-PST-002"],
    ),
    "each of numbers without a name": (
        """\
app: hotel
objects:
  stay:
    fields: {first: date, nights: integer}
    posts: [{to: rooms, each: "numbers(1, nights)", keys: {day: first}, add: {taken: 1}}]
registers:
  rooms: {keys: {day: date}, measures: {taken: integer}}
""",
        ["5:31 E-PST-002"],
    ),
    "each of numbers with the name of a field": (
        """\
app: hotel
objects:
  stay:
    fields: {first: date, nights: integer}
    posts: [{to: rooms, each: "numbers(1, nights) as nights", keys: {day: first}, add: {taken: 1}}]
registers:
  rooms: {keys: {day: date}, measures: {taken: integer}}
""",
        ["5:31 E-APP-003"],
    ),
    "each of numbers that hang on another record": (
        """\
app: hotel
objects:
  tariff: {fields: {nights: integer}}
  stay:
    fields: {first: date, tariff: {type: link, to: tariff}}
    posts: [{to: rooms, each: "numbers(1, tariff.nights) as n", keys: {day: first + n * 1 day}, add: {taken: n}}]
registers:
  rooms: {keys: {day: date}, measures: {taken: integer}}
""",
        ["6:32 E-PST-011"],
    ),
    "required key is missing": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  receipt:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, add: {qty: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product, required: true}}, measures: {qty: quantity}}
""",
        ["6:13 E-PST-003"],
    ),
    "unknown register measure key": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  receipt:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts:
      - {to: stok, add: {qty: qty}}
      - {to: stock, keys: {produkt: product}, add: {qyt: qty, twice: qty}}
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}, formulas: {twice: qty * 2}}
""",
        ["7:14 E-REF-005", "8:28 E-REF-007", "8:53 E-REF-011", "8:63 E-REF-011"],
    ),
    "rules in a circle": (
        """\
app: shop
objects:
  order:
    fields:
      qty: quantity
      ordered: {balance: progress.ordered}
      shipped: {balance: progress.shipped}
    posts:
      - {to: progress, add: {ordered: shipped}}
      - {to: progress, add: {shipped: ordered}}
registers:
  progress: {keys: {order: {type: link, to: order}}, measures: {ordered: quantity, shipped: quantity}}
""",
        ["9:9 E-PST-010"],
    ),
    "post reads another record": (
        """\
app: shop
objects:
  product: {fields: {weight: quantity}}
  order:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, keys: {product: product}, add: {qty: qty * product.weight}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
""",
        ["6:62 E-PST-011"],
    ),
    "post reads its status": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields: {product: {type: link, to: product}, qty: quantity}
    states: {open: Open, done: Done}
    effective: [open]
    posts: [{to: stock, while: status = 'open', keys: {product: product}, add: {qty: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
""",
        ["8:32 E-PST-012"],
    ),
    "post is dated by a balance": (
        """\
app: shop
objects:
  order:
    fields:
      qty: quantity
      shipped: {balance: progress.shipped}
    posts: [{to: progress, while: shipped > 0, add: {ordered: qty}}]
registers:
  progress: {keys: {order: {type: link, to: order}}, measures: {ordered: quantity, shipped: quantity}}
""",
        ["7:35 E-PST-013"],
    ),
    "post reads a foreign balance": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields:
      product: {type: link, to: product}
      qty: quantity
      free: {balance: stock.on_hand}
    posts: [{to: stock, keys: {product: product}, add: {reserved: "min(qty, free)"}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {on_hand: quantity, reserved: quantity}}
""",
        ["9:68 E-PST-014"],
    ),
    "post calls a decision over records": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts: [{to: stock, keys: {product: product}, add: {qty: share(qty)}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
decisions:
  share: {inputs: {qty: quantity}, gives: quantity, formula: qty * count(product)}
""",
        ["6:62 E-PST-015"],
    ),
    "post depends on the clock": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields: {product: {type: link, to: product}, qty: quantity}
    posts:
      - {to: stock, dated: today(), keys: {product: product}, add: {qty: qty}}
      - {to: stock, while: creator = me, keys: {product: product}, add: {qty: qty}}
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
""",
        ["7:28 E-PST-016", "8:28 E-PST-016"],
    ),
    "posts in every state": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields: {product: {type: link, to: product}, qty: quantity}
    states: {draft: Draft, done: {final: true}}
    actions: {finish: {from: draft, to: done}}
    posts: [{to: stock, keys: {product: product}, add: {qty: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {qty: quantity}}
access: {any: {everyone: full}}
""",
        ["8:13 W-PST-001"],
    ),
    "guard of past days over what follows balances": (
        """\
app: shop
objects:
  order:
    fields: {date: date, qty: quantity, open: {balance: progress.open, keys: {order: this}}}
    posts:
      - {to: progress, keys: {order: this}, add: {ordered: qty}}
      - {to: stock, keys: {code: "'a'"}, add: {reserved: open}}
registers:
  progress: {keys: {order: {type: link, to: order}}, measures: {ordered: quantity}, formulas: {open: "max(ordered, 0)"}}
  stock:
    keys: {code: text}
    measures: {reserved: quantity}
    formulas: {twice: reserved * 2}
    guards: [{that: reserved <= 9}, {that: twice <= 9, at: every date}]
access: {any: {everyone: full}}
""",
        ["14:37 E-REG-005"],
    ),
    "what cannot be valued": (
        """\
app: shop
objects:
  receipt:
    fields: {date: date, code: text, qty: quantity, open: {balance: notes.n, keys: {doc: this}}}
    posts:
      - {to: a, keys: {code: code}, add: {n: qty}}
      - {to: b, keys: {code: code}, add: {n: qty}}
      - {to: c, keys: {code: code}, add: {n: qty}}
      - {to: d, keys: {code: code}, add: {n: open}}
      - {to: e, keys: {code: code}, add: {n: qty}}
      - {to: notes, keys: {doc: this}, add: {n: qty}}
registers:
  notes: {keys: {doc: {type: link, to: receipt}}, measures: {n: quantity}}
  a: {keys: {code: text}, measures: {n: quantity, v: {type: money, valued: {quantity: n, per: code, method: fifo}}}}
  b:
    keys: {code: text}
    measures: {n: quantity, v: {type: money, valued: {quantity: n, per: code, method: fifo}}}
    guards: [{that: n >= 0, at: every date, for: receipt}]
  c:
    dated: false
    keys: {code: text}
    measures: {n: quantity, v: {type: money, valued: {quantity: n, per: code, method: fifo}}}
    guards: [{that: n >= 0, at: every date}]
  d:
    keys: {code: text}
    measures: {n: quantity, v: {type: money, valued: {quantity: n, per: code, method: fifo}}}
    guards: [{that: n >= 0}]
  e:
    keys: {code: text, place: text}
    measures: {n: quantity, v: {type: money, valued: {quantity: n, per: code, method: fifo, start: "len(place)"}}}
    guards: [{that: n >= 0 and n <= 9, at: every date}]
access: {any: {everyone: full}}
""",
        ["14:76 E-REG-006", "17:54 E-REG-006", "22:54 E-REG-006", "26:54 E-REG-006", "30:54 E-REG-003"],
    ),
    "days of rules": (
        """\
app: shop
objects:
  receipt:
    fields: {date: date, code: text, qty: quantity}
    posts:
      - {to: stock, before: 2026-05-01, keys: {code: code}, add: {qty: qty}}
      - {to: stock, since: May, keys: {code: code}, add: {qty: qty}}
registers:
  stock: {keys: {code: text}, measures: {qty: quantity}}
access: {any: {everyone: full}}
""",
        ["7:28 E-VAL-003"],
    ),
    "periods": (
        """\
app: shop
roles: {boss: Boss}
objects:
  receipt:
    fields: {date: date, code: text, qty: quantity}
    posts: [{to: stock, keys: {code: code}, add: {qty: qty}}, {to: limits, keys: {code: code}, add: {qty: qty}}]
registers:
  stock: {keys: {code: text}, measures: {qty: quantity}, closed: carry}
  limits: {dated: false, keys: {code: text}, measures: {qty: quantity}}
periods:
  books: {of: [stock, limits, stok], by: role(bos)}
  more: {of: stock}
access: {any: {everyone: full}}
tests:
  closing:
    - {close: book, until: 2026-03-31}
    - {reopen: books, until: March, reason: late}
""",
        [
            "11:23 E-APP-008", "11:31 E-REF-005", "11:42 E-REF-004", "12:14 E-APP-005", "16:15 E-TST-010",
            "17:30 E-VAL-003",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
