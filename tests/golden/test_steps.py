"""What the checker says about steps, actions over lines, automations and alerts: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "every part of a step is checked": (
        """\
app: shop
objects:
  place: {fields: {name: text, seats: integer}}
  order:
    fields:
      qty: quantity
      mail: text
      lines: {type: lines, fields: {free: quantity, got: quantity, site: {type: link, to: place}}}
    actions:
      go:
        do:
          - {mail: {to: mail, document: nosuch, of: qty, subject: "{qyt}"}}
          - {webhook: erp, with: {qty: =qty, more: [=qyt]}}
          - {wait: 3 bananas}
          - {start: nosuch, of: this}
          - {run: nosuch}
          - {anonymise: this, unless: qty}
          - {allocate: {each: lines, amount: fre, over: place, limit: seats + got, set: {seats: =part, got: 1}}}
          - {mail: {to: qty, document: card}}
documents: {card: {of: place, body: [{text: a}]}}
access: {any: {everyone: full}}
""",
        [
            "12:41 E-REF-016", "12:53 E-VAL-004", "12:69 E-NAM-001",
            "13:54 E-NAM-001", "14:14 E-STP-005", "14:22 E-SYN-014", "15:21 E-REF-010",
            "16:19 E-REF-016", "17:39 E-TYP-007", "18:46 E-NAM-001",
            "18:79 E-NAM-001", "18:104 E-REF-003", "19:25 E-WHO-001", "19:30 E-DOC-004",
        ],
    ),
    "what is set in lines knows the line, what is set behind their links does not": (
        """\
app: shop
objects:
  place: {fields: {seats: integer}}
  order:
    fields:
      qty: quantity
      lines: {type: lines, fields: {free: quantity, got: quantity, site: {type: link, to: place}}}
    actions:
      go: {set: {lines.got: =free - parent.qty, lines.site.seats: =qty}, do: [{set: {lines.got: =free, qty: 1}}]}
      no: {set: {lines.got: =qty, lines.site.seats: =free}, do: [{set: {lines.got: =parent.free, qty: =free}}]}
access: {any: {everyone: full}}
""",
        ["10:30 E-NAM-001", "10:54 E-NAM-001", "10:92 E-NAM-002", "10:104 E-NAM-001"],
    ),
    "what is spread goes somewhere, by limits or by shares": (
        """\
app: shop
objects:
  place: {fields: {seats: integer}}
  full: {fields: {part: money}}
  order:
    fields: {fre: money, parts: {type: lines, fields: {got: money, net: {formula: got * 2, type: money}}}}
    actions:
      go:
        do:
          - {allocate: {amount: fre, over: place}}
          - {allocate: {amount: fre, over: place, set: {seats: =part}, add: {parts: {got: =part}}}}
          - {allocate: {amount: fre, over: place, share: seats, limit: seats, set: {seats: =part}}}
          - {allocate: {amount: fre, over: place, split: {fre: =part}}}
          - {allocate: {each: place as p, amount: seats, over: parts, split: {seats: =part}}}
          - {allocate: {amount: fre, over: place, add: {lines: {got: =part}}}}
          - {allocate: {amount: fre, over: place, add: {parts: {parent.fre: =part}}}}
          - {allocate: {amount: fre, over: place, add: {parts: {net: =part, gut: =part}}}}
          - {allocate: {amount: fre, over: place as p, add: {parts: {got: =part + p.seats + fre}}}}
          - {allocate: {amount: fre, over: full, set: {part: =part}}}
          - {allocate: {each: parts as l, amount: l.got, over: all place, limit: seats, split: {got: =part}}}
          - {allocate: {amount: fre, over: place, add: {}}}
          - {allocate: {amount: fre, over: place, add: {parts: {}}}}
automations:
  a: {every: day at 08:00, do: [{allocate: {amount: 1, over: place, add: {parts: {got: =part}}}}]}
