"""What the checker says about flows, decisions, reports, boards: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "checks and steps that are named": (
        """\
app: shop
objects:
  order:
    fields:
      qty: {type: quantity, required: raised(much)}
      late: {formula: raised(mch)}
      by: {formula: decider(bos)}
      whom: {type: users, formula: chosen(boss)}
    checks: [{that: qty < 9, else: approve, called: much}]
    actions: {ok: {by: flow}, go: {start: f}}
flows:
  f:
    of: order
    steps: [{approve: boss, by: creator}]
    on_approved: ok
    on_rejected: ok
""",
        ["6:30 E-CHK-002", "7:29 E-FLW-018"],
    ),
    "keys that are not active are checked": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    material: [qty, qyt]
    start_by: role(nobody)
    on_terminated: okk
    steps:
      - approve: a
        by: creator
        hide: [qyt]
        veto: qty
        return: {to: [start, b, c]}
        on_reject: {goto: c}
        due: {in: 3 bananas, remind: [-2 working hours], calendar: nosuch, escalate: [{after: 1 day, to: role(no)}]}
      - {approve: b, by: creator, due: {at: qty}}
    on_approved: ok
    on_rejected: ok
""",
        [
            "7:21 E-REF-003", "8:15 E-REF-004", "9:20 E-REF-009",
            "11:9 E-FLW-019", "13:16 E-REF-003", "14:15 E-WHO-001",
            "15:33 E-REF-016", "16:27 E-REF-016",
            "17:21 E-SYN-014", "17:68 E-REF-016", "17:106 E-REF-004", "18:45 E-VAL-004",
        ],
    ),
    "deadlines and waits that name no time": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity, until: date}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: creator, due: {then: approve}}
      - {approve: b, by: creator, due: {in: 2 days, at: until}}
      - {wait: qty}
      - {wait: until}
    on_approved: ok
    on_rejected: ok
""",
        ["8:40 E-FLW-021", "9:40 E-FLW-021", "10:16 E-VAL-004"],
    ),
    "a flow runs another one over what that is not about": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, lines: {type: lines, fields: {part: {type: link, to: part}}}}
    actions: {ok: {by: flow}, go: {start: f}}
  part: {fields: {order: {type: link, to: order, back: parts}, qty: quantity}}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: creator}
      - {subflow: g}
      - {subflow: g, each: lines}
      - {subflow: g, each: parts where qty > 0, on_reject: go_on}
      - {subflow: nosuch, each: parts}
    on_approved: ok
    on_rejected: ok
  g: {of: part, steps: [{approve: b, by: creator}]}
""",
        ["12:9 E-FLW-022", "13:9 E-FLW-022", "15:19 E-REF-010"],
    ),
    "signals, what is hidden, approvals that are taken back": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, lines: {type: lines, fields: {part: text, price: money}}}
    title: "{this.lines.price} {qty}"
    actions:
      ok: {by: flow}
      go: {start: f}
      pay: {do: [{signal: pait}, {signal: paid, early: drop}]}
  part: {fields: {qty: quantity}}
flows:
  f:
    of: order
    revoke: {within: 2 days, flow: g}
    steps:
      - {approve: a, by: creator, signature: 2, hide: [lines], show: [lines.price]}
      - {wait: {signal: paid}}
      - {wait: {signal: seen}}
    on_approved: ok
    on_rejected: ok
  g: {of: part, steps: [{approve: b, by: creator}]}
""",
        ["9:18 E-FLW-024", "9:56 E-KEY-004", "14:13 E-FLW-022", "16:9 E-FLW-026", "16:46 E-KEY-006", "16:49 E-FLW-025",
         "21:6 E-FLW-011"],
    ),
    "a signal that nothing sends": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps: [{approve: a, by: creator}, {wait: {signal: paid}}]
    on_approved: ok
    on_rejected: ok
""",
        ["3:10 W-ACC-001", "7:40 W-FLW-003"],
    ),
    "people are chosen at a step that does not come before": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: creator}
      - {approve: b, by: chosen(b), choose: {among: creator, max: 2, at: a}}
      - {approve: c, by: chosen(c), choose: {at: d}}
      - {approve: d, by: chosen(d), choose: {at: nosuch}}
    on_approved: ok
    on_rejected: ok
""",
        ["10:9 E-FLW-023", "11:50 E-REF-016"],
    ),
    "two steps of one name": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps: [{approve: boss, by: creator}, {approve: boss, by: creator}]
    on_approved: ok
    on_rejected: ok
""",
        ["7:43 E-FLW-001"],
    ),
    "need without and with mode": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps: [{approve: a, by: creator, need: 2}, {approve: b, by: creator, mode: fraction, need: 3/2}]
    on_approved: ok
    on_rejected: ok
