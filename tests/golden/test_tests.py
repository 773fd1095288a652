"""What the checker says about declared tests and samples: input, places, codes."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of
from tests.golden.marks import marks

APP = """\
app: shop
roles: {sales: {}, boss: {}}
objects:
  product: {key: code, fields: {code: {type: text, unique: true}, price: money}}
  order:
    title: "{id}"
    fields:
      product: {type: link, to: product}
      qty: {type: integer}
      double: {formula: qty * 2}
      lines: {type: lines, fields: {n: integer}}
    states: {draft: {}, sent: {}, done: {final: true}}
    actions:
      send: {from: draft, to: sent, ask: {why: text, days: integer}, start: approval}
      copy: {from: [draft, sent], do: [{create: product, with: {code: new}}]}
      finish: {from: sent, to: done, by: flow}
      back: {from: sent, to: draft, by: flow}
    figures: {worth: {value: double}}
documents: {slip: {of: order, body: [{text: "{qty}"}]}}
flows: {approval: {of: order, steps: [{approve: chief, by: role(boss)}], on_approved: finish, on_rejected: back}}
alerts: {many: {over: order, when: qty > 9, say: many, to: role(boss)}}
access: {order: {sales: full, boss: full}, product: {sales: full, boss: full}}
samples:
  now: 2026-05-04
  departments: [north]
  people: [{id: li, role: sales, department: north}, {id: wang, roles: [boss, sales], heads: north}]
  rows: {product: [{code: A, price: 5}]}
tests:
  it works:
"""
STEPS = {
    "all that is right": (
        """\
    - {as: li, at: 2026-05-05 14:30}
    - {create: order, called: o, with: {product: A, qty: 3, lines: [{n: 1}]}}
    - {update: o, with: {qty: =o.qty + 1, lines: [{id: =first(o.lines).id, n: 2}]}}
    - {act: copy, of: o, called: p}
    - {expect: [p.code = 'new', o.double = 8, me is blank or true]}
    - {act: send, of: o, with: {why: because, days: 2}}
    - {as: wang, return: chief, note: why so many}
    - {as: li, resubmit: o, with: {qty: 2}, note: fewer}
    - {as: wang, approve: chief, note: fine}
    - {wait: 2 days}
    - {ensure: product, key: {code: A}, with: {price: 6}, called: a}
    - {open: a}
    - {told: li, about: "*done*", via: inbox}
    - {not_told: wang}
    - {fires: many, of: o}
    - {can: [see, edit, send, approve], of: o}
    - {can: create, of: order}
    - {cannot: edit, of: o, fields: [qty, lines.n]}
    - {at_once: [{as: li, act: copy, of: o}, {update: o, with: {qty: 9}}], succeed: 2}
    - {update: o, with: {double: 3}, refused: "*computed*"}
    - {update: o, with: {qty: abc}, refused: true}
    - {delete: "first(product where code = 'A')", refused: true}
