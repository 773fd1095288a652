"""What the checker says about objects: states, actions, rules, access: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "how long records are kept": (
        """\
app: shop
objects:
  order:
    fields: {qty: integer, day: date, lines: {type: lines, fields: {name: {type: text, personal: true}}}}
    keep: {until: day + 2 years, unless: qty > 3, then: anonymise}
    states: {open: Open}
    actions:
      forget: {from: open, do: [{anonymise: this}]}
      lose: {from: open, do: [{anonymise: qty}]}
  bill:
    fields: {qty: integer, day: date}
    keep: {until: day + 2 years, then: anonymise}
  memo: {fields: {day: date}, keep: {until: day, then: archive}}
access: {any: {everyone: full}}
""",
        ["9:43 E-VAL-004", "12:34 E-KEP-001"],
    ),
    "other apps": (
        """\
app: shop
needs: {crm: crm@1, hr: hr, wms: wms@x}
objects: {cat: {fields: {name: text}}}
access: {any: {everyone: full}}
""",
        ["2:1 N-INACTIVE", "2:25 E-KEY-009", "2:34 E-KEY-009"],
    ),
    "seed rows": (
        """\
app: shop
objects:
  cat: {key: name, fields: {name: {type: text, unique: true, required: true}, up: {type: link, to: cat}}}
  unit: {key: code, fields: {code: {type: text, unique: true}}}
  item:
    key: code
    fields:
      code: {type: autonumber, format: "I{seq:3}"}
      cat: {type: link, to: cat, required: true}
      unit: {type: link, to: unit}
      next: {type: link, to: item}
      lines: {type: lines, fields: {cats: {type: links, to: cat}}}
    states: {draft: {}, done: {}}
    actions: {end: {from: draft, to: done}}
data:
  cat: [{name: a}, {name: b, up: a}, {name: a}, {up: c}]
  item:
    - {cat: a, next: I001, state: done}
    - {unit: kg, state: gone}
    - {cat: "=first(all cat)", lines: [{cats: [a, d]}]}
access: {any: {everyone: full}}
""",
        [
            "16:45 E-SED-002", "16:49 E-SED-001", "16:54 E-SED-003", "19:7 E-SED-001", "19:14 E-SED-003",
            "19:25 E-REF-008", "20:51 E-SED-003",
        ],
    ),
    "what a layout shows": (
        """\
app: shop
objects:
  customer: {fields: {name: text}}
  order:
    fields: {code: text, customer: {type: link, to: customer, back: orders}}
    form:
      - code
      - customer.name
      - {section: A, fields: [cod], show: code}
      - {tabs: [{name: B, fields: [{text: "{cde}"}]}]}
      - {aside: [codes]}
      - {related: sums}
      - {related: "order where customer = this.customer", columns: [coed]}
      - {suggest: custmer}
      - {action: sbmit}
      - {tabs: [code]}
registers: {sums: {keys: {code: text}, measures: {qty: quantity}}}
""",
        [
            "8:9 E-LAY-001", "9:31 E-REF-003", "9:43 E-TYP-007", "10:45 E-NAM-001", "11:18 E-REF-003",
            "12:19 E-LAY-002", "13:69 E-REF-003", "14:10 N-INACTIVE", "14:19 E-REF-002",
            "15:18 E-REF-009", "16:17 E-KEY-003",
        ],
    ),
    "fields hidden by a condition": (
        """\
app: shop
objects:
  order: {fields: {code: text, cost: money}}
registers:
  sums: {keys: {code: text}, measures: {cost: money}}
roles: {clerk: Clerk}
access:
  order: {clerk: {see: true, hide: [{fields: cost, unless: creator = yu}], readonly: {fields: cots, when: true}}}
  sums: {clerk: {see: true, hide: {fields: cost, when: true}}}
""",
        ["8:70 E-NAM-001", "8:95 E-REF-003", "9:35 E-ACC-003"],
    ),
    "unique rules": (
        """\
app: shop
objects:
  order:
    fields:
      code: text
      due: date
      lines: {type: lines, fields: {qty: quantity, sku: text}}
    unique:
      - {of: [code, lines.sku]}
      - {of: code, each_when: qty > 1}
      - {of: lines.sku, each_when: qti > 1}
      - {of: code, when: due > today()}
""",
        ["9:9 E-UNI-002", "10:20 E-UNI-003", "11:36 E-NAM-001", "12:26 E-UNI-004"],
    ),
    "effective while": (
        """\
app: shop
objects:
  order:
    fields: {code: text}
    effective: {while: cod = 'x'}
""",
        ["5:24 E-NAM-001"],
    ),
    "derived state without condition": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, big: {within: open}}
""",
        ["5:31 E-STA-001"],
    ),
    "condition without within": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, big: {when: qty > 3}}
""",
        ["5:31 E-STA-002"],
    ),
    "effective in a derived state": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, big: {within: open, when: qty > 3}}
    effective: [big]
""",
        ["6:17 E-STA-003"],
    ),
    "unreachable and inescapable": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, sent: Sent, lost: Lost}
    actions:
      send: {from: open, to: sent}
