"""What the checker says about what is declared and checked, and not active yet: views, forms, documents, periods."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "a key figure that is several values": (
        "app: shop\nlanguages: [en]\nobjects:\n  order:\n"
        "    fields: {code: text, lines: {type: lines, fields: {qty: integer}}}\n"
        "    figures: {sizes: lines.qty, pieces: sum(lines.qty)}\naccess: {order: {everyone: full}}\n",
        ["6:22 E-FIG-001"],
    ),
    "views, forms, amendments": (
        """\
app: shop
objects:
  order:
    fields:
      code: text
      day: date
      kind: {type: choice, options: {a: A, b: B}}
      above: {type: link, to: order, tree: true}
      total: {formula: sum(lines.qty)}
      lines: {type: lines, fields: {qty: quantity, sku: text}}
    states: {open: Open, done: Done}
    actions: {close: {from: open, to: done}}
    views:
      a: {kanban: code, card: [cod], color: code, title: "{cdoe}"}
      b: {kanban: state, by: role(nobody), default: true}
      c: {calendar: code, group: knd}
      d: {timeline: day, default: true, acts: [clse]}
      e: {tree: kind}
      f: {gallery: [code, day]}
      g: {map: code}
      h: {compare: [code, lines], match: code}
      i: {detail: [code], public: {find: [cod], limit: 10 a minute, by_link: 3 bananas}}
    amend: {fields: [lines, total, cod], flow: nosuch, by: role(x), do: [{set: {cod: 1}}]}
    keep: {until: code, unless: day, then: burn}
    discussion: loud
    forms:
      new:
        fields: [code, {section: A, fields: [cod]}]
        public: {limit: often, prefill: [cod]}
        before: [{set: {cod: 1}}]
        set: {day: =toda()}
        acts: [clse]
        thanks: "{cod}"
        by: role(x)
access: {order: {everyone: full}}
""",
        [
            "14:19 E-VIW-001", "14:32 E-REF-003", "14:45 E-VIW-001", "14:60 E-NAM-001",
            "15:30 E-REF-004", "16:21 E-VIW-001", "16:27 N-INACTIVE", "16:34 E-REF-003", "17:10 E-VIW-002",
            "17:41 N-INACTIVE", "17:48 E-REF-009", "18:17 E-VIW-001",
            "19:21 E-VIW-001", "20:11 N-INACTIVE", "20:16 E-VIW-001", "21:27 E-VIW-001", "21:42 E-VIW-001",
            "22:43 E-REF-003", "22:56 E-VIW-003", "22:80 E-SYN-014",
            "23:29 E-VAL-003", "23:36 E-REF-003", "23:48 E-REF-010", "23:60 E-REF-004", "23:81 E-REF-003",
            "24:19 E-VAL-004", "24:33 E-TYP-007", "24:44 E-KEY-004",
            "25:17 E-KEY-004", "28:46 E-REF-003", "29:25 E-VIW-003", "29:42 E-REF-003",
            "30:25 E-REF-003", "31:21 E-NAM-003", "32:9 E-PUB-009", "33:19 E-NAM-001", "34:9 E-PUB-009",
        ],
    ),
    "documents, periods, currencies, valued measures": (
        """\
app: shop
currency: {base: CNY, others: [USD, XQZ], rates: nosuch}
objects:
  order:
    fields:
      code: text
      day: date
      lines: {type: lines, fields: {qty: quantity, sku: text}}
  stock_taking: {fields: {code: text}}
registers:
  stock:
    keys: {code: text}
    measures: {qty: quantity, worth: {type: money, valued: {quantity: worth, per: [cod], method: lifo, start: code}}}
periods:
  books: {of: [stock, nosuch], by: role(x)}
  goods: {of: stock}
roles: {out: {external: true, stands_for: ordr}}
documents:
  a: {of: ordr, body: [{heading: A}]}
  b: {of: order}
  c: {of: order, bogus: 1, body: [{bogus: 1}]}
  d:
    of: order
    body:
      - heading: "{cod}"
      - fields: [code, cod]
      - table: {of: lines, columns: {a: sku, b: qti}, total: [a, c]}
      - each: lines
        body: [{text: "{qty} {code}"}, {fields: [sku, code]}]
      - columns: [[{text: "{x}"}], [{qr: y}]]
      - image: z
      - page_break: true
      - sign: [{en: Buyer}, Seller]
      - just text {code}
      - {text: A, when: code}
      - {image: code, width: 4 cm}
    language: day
    size: B52
    margin: wide
    footer: "Page {cod}"
    per_page: cod
  e: {of: order, body: [{document: nosuch, of: this}, {document: f, of: this}, {document: f, of: code}]}
  f: {of: stock_taking, body: [{columns: [[{document: g, of: first(all order)}]]}]}
  g: {of: order, body: [{document: f, of: first(all stock_taking)}, {text: A}]}