""",
        [],
    ),
    "no steps": ("", ["29:12 E-KEY-003"]),
    "no list": ("    sentence\n", ["30:5 E-KEY-003"]),
    "unknown verb": ("    - {bogus: 1}\n", ["30:7 E-KEY-008"]),
    "unknown key": ("    - {create: order, qty: 1}\n", ["30:23 E-KEY-001"]),
    "misspelled key": ("    - {create: order, wiht: {qty: 1}}\n", ["30:23 E-KEY-001"]),
    "unknown person": ("    - {as: lee, create: order}\n", ["30:12 E-TST-001"]),
    "unknown person told": ("    - {told: lee}\n", ["30:14 E-TST-001"]),
    "unknown object": ("    - {create: oder}\n    - {act: send}\n", ["30:16 E-REF-002"]),
    "unknown field": ("    - {create: order, with: {quantity: 1}}\n", ["30:30 E-REF-003"]),
    "unknown field of a line": ("    - {create: order, with: {lines: [{m: 1}]}}\n", ["30:39 E-REF-003"]),
    "value that does not fit": ("    - {create: order, with: {qty: abc}}\n", ["30:35 E-VAL-001"]),
    "a record by no field": ("    - {create: order, with: {product: {x: 1}}}\n", ["30:40 E-REF-003"]),
    "a record by its key": ("    - {create: order, with: {product: {code: A}}}\n", []),
    "computed field": ("    - {create: order, with: {double: 1}}\n", ["30:30 E-VAL-003"]),
    "broken value": ("    - {create: order, with: {qty: =1 +}}\n", ["30:39 E-SYN-003"]),
    "unknown field where a refusal is expected": (
        "    - {create: order, with: {quantity: 1}, refused: true}\n",
        ["30:30 E-REF-003"],
    ),
    "a map for a plain value where a refusal is expected": (
        "    - {create: order, with: {qty: {x: 1}}, refused: true}\n",
        ["30:35 E-VAL-001"],
    ),
    "unknown action": ("    - {create: order}\n    - {act: sned}\n", ["31:13 E-REF-009"]),
    "unknown answer": ("    - {create: order}\n    - {act: send, with: {reason: x}}\n", ["31:26 E-REF-003"]),
    "answer that does not fit": ("    - {create: order}\n    - {act: send, with: {days: x}}\n", ["31:32 E-VAL-001"]),
    "no record yet": ("    - {act: send}\n", ["30:7 E-TST-002"]),
    "of an unknown name": ("    - {act: send, of: o}\n", ["30:23 E-NAM-001"]),
    "of many records": ("    - {act: send, of: all order}\n", ["30:23 E-TST-003"]),
    "unknown step": ("    - {create: order}\n    - {approve: boss}\n", ["31:17 E-TST-004"]),
    "unknown approval taken back": ("    - {create: order}\n    - {revoke: aproval}\n", ["31:16 E-TST-014"]),
    "approval that stays": ("    - {create: order}\n    - {revoke: approval}\n", ["31:16 E-TST-014"]),
    "nothing that is sent back": ("    - {create: product}\n    - {resubmit: product}\n", ["31:18 E-TST-003"]),
    "no flow sends it back": (
        "    - {create: product, called: p}\n    - {resubmit: p, with: {prize: 1}}\n",
        ["31:8 E-TST-017", "31:28 E-REF-003"],
    ),
    "unknown name": ("    - {expect: x.qty = 1}\n", ["30:16 E-NAM-001"]),
    "no condition": ("    - {create: order, called: o}\n    - {expect: o.qty}\n", ["31:16 E-TYP-007"]),
    "a map for a condition": ("    - {expect: [{a: b}]}\n", ["30:17 E-KEY-003"]),
    "broken condition": ('    - {expect: "1 = = 2"}\n', ["30:21 E-SYN-003"]),
    "no duration": ("    - {wait: 3}\n", ["30:14 E-TYP-007"]),
    "no day": ("    - {at: tomorrow}\n", ["30:12 E-TST-005"]),
    "no day on the calendar": ("    - {at: 2026-02-30}\n", ["30:12 E-TST-005"]),
    "looks at once": ("    - {at_once: [{expect: true}], succeed: 1}\n", ["30:18 E-TST-006"]),
    "nobody counts": (
        "    - {create: order}\n    - {at_once: [{act: send}], succeed: some}\n",
        ["31:41 E-KEY-006"],
    ),
    "unknown alert": ("    - {fires: few}\n", ["30:15 E-TST-009"]),
    "unknown webhooks": (
        "    - {webhook_in: wob, body: {qty: 1}}\n    - {sends: crm}\n", ["30:20 E-TST-012", "31:15 E-TST-012"],
    ),
    "unknown paper": ("    - {create: order}\n    - {prints: slap, has: x}\n", ["31:16 E-REF-012"]),
    "paper of another object": (
        "    - {create: product}\n    - {prints: slip, has: x}\n", ["31:8 E-TST-015"],
    ),
    "nothing looked for on a paper": ("    - {create: order}\n    - {prints: slip}\n", ["31:8 E-TST-015"]),
    "unknown figure": (
        "    - {create: order}\n    - {shows: wroth}\n    - {hides: worht}\n    - {shows: worth, is: qyt}\n",
        ["31:15 E-REF-012", "32:15 E-REF-012", "33:26 E-NAM-001"],
    ),
    "a form that is not open": ("    - {fill: order.counter, with: {qty: 1}}\n", ["30:14 E-TST-013"]),
    "unknown right": ("    - {create: order}\n    - {can: fly}\n", ["31:13 E-REF-009"]),
    "a right to an unknown object": ("    - {can: create, of: oder}\n", ["30:25 E-REF-002"]),
    "a right to an unknown field": ("    - {create: order}\n    - {can: see, fields: x}\n", ["31:26 E-REF-003"]),
    "refused: false": ("    - {create: order, refused: false}\n", ["30:32 E-KEY-004"]),
    "a record called like an object": ("    - {create: order, called: product}\n", ["30:31 E-STP-001"]),
    "a day that no calendar has": ("    - {close: books, until: 2026-02-30}\n", ["30:15 E-TST-010", "30:29 E-VAL-003"]),
    "commands at once begin with the same record": (
        "    - {create: product, called: p}\n    - {create: order, called: o}\n"
        "    - {at_once: [{act: copy, of: o}, {update: p, with: {price: 1}}, {act: send}], succeed: 3}\n",
        [],
    ),
    "who is away, and for how long": (
        "    - {absent: li, until: someday}\n    - {absent: nobody, to: nowhere}\n",
        ["30:27 E-VAL-003", "31:16 E-TST-001", "31:28 E-TST-001"],
    ),
}
SAMPLES = {
    "unknown key": ("{nwo: 2026-05-04}", ["2:11 E-KEY-001"]),
    "no day": ("{now: monday}", ["2:16 E-TST-005"]),
    "unknown role": ("{people: [{id: li, role: nosuch}]}", ["2:35 E-REF-004"]),
    "unknown roles": ("{people: [{id: li, roles: [nosuch]}]}", ["2:37 E-REF-004"]),
    "no login": ("{people: [{name: Li}]}", ["2:20 E-KEY-002"]),
    "same login": ("{people: [{id: li}, {id: li}]}", ["2:35 E-TST-008"]),
    "unknown department": ("{departments: [north], people: [{id: li, department: south}]}", ["2:63 E-TST-007"]),
    "unknown object": ("{rows: {nosuch: []}}", ["2:18 E-REF-002"]),
    "unknown field": ("{rows: {doc: [{nmae: x}]}}", ["2:25 E-REF-003"]),
    "no rows": ("{rows: {doc: x}}", ["2:23 E-VAL-002"]),
    "unknown state": ("{rows: {doc: [{name: x, state: sned}]}}", ["2:41 E-REF-008"]),
}
OBJECTS = (
    "objects: {doc: {fields: {name: text}, states: {draft: {}, sent: {}}, "
    "actions: {send: {from: draft, to: sent}}}}\n"
)


REPORT = "reports: {worths: {from: order, params: {least: integer}, where: qty >= least, show: {qty: qty}}}\n"


def test_what_a_report_has_not() -> None:
    steps = (
        "    - {asks: worth, rows: 1}\n    - {asks: worths, with: {most: 1}, has: [{qyt: 1}], lacks: {qty: =qyt}}\n"
        "    - {asks: worths}\n    - {asks: worths, with: {least: 1}, rows: 0}\n"
    )
    found = marks(APP.replace("documents:", f"{REPORT}documents:") + steps)
    assert found == [
        "31:14 E-REF-013", "32:29 E-TST-016", "32:46 E-TST-016", "32:70 E-NAM-001", "33:8 E-TST-016",
    ]


@pytest.mark.parametrize("name", STEPS)
def test_steps(name: str) -> None:
    text, expected = STEPS[name]
    assert marks(APP + text) == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name: str) -> None:
    text, expected = SAMPLES[name]
    found = [
        f"{problem.at.line}:{problem.at.column} {problem.code}"
        for problem in problems_of(f"app: shop\nsamples: {text}\n{OBJECTS}")
        if problem.severity == "error"
    ]
    assert found == expected


RULES = """\
app: shop
languages: [en]
roles: {clerk: Clerk}
objects:
  order:
    fields: {qty: integer, lines: {type: lines, fields: {sku: text, n: integer}}}
    unique: [{of: qty, level: warning}, {of: [lines.sku, lines.n], level: warning}]
    actions: {save: {name: Save}}
    checks:
      - {that: qty < 9, say: many, else: warn, called: many}
      - {that: qty < 99, say: too many, called: far, override: role(clerk)}
