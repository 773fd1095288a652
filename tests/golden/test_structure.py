"""What the checker says about keys, shapes, labels, names: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "unknown key": (
        """\
app: shop
objects:
  order:
    feilds: {qty: quantity}
""",
        ["4:5 E-KEY-001", "4:5 E-KEY-002"],
    ),
    "unknown key of a kind": (
        """\
app: shop
objects:
  order:
    fields:
      qty: {type: quantity, max_length: 3}
""",
        ["5:29 E-KEY-001"],
    ),
    "missing key": (
        """\
app: shop
objects:
  order:
    fields: {customer: {type: link}}
    checks: [{say: no}]
""",
        ["4:24 E-KEY-002", "5:14 E-KEY-002"],
    ),
    "wrong shape": (
        """\
app: shop
objects:
  order: [a, b]
""",
        ["3:10 E-KEY-003"],
    ),
    "title is a map": (
        """\
app: shop
objects:
  order:
    title: {number}
    fields: {number: text}
""",
        ["4:13 E-LANG-001"],
    ),
    "wrong word": (
        """\
app: shop
objects:
  order:
    delete: nevr
    fields: {qty: quantity}
""",
        ["4:13 E-KEY-004"],
    ),
    "no value": (
        """\
app: shop
objects:
  order:
    fields:
      qty: {type: quantity, required: }
""",
        ["5:39 E-KEY-005"],
    ),
    "not a boolean": (
        """\
app: shop
objects:
  order:
    single: yes
    fields: {qty: quantity}
""",
        ["4:13 E-KEY-006"],
    ),
    "not a name": (
        """\
app: shop
objects:
  2nd order:
    fields: {qty: quantity}
""",
        ["3:3 E-KEY-007"],
    ),
    "which step": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {do: [{creat: order}]}
""",
        ["6:17 E-KEY-008"],
    ),
    "option out of range": (
        """\
app: shop
objects:
  order:
    fields:
      note: {type: text, max_length: 0}
      number: {type: autonumber, format: "SO"}
""",
        ["5:38 E-KEY-009", "6:42 E-KEY-009"],
    ),
    "language of another app": (
        """\
app: shop
languages: [zh, en]
objects:
  order:
    name: {zh: 订单, fr: Commande}
    fields: {qty: quantity}
""",
        ["5:20 E-LANG-001"],
    ),
    "label twice": (
        """\
app: shop
languages: [zh, en]
objects:
  order:
    fields:
      qty: {type: quantity, name: Quantity, zh: 数量}
""",
        ["6:29 E-LANG-003"],
    ),
    "texts in one language of two": (
        """\
app: shop
languages: [zh, en]
name: 小店
roles: {boss: {zh: 老板}}
objects:
  order:
    name: {zh: 订单, en: Order}
    fields:
      qty: {type: quantity, zh: 数量}
      kind: {type: choice, options: {a: 甲, b: B, c: {zh: 丙, en: C}}, zh: 种类, en: Kind}
      size: quantity
    title: "{kind} {qty}"
    checks:
      - {that: qty > 0, say: "数量要大于零"}
      - {that: qty < 9, say: {zh: "{qty} 太多", en: "{qty} are too many"}}
access: {any: {boss: full}}
""",
        ["3:7 W-LANG-001", "4:16 W-LANG-001", "9:29 W-LANG-001"],
    ),
    "one language needs no other": (
        """\
app: shop
languages: [zh]
name: 小店
objects: {order: {name: 订单, fields: {qty: {type: quantity, zh: 数量}}}}
access: {any: {everyone: full}}
""",
        [],
    ),
    "missing language": (
        """\
app: shop
languages: [zh, en]
objects:
  order:
    name: {en: Order}
    fields: {qty: quantity}
access: {any: {everyone: full}}
""",
        ["5:11 W-LANG-001"],
    ),
    "not yet active": (
        """\
app: shop
objects:
  order:
    actions: {go: {auto: qty > 3}}
    fields: {qty: quantity}
  quote:
    actions: {go: {auto: qty > 3}}
    fields: {qty: quantity}
access: {any: {everyone: full}}
""",
        ["4:20 N-INACTIVE"],
    ),
    "one note for what comes several times": (
        """\
app: shop
objects:
  order: {fields: {qty: {type: text, translate: true}, note: {type: text, translate: true}}}
access: {any: {everyone: full}}
""",
        ["3:38 N-INACTIVE"],
    ),
    "unknown time zone": (
        """\
app: shop
timezone: Asia/Peking
objects:
  order: {fields: {qty: quantity}}
""",
        ["2:11 E-APP-001"],
    ),
    "name taken": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}}
registers:
  order: {keys: {day: date}, measures: {qty: quantity}}
""",
        ["5:3 E-APP-003"],
    ),
    "time zone of the machine": (
        """\
app: shop
timezone: posixrules
objects:
  order: {fields: {qty: quantity}}
""",
        ["2:11 E-APP-001"],
    ),
    "names that the database joins": (
        """\
app: shop__a
objects:
  b__c: {fields: {qty: quantity}}
  b_: {fields: {d__e: text, f_: text, lines: {type: lines, fields: {g__h: text}}}}