""",
        ["7:39 E-FLW-002", "7:49 E-FLW-003"],
    ),
    "join of too many": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps: [{join: 3, parallel: [{steps: [{approve: a, by: creator}]}, {steps: [{approve: b, by: creator}]}]}]
    on_approved: ok
    on_rejected: ok
""",
        ["7:14 E-FLW-004"],
    ),
    "hidden arms": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, go: {start: f}}}
flows:
  f:
    of: order
    steps:
      - branch:
          - {steps: [{approve: a, by: creator}]}
          - {when: qty > 3, steps: [{approve: b, by: creator}]}
    on_approved: ok
    on_rejected: ok
""",
        ["9:13 E-FLW-005"],
    ),
    "nobody approves and no end": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {go: {start: f}}}
flows:
  f: {of: order, steps: [{cc: creator}]}
""",
        ["5:6 E-FLW-010", "5:6 E-FLW-011"],
    ),
    "ends in an action of people": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {}, go: {start: f}}}
flows:
  f: {of: order, steps: [{approve: a, by: creator}], on_approved: ok, on_rejected: okk}
""",
        ["3:46 E-FLW-012", "5:84 E-REF-009"],
    ),
    "ends where the record is not": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {draft: Draft, waiting: Waiting, done: {final: true}}
    actions:
      submit: {from: draft, to: waiting, start: f}
      approve: {from: draft, to: done, by: flow}
      reject: {from: waiting, to: draft, by: flow}
flows:
  f: {of: order, steps: [{approve: a, by: creator}], on_approved: approve, on_rejected: reject}
""",
        ["8:7 E-FLW-013"],
    ),
    "flow of another object": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}}}
  quote: {fields: {qty: quantity}, actions: {go: {start: f}}}
flows:
  f: {of: order, steps: [{approve: a, by: creator}], on_approved: ok, on_rejected: ok}
""",
        ["4:46 E-FLW-014"],
    ),
    "never started": (
        """\
app: shop
objects:
  order: {fields: {qty: quantity}, actions: {ok: {by: flow}, late: {by: flow}}}
flows:
  f: {of: order, steps: [{approve: a, by: creator}], on_approved: ok, on_rejected: ok}
access: {any: {everyone: full}}
""",
        ["3:62 W-ACT-001", "5:6 W-FLW-001"],
    ),
    "raised by no check": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    checks: [{that: qty < 9, else: approve, called: much}]
    actions: {ok: {by: flow}, go: {start: f}}
flows:
  f: {of: order, steps: [{approve: a, by: creator, when: raised(mch)}], on_approved: ok, on_rejected: ok}
""",
        ["8:58 E-CHK-002"],
    ),
    "two results of one formula": (
        """\
app: shop
objects: {order: {fields: {qty: quantity}}}
decisions:
  d: {inputs: {a: integer}, gives: {x: integer, y: integer}, formula: a}
  e: {inputs: {a: integer}, gives: integer}
""",
        ["4:62 E-DEC-001", "5:6 E-DEC-002"],
    ),
    "cells that do not fit": (
        """\
app: shop
objects: {order: {fields: {qty: quantity}}}
decisions:
  d:
    inputs: {days: integer, kind: text}
    gives: {level: integer, fee: money}
    rows: [[1, a, 2], [{a: 1}, =x, 1, 2], [many, a, 1, 2]]
    otherwise: 3
""",
        ["7:12 E-DEC-003", "7:24 E-DEC-003", "7:32 E-DEC-003", "7:44 E-VAL-001", "8:16 E-DEC-003"],
    ),
    "parameter hides a field": (
        """\
app: shop
objects: {order: {fields: {qty: quantity}}}
reports:
  r: {from: order, params: {qty: quantity}, show: {qty: qty}, sort: [qyt]}
""",
        ["4:29 E-QST-001", "4:70 E-REF-012"],
    ),
    "report as the rows of a source": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, mine: {type: link, to: order, from: r}}
reports:
  r: {from: order, show: {qty: qty}}
  r2: {from: r where qty > 1, show: {qty: qty}}
