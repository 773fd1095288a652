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
