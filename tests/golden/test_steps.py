"""What the checker says about steps, actions over lines, automations and alerts: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "steps that are not active are checked": (
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
          - {move: linse, to: this}
          - {merge: this, into: qty}
          - {anonymise: this, unless: qty}
          - {allocate: {each: lines, amount: fre, over: place, limit: seats + got, set: {seats: =part, got: 1}}}
          - {route: {start: mail, stops: lines, place: site.nam, set: {got: =position, qty: 1}}}
access: {any: {everyone: full}}
""",
        [
            "12:14 N-INACTIVE", "12:41 E-REF-016", "12:53 E-VAL-004", "12:69 E-NAM-001", "13:14 N-INACTIVE",
            "13:54 E-NAM-001", "14:14 N-INACTIVE", "14:22 E-SYN-014", "15:14 N-INACTIVE", "15:21 E-REF-010",
            "16:14 N-INACTIVE", "16:19 E-REF-016", "17:14 N-INACTIVE", "17:20 E-REF-003", "18:14 N-INACTIVE",
            "18:33 E-VAL-004", "19:14 N-INACTIVE", "19:39 E-TYP-007", "20:14 N-INACTIVE", "20:46 E-NAM-001",
            "20:79 E-NAM-001", "20:104 E-REF-003", "21:14 N-INACTIVE", "21:61 E-NAM-002", "21:88 E-REF-003",
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
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