""",
        ["4:65 E-LNK-003", "4:65 E-QST-004", "7:14 E-QST-004"],
    ),
    "report as rows inside of expressions": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity, many: {formula: count(r)}, most: {formula: max(r.qtty)}}
    checks: [{that: exists(all r where qty > 'a'), say: none}]
reports:
  r: {from: order, show: {qty: qty}}
""",
        ["4:78 E-NAM-002", "5:44 E-TYP-008"],
    ),
    "what expressions may name later": (
        """\
app: shop
roles: {boss: Boss}
users: {fields: {limit: integer, name: text, region: texte}}
objects:
  order:
    fields:
      qty: {type: integer, max: me.limit, min: me.limt}
      long: {formula: "sum(stays where state = 'opn', time)"}
      who: {formula: first(steps where step = 'x' sort -since).actr}
      next: {formula: "forecast(qty, month, 3)"}
    states: {open: Open, done: {name: Done, final: true}}
    actions: {finish: {from: open, to: done, by: flow}, ask: {from: open, to: open, start: check}}
  plain: {fields: {x: {formula: count(stays)}}}
flows: {check: {of: order, steps: [{approve: boss, by: role(boss)}], on_approved: finish, on_rejected: finish}}
reports:
  held: {from: order.stays where sinse > today(), show: {state: state, by: by.nme}}
  both: {from: "pairs(order, qty)", show: {a: a}}
  met: {from: "pairs(order, qty, creatr)", show: {a: a}}
  seen: {from: "pairs(order, qty, creator)", show: {a: a, c: c}}
  ahead: {from: order, show: {n: "forecast(qty, moon, 3)", p: share(qty), r: running(p), o: running(1 + share(qty))}}
access: {any: {boss: full}}
""",
        [
            "3:1 N-INACTIVE", "3:40 E-FLD-003", "3:54 E-REF-001", "7:51 E-NAM-002", "8:48 E-NAM-007", "9:64 E-NAM-002",
            "10:24 E-TYP-017", "13:39 E-NAM-001", "16:34 E-NAM-001", "17:17 E-TYP-004", "18:34 E-NAM-001",
            "19:62 E-NAM-001", "20:49 E-SYN-014", "20:93 E-TYP-019",
        ],
    ),
    "what expressions name is noted once": (
        """\
app: shop
roles: {boss: Boss}
users: {fields: {limit: integer}}
objects:
  order:
    fields:
      qty: {type: integer, max: me.limit, min: me.limit - 5}
      long: {formula: "sum(stays where state = 'open', time)"}
      late: {formula: "max(stays where state = 'done', time)"}
      who: {formula: first(steps where step = 'boss' sort -since).actor}
      many: {formula: count(per)}
    states: {open: Open, done: {name: Done, final: true}}
    actions: {finish: {from: open, to: done, by: flow}, ask: {from: open, to: open, start: check}}
flows: {check: {of: order, steps: [{approve: boss, by: role(boss)}], on_approved: finish, on_rejected: finish}}
reports:
  per: {from: order, by: {state: state}, show: {n: count()}}
  held: {from: order.stays where since > today(), by: {state: state}, show: {n: median(time), m: max(parent.qty)}}
  both: {from: "pairs(order where qty > 1, qty, creator)", show: {a: a, n: count, up: lift}, having: n > 1}
  next: {from: order, by: {day: month_start(created_at)}, show: {n: "forecast(sum(qty), month, 3)"}}
access: {any: {boss: full}}
menu: [order, per, held, both, next]
""",
        [
            "3:1 N-INACTIVE", "7:48 N-INACTIVE", "8:28 N-INACTIVE", "10:28 N-INACTIVE", "11:29 N-INACTIVE",
            "18:17 N-INACTIVE", "19:70 N-INACTIVE",
        ],
    ),
    "alert per of an object": (
        """\
app: shop
objects: {order: {fields: {qty: quantity}}}
alerts:
  a: {over: order, per: qty, when: qty > 3, say: much, to: creator}
""",
        ["4:20 E-QST-002"],
    ),
    "card of no report": (
        """\
app: shop
objects: {order: {fields: {qty: quantity}}}
dashboards:
  d: {cards: [{bar: reprt}, {list: ordr}, {number: count(order), format: mony}]}
reports:
  report: {from: order, show: {qty: qty}}
""",
        ["4:21 E-REF-013", "4:36 E-REF-002", "4:74 E-REF-001"],
    ),
    "formats that fit no value": (
        """\
app: shop
objects: {order: {fields: {qty: quantity, day: date, code: text}}}
reports:
  r:
    from: order
    show:
      a: {value: qty, format: 0.0%}
      b: {value: qty, format: yyyy-MM}
      c: {value: day, format: percent}
      d: {value: code, format: text}
      e: {value: qty, format: percnt}
      f: {value: day, format: yyyy年M月}
documents: {p: {of: order, body: [{table: {of: all order, columns: {a: {value: day, format: "0.0"}}}}]}}
""",
        ["8:31 E-CRD-004", "9:31 E-CRD-004", "10:32 E-CRD-004", "11:31 E-REF-001", "13:93 E-CRD-004"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