access: {any: {everyone: full}}
""",
        [
            "10:24 E-STP-006", "11:24 E-STP-006", "12:24 E-STP-006", "13:24 E-STP-006", "14:24 E-STP-006",
            "14:64 E-NAM-001", "14:87 E-NAM-001", "15:56 E-STP-006", "16:24 E-STP-006", "17:65 E-VAL-003",
            "17:77 E-REF-003", "18:93 E-NAM-001", "19:38 E-STP-006", "21:24 E-STP-006", "22:24 E-STP-006",
            "24:44 E-STP-006", "24:74 E-STP-006",
        ],
    ),
    "flows and automations of other objects; waiting where nothing waits": (
        """\
app: shop
objects:
  order:
    discussion: internal
    fields: {qty: quantity, on: date}
    states: {draft: Draft, done: {final: true}}
    actions: {ok: {from: draft, to: done, by: flow}, go: {do: [{run: a}, {run: b}, {run: c}, {run: d}]}}
  other: {fields: {of: {type: link, to: order}}}
flows: {f: {of: order, steps: [{approve: x, by: creator}], on_approved: ok, on_rejected: ok}}
automations:
  a: {changed: order, do: [{wait: on}, {start: f}, {wait: qty}, {if: qty > 1, then: [{wait: 1 day}]}]}
  b: {changed: other, do: [{start: f}, {start: f, of: of}, {each: order, do: [{start: f}, {wait: 1 day}]}]}
  c: {comment: order, run: after, do: [{run: d}]}
  d: {every: day at 08:00, each: order, one_per: on, do: [{wait: 1 day}, {start: f}]}
  e: {every: day at 08:00, do: [{run: a}, {start: f}, {wait: 1 day}]}
access: {any: {everyone: full}}
""",
        [
            "7:80 E-STP-004", "7:90 E-STP-004", "11:59 E-VAL-004", "11:87 E-STP-005", "12:36 E-STP-004",
            "12:92 E-STP-005", "14:60 E-STP-005", "15:39 E-AUT-003", "15:44 E-AUT-003",
        ],
    ),
    "`old` inside of `each` is the row's": (
        """\
app: shop
objects:
  order:
    fields: {qty: text, lines: {type: lines, fields: {got: text}}}
    actions: {go: {do: [{each: lines, do: [{set: {got: =old.got & old.qty}}]}]}}
access: {any: {everyone: full}}
""",
        ["5:71 E-NAM-002"],
    ),
    "`this` inside of `each` is the row": (
        """\
app: shop
objects:
  task: {fields: {note: text, of: {type: link, to: order}}}
  order:
    fields: {note: text, qty: text, next: {type: link, to: order}, lines: {type: lines, fields: {got: text}}}
    actions:
      go:
        do:
          - {each: lines, do: [{create: task, with: {note: =this.got & this.parent.note, of: =parent}}]}
          - {each: lines as l, do: [{create: task, with: {note: =this.got, of: =l.parent}}]}
          - {each: all order where note = this.note, do: [{set: {next: =this, note: =this.note & old.note}}]}
automations:
  a: {changed: order, do: [{each: all task where of = this, do: [{set: {note: =this.note & old.note, of: =trigger}}]}]}
  b: {changed: order, do: [{each: all order as t, do: [{each: t.lines, do: [{set: {got: x}}]}, {set: {next: =this}}]}]}
  c: {every: day at 08:00, do: [{each: order as o, do: [{each: o.lines, do: [{notify: this.parent.creator, say: x}]}]}]}
  d: {every: day at 08:00, each: order as o, do: [{set: {note: =this.qty}}]}
access: {any: {everyone: full}}
""",
        ["10:66 W-STP-002", "11:73 W-STP-002", "11:86 W-STP-002", "13:80 W-STP-002", "14:110 W-STP-002"],
    ),
    "nothing acts outside of `each`, and where a clock starts it": (
        """\
app: shop
objects:
  order: {fields: {note: text}, actions: {go: {do: [{set: {note: =acting.note}}]}}}
automations:
  c: {every: day at 08:00, do: [{each: order as o, do: [{set: {note: =acting.note}}]}]}
access: {any: {everyone: full}}
""",
        ["3:67 E-NAM-001", "5:71 E-NAM-001"],
    ),
    "comments where there is no discussion": (
        """\