access: {any: {everyone: full}}
""",
        ["5:26 W-STA-002", "5:38 W-STA-001", "5:38 W-STA-002"],
    ),
    "out of a final state": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, closed: {final: true}}
    actions:
      close: {from: open, to: closed}
      reopen: {from: closed, to: open}
""",
        ["5:26 E-STA-004"],
    ),
    "unknown state": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, closed: {final: true}}
    actions:
      close: {from: opne, to: closd}
""",
        ["7:21 E-REF-008", "7:31 E-REF-008"],
    ),
    "to a derived state": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {open: Open, big: {within: open, when: qty > 3}}
    actions:
      grow: {to: big}
""",
        ["7:18 E-ACT-002"],
    ),
    "asking for a field as input": (
        """\
app: shop
objects:
  order:
    fields: {reason: text}
    actions:
      cancel: {ask: {reason: text}}
""",
        ["6:22 E-ACT-001"],
    ),
    "flow without waiting state": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {draft: Draft, done: {final: true}}
    actions:
      submit: {from: draft, start: approval}
      approve: {from: draft, to: done, by: flow}
      reject: {from: draft, by: flow}
flows:
  approval: {of: order, steps: [{approve: boss, by: role(boss)}], on_approved: approve, on_rejected: reject}
roles: {boss: Boss}
access: {any: {everyone: full}}
""",
        ["7:7 E-ACT-003"],
    ),
    "unknown flow": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      submit: {start: aproval}
flows:
  approval: {of: order, steps: [{approve: boss, by: creator}], on_approved: submit, on_rejected: submit}
""",
        ["6:7 E-FLW-012", "6:23 E-REF-010"],
    ),
    "raising without a name": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    checks: [{that: qty > 0, else: approve}]
""",
        ["5:30 E-CHK-001"],
    ),
    "unknown role": (
        """\
app: shop
roles: {boss: Boss}
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {by: role(bos)}
""",
        ["7:16 E-REF-004"],
    ),
    "not people": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {by: qty}
""",
        ["6:16 E-WHO-001"],
    ),
    "unknown field to set": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {set: {quantity: 3}}
""",
        ["6:18 E-REF-003"],
    ),
    "unknown action in a step": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {do: [{act: gone}]}
""",
        ["6:23 E-REF-009"],
    ),
    "name of a step is taken": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {do: [{create: order, called: qty}]}
""",
        ["6:41 E-STP-001"],
    ),
    "pull without a pull": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    actions:
      go: {do: [{create: order, pull: this}]}
""",
        ["6:39 E-STP-002"],
    ),
    "number of no action": (
        """\
app: shop
objects:
  order:
    fields: {number: {type: autonumber, format: "SO{seq:4}", at: submitt}}
    actions: {submit: {}}
""",
        ["4:66 E-REF-009"],
    ),
    "key that is not unique": (
        """\
app: shop
objects:
  order:
    key: number
    fields: {number: text}
access: {any: {everyone: full}}
""",
        ["4:5 W-OBJ-001"],
    ),
    "key that is not unique, behind other keys": (
        """\
app: shop
objects:
  order:
    fields: {number: text}
    key: number
access: {any: {everyone: full}}
""",
        ["5:5 W-OBJ-001"],
    ),
    "a flat list of names is a rule for each": (
        """\
app: rooms
objects:
  booking:
    unique: [room, slot]
    fields: {room: text, slot: integer}
  stay:
    unique: [[room, slot], {of: room}]
    fields: {room: text, slot: integer}
  visit:
    unique: room
    fields: {room: text}
access: {any: {everyone: full}}
""",
        ["4:14 W-UNI-001"],
    ),
    "check that races": (
        """\
app: shop
objects:
  product: {fields: {name: text}}
  order:
    fields:
      product: {type: link, to: product}
      qty: quantity
      free: {balance: stock.reserved}
    checks: [{that: free <= 10, called: free}]
    posts: [{to: stock, keys: {product: product}, add: {reserved: qty}}]
registers:
  stock: {keys: {product: {type: link, to: product}}, measures: {reserved: quantity}}
access: {any: {everyone: full}}
""",
        ["9:14 N-CHK-001"],
    ),
    "nobody may see": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}}
  quote: {fields: {qty: quantity}}
access: {order: {everyone: full}}
""",
        ["4:10 W-ACC-002"],
    ),
    "nothing granted": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}}
""",
        ["3:10 W-ACC-001"],
    ),
    "roles that include themselves": (
        """\
app: shop
roles: {a: {includes: b}, b: {includes: a}, everyone: All}
objects:
  order: {fields: {qty: quantity}}
access: {any: {a: full}}
""",
        ["2:13 E-ACC-002", "2:31 E-ACC-002", "2:55 E-ACC-001"],
    ),
    "grants on nothing": (
        """\
app: shop
roles: {boss: Boss}
objects:
  order: {fields: {qty: quantity}}
access:
  ordr: {boss: full}
  order: {boss: {see: true, aprove: true, edit: [qyt]}, bos: see}
""",
        ["6:3 E-REF-014", "7:29 E-REF-009", "7:50 E-REF-003", "7:57 E-REF-004"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