registers:
  r__r: {keys: {k__k: date}, measures: {m_: integer}}
""",
        [
            "1:6 E-KEY-007", "3:3 E-KEY-007", "4:3 E-KEY-007", "4:23 E-KEY-007", "4:33 E-KEY-007", "4:75 E-KEY-007",
            "6:3 E-KEY-007", "6:23 E-KEY-007", "6:45 E-KEY-007",
        ],
    ),
    "app named like an index": (
        """\
app: ix
objects:
  order: {fields: {qty: quantity}}
""",
        ["1:6 E-KEY-007"],
    ),
    "names of the REST API": (
        """\
app: people
objects:
  reports: {fields: {qty: quantity}}
  report: {fields: {tasks: text, alerts: {type: lines, fields: {a: text}}}}
""",
        ["1:6 E-KEY-007", "3:3 E-KEY-007"],
    ),
    "app with a dot": (
        """\
app: a.b
objects:
  order: {fields: {qty: quantity}}
""",
        ["1:6 E-KEY-007"],
    ),
    "names that differ by case": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity, Qty: quantity, State: text, lines: {type: lines, fields: {Parent: text}}}}
  Order: {fields: {a: text}}
  r_stock: {fields: {to: {type: lines, fields: {a: text}}}}
registers:
  stock: {keys: {day: date, Day: date, _level: integer}, measures: {id: integer, DAY: integer}}
""",
        [
            "3:40 E-APP-003", "3:57 E-FLD-003", "3:101 E-FLD-003", "4:3 E-APP-003", "5:26 E-FLD-003", "7:3 E-APP-003",
            "7:34 E-APP-003", "7:48 E-FLD-003", "7:73 E-FLD-003", "7:87 E-APP-003",
        ],
    ),
    "too many fields": (
        "app: shop\nobjects:\n  order:\n    fields:\n" + "".join(f"      f{n}: text\n" for n in range(501)),
        ["3:3 E-APP-007"],
    ),
    "too many keys": (
        "app: shop\nobjects:\n  order: {fields: {qty: quantity}}\nregisters:\n  stock:\n    measures: {qty: quantity}\n"
        "    keys:\n" + "".join(f"      k{n}: integer\n" for n in range(16)),
        ["5:3 E-APP-007"],
    ),
    "days of a calendar": (
        """\
app: shop
calendars:
  work: {week: {funday: "9:00-12:00", mon-fri: "9:00-17:00", tue: "9:00-12:00", sat-thu: "9:00-12:00"}}
objects:
  order: {fields: {qty: quantity}}
""",
        ["3:17 E-CAL-001", "3:62 E-CAL-001", "3:81 E-CAL-001"],
    ),
    "hours of a calendar": (
        """\
app: shop
calendars:
  work: {week: {mon: "25:00-12:00", tue: "9-12", wed: "12:00-9:00", thu: "9:00-12:00, 11:00-13:00", fri: "9:00-24:00"}}
  idle: {week: {mon: ""}}
calendar: work
objects:
  order: {fields: {qty: quantity}}
""",
        ["3:22 E-CAL-002", "3:42 E-CAL-002", "3:55 E-CAL-002", "3:74 E-CAL-002", "4:16 E-CAL-003"],
    ),
    "days off of a calendar": (
        """\
app: shop
timezone: Asia/Shanghai
calendars:
  work: {week: {mon-fri: "9:00-17:00"}, closed: order where qty > 1, open: holiday.name, timezone: Mars}
  other: {week: {mon-fri: "9:00-17:00"}, closed: holiday, open: nothing}
calendar: wrok
objects:
  order: {fields: {qty: quantity, start: date, end: date}}
  holiday: {fields: {day: date, name: text}}
""",
        ["4:49 E-CAL-004", "4:76 E-CAL-004", "4:100 E-APP-001", "5:65 E-NAM-001", "6:11 E-REF-016"],
    ),
    "no calendar for the app": (
        """\
app: shop
calendars:
  a: {week: {mon-fri: "9:00-17:00"}}
  b: {week: {mon-sat: "9:00-17:00"}}
objects:
  order: {fields: {qty: quantity}}
""",
        ["2:1 W-CAL-001", "6:10 W-ACC-001"],
    ),
    "menu leads nowhere": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}}
menu:
  - ordr
  - {name: Empty}
""",
        ["5:5 E-REF-015", "6:5 E-MNU-001"],
    ),
    "like itself": (
        """\
app: shop
objects:
  a: {like: b, fields: {x: text}}
  b: {like: a, fields: {y: text}}
""",
        ["4:13 E-LIKE-001"],
    ),
    "like nothing": (
        """\
app: shop
objects:
  order: {like: documnt, fields: {x: text}}
""",
        ["3:17 E-REF-002"],
    ),
    "type of itself": (
        """\
app: shop
types:
  a: {type: b}
  b: {type: a}
objects:
  order: {fields: {x: a}}
""",
        ["4:13 E-LIKE-002", "6:23 E-FLD-001"],
    ),
    "unknown type": (
        """\
app: shop
objects:
  order: {fields: {qty: quantitty}}
""",
        ["3:25 E-REF-001"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