access: {order: {everyone: full}}
""",
        [
            "2:23 N-INACTIVE", "2:37 E-APP-006", "2:43 N-INACTIVE", "2:50 E-NAM-001", "13:71 E-REF-006",
            "13:84 E-REF-007", "13:98 E-KEY-004", "13:111 E-TYP-007", "15:23 E-REF-005", "15:36 E-REF-004",
            "16:15 E-APP-005", "17:43 E-REF-002", "19:11 E-REF-002", "20:6 E-KEY-002", "21:18 E-KEY-001",
            "21:35 E-KEY-008", "25:20 E-NAM-001", "26:24 E-REF-003", "27:49 E-NAM-001", "27:63 E-DOC-001",
            "27:66 E-REF-012", "29:31 E-NAM-001", "29:55 E-REF-003", "30:29 E-NAM-001", "30:42 E-NAM-001",
            "31:16 E-REF-003", "35:25 E-TYP-007", "36:17 E-DOC-003", "36:30 E-DOC-002", "37:15 E-TYP-007",
            "38:11 E-DOC-002", "39:13 E-DOC-002", "40:20 E-NAM-001", "41:15 E-NAM-001", "42:36 E-REF-016",
            "42:56 E-DOC-004", "42:98 E-VAL-004", "43:44 E-DOC-005", "44:25 E-DOC-005",
        ],
    ),
    "reports and cards": (
        """\
app: shop
objects:
  order:
    fields: {code: text, day: date, kind: text, total: money}
    views: {open: {list: [code]}}
registers:
  stock: {keys: {code: text}, measures: {qty: quantity}}
reports:
  a: {from: order, by: {kind: kind, code: code}, show: {total: sum(rows.total)}, across: total, params: {since: date}}
  b: {from: stock, show: {qty: qty}, at: code}
  c: {from: order, show: {total: total}, at: today()}
  d: {from: stock, show: {qty: qty}, at: today()}
dashboards:
  board:
    filters:
      one: {param: until}
      two: {field: kidn}
      three: {default: 1}
      four: {field: kind, param: since}
    cards:
      - {gauge: count(order)}
      - {gauge: "'x'", goal: 5}
      - {area: a, x: kind, y: [total], split: kond}
      - {funnel: nosuch}
      - {bar: a, x: kind, y: [total, code], split: code}
      - {pivot: a, rows: [kind], columns: [cod], values: [totl]}
      - {view: order.opn}
      - {view: ordr.open}
      - {forecast: nosuch}
      - {number: count(order), compare: "'x'", drill: nosuch}
menu: [order.open, order.opn, ordr.open]
access: {order: {public: full, everyone: full}, stock: {everyone: full, public: {see: [qty]}}}
""",
        [
            "9:90 E-REF-012", "10:42 E-NAM-001", "11:42 E-QST-003", "16:20 E-REF-012",
            "17:20 E-REF-003", "18:14 E-CRD-003", "19:13 E-CRD-010", "21:9 E-CRD-001", "22:18 E-TYP-007",
            "23:47 E-REF-012", "24:18 E-REF-013", "25:45 E-CRD-002", "26:44 E-REF-012", "26:59 E-REF-012",
            "27:16 E-REF-016", "28:16 E-REF-002", "29:10 N-INACTIVE", "29:20 E-REF-013",
            "30:42 E-TYP-007", "30:55 E-REF-015", "31:20 E-REF-016", "31:31 E-REF-002",
        ],
    ),
    "changes after approval": (
        """\
app: shop
objects:
  order:
    fields: {code: text, plan: file, total: {formula: len(code)}}
    states: {draft: Draft, live: Live}
    actions: {go: {from: draft, to: live}, amend: {from: live, to: draft}}
    amend: {fields: [code, plan, total], flow: change, when: cod = 1}
  note: {fields: {code: text}, amend: {fields: code, flow: change}}
flows:
  change: {of: order, steps: [{approve: boss, by: everyone}]}
tests:
  one:
    - {as: ann, create: note, called: n, with: {code: A}}
    - {amend: n, with: {code: B}}
access: {any: {everyone: full}, order: {everyone: {amend: true}}}
""",
        [
            "6:44 E-ACT-006", "7:28 E-ACT-007", "7:34 E-VAL-003", "7:62 E-NAM-001", "8:32 E-FLW-014", "8:54 E-FLW-014",
            "13:12 E-TST-001",
        ],
    ),
    "filters of boards": (
        """\