app: shop
samples: {people: [{id: li, role: sales}]}
roles: {sales: Sales}
objects:
  order:
    fields: {qty: quantity, lines: {type: lines, fields: {got: quantity}}}
    actions:
      go: {do: [{comment: "{qty} pieces"}, {each: lines, do: [{comment: "{got} of {comment.text}"}]}]}
  quote:
    discussion: internal
    fields: {qty: quantity}
    actions:
      go: {do: [{comment: "{qyt}"}]}
automations:
  a: {comment: order, do: [{set: {qty: 1}}]}
  b: {comment: quote, when: comment.text = qty, do: [{notify: comment.author, say: "{comment.who}"}]}
  c: {every: day at 08:00, do: [{comment: hello}]}
access: {any: {sales: full}}
tests:
  talk:
    - {as: li, create: order}
    - {comment: hello}
    - {comment: hello, refused: "*"}
""",
        [
            "8:18 E-STP-003", "8:64 E-STP-003", "8:84 E-NAM-001", "13:29 E-NAM-001", "15:7 E-STP-003",
            "16:42 E-TYP-008", "16:86 E-NAM-001", "17:34 E-AUT-003", "22:8 E-STP-003",
        ],
    ),
    "ways of an action": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, note: text, lines: {type: lines, fields: {got: quantity}}}
    states: {draft: Draft, small: {final: true}, big: {final: true}}
    actions:
      go: {from: draft, to: {small: qty < 3, huge: qty > 9, big: else}}
      way: {to: {big: else, small: note}}
      each_line: {each: note, do: [{refuse: no}]}
      of_lines: {each: lines, set: {got: 1, note: no}, auto: qyt > 1}
access: {any: {everyone: full}}
""",
        [
            "7:46 E-REF-008", "8:23 E-ACT-005", "8:36 E-TYP-007", "9:19 E-ACT-004", "9:19 N-INACTIVE",
            "10:45 E-REF-003", "10:56 N-INACTIVE", "10:62 E-NAM-001",
        ],
    ),
    "automations": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, due_on: date, note: text}
    states: {draft: Draft, approved: {final: true}, late: {within: draft, when: qty > 3}}
    actions: {approve: {from: draft, to: approved}}
  other: {fields: {name: text, of: {type: link, to: order}}}
registers:
  stock: {keys: {code: text}, measures: {qty: quantity}, formulas: {twice: qty * 2}}
automations:
  a: {created: nosuch, do: [{set: {qty: 1}}]}
  b: {entered: doc.nosuch, do: [{refuse: no}]}
  b2: {entered: order.nosuch, do: [{refuse: no}]}
  b3: {entered: order, do: [{refuse: no}]}
  b4: {action: order.nosuch, run: with, do: [{set: {nte: late}}]}
  c: {every: 15 bananas, do: [{ensure: other, key: {name: a}}]}
  c2: {every: month day 31 at 08:00, do: [{set: {qty: 1}}, {act: approve}, {ensure: other, key: {name: x}}]}
  c3: {every: day, each: order as o where qyt > 3, do: [{set: {note: x}}, {act: approve, of: o}]}
  d: {created: order, changed: order, do: [{set: {qty: 1}}]}
  e: {do: [{refuse: no}]}
  f: {created: order}
  g: {changed: order, fields: [qty, qyt], when: old.qty < qty, do: [{set: {note: =trigger.nte}}], once: nosuch}
  h: {register: stock, when: twice > twice.before, do: [{each: order where qty > 1, do: [{set: {note: x}}]}]}
  i: {date: order.note, before: 3 bananas, at: "25:00", do: [{set: {note: x}}]}
  k: {failed: nosuch, do: [{ensure: other, key: {name: x}}]}
  l: {every: day at 08:00, run: with, do: [{ensure: other, key: {name: x}}]}
  m: {webhook: web, inputs: {on: integre, doc: file, l: {type: lines, fields: {a: file}}}, do: [{refuse: no}]}
  n: {webhook: web, inputs: {qty: text}, read: {qyt: a.b, qty: a..b}, do: [{ensure: other, key: {name: =webhook.qyt}}]}
  p: {created: order, catch_up: all, do: [{set: {note: x}}]}
  q: {webhook: web, once: qty, one_per: qty, debounce: 1 day, on_failure: skip, do: [{ensure: other, key: {name: x}}]}
  r: {created: order, run: with, once: qty, debounce: qty, do: [{set: {note: x}}]}
  s: {failed: a, when: failed.reason = qty, do: [{ensure: other, key: {name: =failed.why}}]}