registers: {stock: {keys: {sku: text}, measures: {qty: integer}, guards: [{that: qty >= 0, override: role(clerk)}]}}
access: {any: {clerk: full}}
tests:
  it works:
    - {create: order, called: o}
"""
NAMED = {
    "a warning": ("accept: many", []),
    "several": ("accept: ['unique:qty', 'unique:lines.0.sku']", []),
    "unknown": ("accept: mny", ["17:34 E-TST-011"]),
    "one that refuses": ("accept: [many, far]", ["17:41 E-TST-011"]),
    "passed over": ("override: {far: paid, stock.0: found}", []),
    "all are passed over": ("override: paid", []),
    "passed over, unknown": ("override: {many: paid, stock.1: found}", ["17:37 E-TST-011", "17:49 E-TST-011"]),
}


@pytest.mark.parametrize(("key", "expected"), NAMED.values(), ids=NAMED)
def test_names_of_rules(key: str, expected: list[str]) -> None:
    assert [mark for mark in marks(f"{RULES}    - {{act: save, of: o, {key}}}\n") if "TST" in mark] == expected


def test_a_test_without_steps() -> None:
    assert marks("app: shop\nobjects: {doc: {fields: {name: text}}}\ntests: {it works: []}\n")[-1] == "3:19 W-TST-001"
