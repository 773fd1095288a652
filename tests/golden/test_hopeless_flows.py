"""What the checker says about flows that cannot be meant as they are written: input, places, codes."""

from __future__ import annotations

from tests.golden.marks import marks

FLOWS = """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    states: {draft: {}, waiting: {}, done: {final: true}}
    actions:
      go: {from: draft, to: waiting, start: f}
      ok: {from: waiting, to: done, by: flow}
      no: {from: waiting, to: draft, by: flow}
  part: {fields: {order: {type: link, to: order, back: parts}}, actions: {take: {by: flow}, look: {start: g}}}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: creator, choose: {among: creator}, on_reject: {goto: a}}
      - {approve: b, by: chosen(a), choose: {among: creator}}
      - {approve: c, by: [creator, chosen(d)], opinion: true, due: {in: 1 day, then: approve}}
      - {handle: d, by: creator, due: {in: 1 day, then: reject}}
      - branch:
          - {when: qty > 3, steps: [{end: branch}]}
          - {when: qty > 2, steps: []}
      - branch:
          - {when: qty > nosuch, steps: []}
          - else: []
      - {approve: h, by: chosen(h), choose: {min: 3, max: 2}}
      - {subflow: g, each: parts}
      - {delete: this}
      - {end: rejected}
    on_approved: ok
    on_rejected: no
  g: {of: part, steps: [{approve: e, by: creator}], on_approved: take}
"""


def test_branches_without_an_else_choices_that_nobody_reads_and_ends_that_never_come() -> None:
    assert marks(FLOWS) == [
        "15:9 E-FLW-019", "15:9 E-FLW-029",
        "16:9 E-FLW-029",
        "17:9 E-FLW-032", "17:36 E-FLW-029",
        "18:9 E-FLW-032",
        "20:11 E-FLW-028", "20:37 E-FLW-030",
        "23:26 E-NAM-001",
        "25:9 E-FLW-029",
        "27:9 E-FLW-015",
        "28:9 E-FLW-031",
        "31:6 E-FLW-011",
    ]


HABITS = """\
app: shop
languages: [en]
roles: {boss: Boss}
objects:
  order:
    fields: {qty: integer, why: text}
    states: {draft: {}, waiting: {}, done: {final: true}}
    actions:
      go: {from: draft, to: waiting, start: f}
      ok: {from: waiting, to: done, by: flow}
      no: {from: waiting, to: draft, by: flow}
      fill: {from: draft, do: [{set: {why: "{qty} pieces"}}, {set: {why: "{other} {"}}]}
flows:
  f:
    of: order
    steps:
      - {approve: a, by: creator, on_reject: {goto: b}, due: {in: 2 days, remind: [-3 days, -2 days, -1 day, -1 month]}}
      - {approve: b, by: creator, on_reject: {goto: c}}
      - branch:
          - {when: false, steps: [{approve: c, by: creator, on_reject: {goto: a}}]}
          - else: []
      - {approve: d, by: role(boss), mode: vote, need: 2}
      - {approve: e, by: role(boss), need: 2, on_reject: {goto: d}}
      - {parallel: [{when: true, steps: [{approve: g, by: creator, when: false}]}, {steps: []}]}
    on_approved: ok
    on_rejected: no
access: {any: {boss: full}}
samples:
  people: {li: {role: boss}}
  departments: {north: {}}
"""


def test_what_is_written_by_habit_is_told_once_and_where_it_stands() -> None:
    wrong = ["17:9 E-FLW-019", "17:84 E-FLW-033", "17:93 E-FLW-033", "18:9 E-FLW-019"]
    assert marks(HABITS) == [
        "12:44 W-STP-003", *wrong, "22:44 E-KEY-004", "23:38 E-FLW-002", "29:11 E-KEY-003", "30:16 E-KEY-003",
    ]
    mended = HABITS.replace("mode: vote", "mode: count").replace("{li: {role: boss}}", "{id: li, role: boss}")
    mended = mended.replace("{north: {}}", "north").replace(", need: 2, on_reject", ", on_reject")
    mended = mended.replace("goto: b", "goto: d").replace("on_reject: {goto: c}", "on_reject: {goto: a}")
    mended = mended.replace("[-3 days, -2 days, ", "[")
    assert marks(mended) == ["12:44 W-STP-003", "20:20 W-CON-001", "24:28 W-CON-002"]