access: {any: {everyone: full}}
""",
        [
            "11:16 E-REF-002", "12:16 E-REF-002", "13:17 E-REF-008", "14:17 E-AUT-002", "15:16 E-REF-009",
            "15:53 E-REF-003", "16:14 E-AUT-001", "17:15 E-AUT-001", "17:44 E-AUT-003", "17:61 E-AUT-003",
            "18:15 E-AUT-001", "18:43 E-NAM-001",
            "19:23 E-KEY-010", "20:6 E-KEY-008", "21:6 E-KEY-002",
            "22:37 E-REF-003", "22:91 E-NAM-002", "22:105 E-REF-003",
            "24:13 E-AUT-002", "24:35 E-SYN-014", "24:48 E-AUT-001",
            "25:15 E-REF-016", "26:28 E-AUT-004", "27:34 E-REF-001", "27:48 E-AUT-005", "27:83 E-AUT-005",
            "28:49 E-AUT-005", "28:64 E-AUT-005", "28:105 E-NAM-001", "29:23 E-AUT-007",
            "30:21 E-AUT-008", "30:32 E-AUT-008", "30:46 E-AUT-008", "30:63 E-AUT-008", "31:45 E-AUT-008",
            "31:55 E-TYP-007", "32:40 E-NAM-001", "32:79 E-NAM-001",
        ],
    ),
    "days that start automations": (
        """\
app: shop
objects: {order: {fields: {note: text, soon: {formula: today() + 1, type: date}}}}
automations: {a: {date: order.soon, catch_up: skip, do: [{set: {note: x}}]}}
access: {any: {everyone: full}}
""",
        ["3:18 E-AUT-006"],
    ),
    "steps of flows": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, note: text}
    states: {draft: Draft, waiting: {}, done: {final: true}}
    actions:
      go: {from: draft, to: waiting, start: f}
      ok: {from: waiting, to: done, by: flow}
      no: {from: waiting, to: draft, by: flow}
      other: {from: waiting, to: draft}
roles: {boss: Boss, flow: Flow, me: Me}
flows:
  f:
    of: order
    start_by: qty
    steps:
      - {set: {note: x, qyt: 1}, unless: qyt > 1}
      - {act: other}
      - {if: qty > 3, then: [{act: other, of: this}]}
      - {mail: {to: creator, subject: "{nte}"}}
      - {handle: pack, by: role(packer), edit: [qyt]}
      - {wait: {signal: paid}, when: qyt}
      - {subflow: g, each: ordr}
      - {approve: a, by: role(boss), mode: percent, need: 66.67%, in_order: true, veto: role(x), dedupe: never}
      - {approve: b, by: role(boss), mode: percent, need: 120%, unless: nte = ''}
      - {end: maybe}
    on_approved: ok
    on_rejected: no
access: {any: {everyone: full}}
""",
        [
            "11:27 E-ACC-001", "11:37 E-ACC-001", "15:15 E-WHO-001", "17:25 E-REF-003", "17:42 E-NAM-001",
            "18:9 E-FLW-015", "19:30 E-FLW-015", "20:41 E-NAM-001",
            "21:28 E-REF-004", "21:49 E-REF-003", "22:38 E-NAM-001",
            "23:19 E-REF-010", "23:28 E-NAM-001", "24:53 W-FLW-002", "24:89 E-REF-004", "24:106 E-KEY-004",
            "25:9 E-FLW-003", "25:73 E-NAM-001", "26:15 E-KEY-004",
        ],
    ),
    "ways back and on": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, note: text}
    states: {draft: Draft, waiting: {}, done: {final: true}}
    actions:
      go: {from: draft, to: waiting, start: f}
      ok: {from: waiting, to: done, by: flow}
      no: {from: waiting, to: draft, by: flow}