app: shop
objects:
  place: {fields: {code: text, above: {type: link, to: place, tree: true}}}
  order:
    fields: {code: text, day: date, kind: {type: choice, options: {a: A, b: B}}, place: {type: link, to: place}}
reports:
  since: {from: order where day >= least, params: {least: {type: date, default: "=today()"}}, show: {n: count()}}
  long: {from: order where len(code) >= least, params: {least: {type: integer, default: 1}}, show: {n: count()}}
dashboards:
  board:
    cards:
      - {table: since}
      - {table: long}
    filters:
      least: {param: least}
      code: code
      kind: {field: kind, under: true, default: c}
      place: {field: place, under: true}
      day: {field: day, default: "=today()"}
access: {any: {everyone: full}}
""",
        [
            "15:22 E-CRD-008", "16:13 E-CRD-009", "17:13 E-CRD-010", "17:49 E-VAL-001", "19:36 E-TYP-007",
        ],
    ),
    "key figures, pivots and views on boards": (
        """\
app: shop
objects:
  order:
    fields: {code: text, day: date, total: money, lines: {type: lines, fields: {qty: quantity}}}
    views: {days: {calendar: day}}
    figures:
      all: lines.qty
      one: {value: total, mark: {pinkish: total > 1}, format: date}
      two: {value: nosuch, when: total}
reports:
  a: {from: order, by: {code: code, day: day}, show: {n: count()}}
dashboards:
  board:
    cards:
      - {pivot: a}
      - {pivot: a, rows: [code], columns: [code]}
      - {pivot: a, values: [day]}
      - {view: order.days}
      - {number: count(order), total: true, rows: [code]}
access: {any: {everyone: full}}
""",
        [
            "7:12 E-FIG-001", "8:34 E-KEY-004", "8:63 E-CRD-004", "9:20 E-NAM-001", "16:9 E-CRD-005",
            "17:20 E-CRD-005", "18:16 E-CRD-006", "19:32 E-CRD-007", "19:45 E-CRD-007",
        ],
    ),
    "what strangers may do": (
        """\
app: shop
objects: {order: {fields: {code: text}}}
access: {order: {public: full, everyone: full}}
""",
        [
            "3:26 W-ACC-003",
        ],
    ),
    "the flow of an amendment ends in itself": (
        """\
app: shop
objects:
  order:
    fields: {code: text}
    amend: {fields: code, flow: changes}
flows:
  changes: {of: order, steps: [{approve: boss, by: everyone}]}
access: {order: {everyone: full}}
""",
        [],
    ),
    "a formula may be what is counted": (
        """\
app: shop
objects:
  order: {fields: {code: text, qty: quantity}, posts: [{to: stock, add: {qty: qty, worth: 1}, keys: {code: code}}]}
registers:
  stock:
    keys: {code: text}
    measures: {qty: quantity, worth: {type: money, valued: {quantity: all, per: code, method: fifo}}}
    formulas: {all: qty * 2}
    guards: [{that: all >= 0, at: every date}]
access: {any: {everyone: full}}
""",
        [],
    ),
    "a formula that is no sum is not counted": (
        """\
app: shop
objects:
  order: {fields: {code: text, qty: quantity}, posts: [{to: stock, add: {qty: qty, worth: 1}, keys: {code: code}}]}
registers:
  stock:
    keys: {code: text}
    measures: {qty: quantity, worth: {type: money, valued: {quantity: all, per: code, method: fifo}}}
    formulas: {all: "max(qty, 0)"}
    guards: [{that: all >= 0, at: every date}]
access: {any: {everyone: full}}
""",
        ["7:60 E-REG-006"],
    ),
    "rows that come and go, scanned codes, beginnings of tests": (
        """\
app: shop
given: {a: [{bogus: 1}, {create: ordr}]}
objects:
  product: {fields: {code: text}}
  order:
    fields:
      code: text
      lines:
        type: lines
        rows: {each: nosuch, key: x, set: {qti: =y}}
        scan: product.cod
        fields: {product: {type: link, to: product}, qty: quantity}
      more:
        type: lines
        rows: {each: all product, key: qty, set: {qty: =code, q: =code}}
        scan: {find: qti, set: {qty: =nosuch}}
        fields: {qty: quantity, code: text}
access: {any: {everyone: full}}
""",
        [
            "2:1 N-INACTIVE", "2:13 E-KEY-008", "2:34 E-REF-002", "10:9 N-INACTIVE", "10:22 E-NAM-001",
            "10:35 E-REF-003", "11:15 E-REF-003", "15:57 E-TYP-007", "15:63 E-REF-003",
            "16:22 E-REF-003", "16:39 E-NAM-001",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