roles: {boss: Boss}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: role(boss), return: {to: [a, start]}}
      - parallel:
          - steps:
              - {approve: b, by: role(boss)}
              - {approve: c, by: role(boss), return: {to: [a, b]}, on_reject: {goto: d}}
          - {steps: [{approve: d, by: role(boss), return: {to: [b]}, on_reject: {goto: a}}]}
      - {handle: e, by: role(boss), pool: true, mode: all, return: {to: [d, a]}}
      - branch:
          - {when: qty > 3, steps: [{approve: g, by: role(boss)}]}
          - {else: [{approve: h, by: role(boss), return: {to: [g, e]}, on_reject: {goto: a}}]}
    on_approved: ok
    on_rejected: no
access: {order: {boss: see}}
""",
        [
            "15:9 E-FLW-019", "19:17 E-FLW-019", "20:22 E-FLW-019", "21:9 E-FLW-019", "21:9 E-FLW-020",
            "24:21 E-FLW-019",
        ],
    ),
    "ways through flows": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, note: text}
    states: {draft: Draft, waiting: {}, done: {final: true}}
    actions:
      go: {from: draft, to: waiting, start: f}
      too: {from: draft, to: waiting, start: g}
      ok: {from: waiting, to: done, by: flow}
      no: {from: waiting, to: draft, by: flow}
roles: {boss: Boss, clerk: Clerk}
flows:
  f:
    of: order
    steps:
      - approve: a
        by: role(clerk)
      - branch:
          - {when: qty > 3, steps: [{end: rejected}, {cc: creator}]}
          - {else: [{end: approved}]}
      - {approve: b, by: role(boss)}
    on_approved: ok
    on_rejected: no
  g:
    of: order
    steps:
      - parallel:
          - {steps: [{end: branch}]}
          - {when: qty > 3, steps: [{end: rejected}]}
      - {approve: c, by: role(boss)}
      - {subflow: h}
    on_approved: ok
    on_rejected: no
  h: {of: order, steps: [{approve: d, by: creator}, {subflow: g}], on_approved: ok, on_rejected: no}
access: {order: {boss: see}}
""",
        ["19:54 E-FLW-017", "21:9 E-FLW-017", "31:9 E-FLW-016", "34:53 E-FLW-016"],
    ),
    "alerts": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity, until: date, boss: user, kinds: tags}}
registers:
  stock: {keys: {prod: text, wh: text}, measures: {qty: quantity}}
alerts:
  a: {over: stock, per: prod, when: wh is blank, say: "{wh}", to: role(boss)}
  b: {over: order, when: qty > 3, say: "{qyt}", to: {who: boss, via: [sms, pigeon]}, severity: bad}
  c: {over: order, when: qty > 3, say: x, to: {who: boss, via: [sms, inbox]}, severity: "if(qty > 9, 'bad', 'info')"}
  d:
    over: order
    when: qty > 3
    say: x
    to: boss
    for: 3 bananas
    cooldown: qty
    resolved: "{qyt}"
    group: [qyt]
    escalate: [{after: 1 dya, to: role(nobody)}]
    inhibits: [c, e]
    keep_firing: 2 hours
  f: {over: order, when: qty > 3, say: x, to: boss, group: [kinds, boss], group_wait: 1 minute, no_data: panic}
  g: {over: order, when: qty > 3, say: x, to: boss, group_wait: qty, group_interval: 1 hour}
  h: {over: stock, per: prod, when: qty > 3, say: x, to: role(boss), group: [prod, wh], group_wait: qty}
  i: {over: order, when: qty > 3, say: x, to: boss, group: []}
roles: {boss: Boss}
access: {any: {everyone: full}}
""",
        [
            "7:37 E-REG-003", "7:55 E-REG-003", "8:42 E-NAM-001", "8:71 N-INACTIVE", "8:76 E-KEY-004",
            "8:96 E-NAM-001", "9:102 E-NAM-007", "15:12 E-SYN-014", "16:15 E-TYP-007", "17:17 E-NAM-001",
            "18:13 E-REF-003", "19:26 E-SYN-014", "19:35 E-REF-004",
            "20:19 E-REF-016", "22:61 E-QST-005", "22:106 E-KEY-004", "23:53 E-QST-006", "23:65 E-NAM-001",
            "23:70 E-QST-006", "24:84 E-REG-003", "24:101 E-NAM-001", "25:53 E-QST-006",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
