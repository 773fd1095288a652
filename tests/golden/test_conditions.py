"""What the checker says about conditions that cannot fail, cannot hold, or hide others: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

ORDER = """\
app: shop
languages: [en]
roles: {boss: {en: Boss}}
access: {any: {everyone: full, boss: see}}
objects:
  order:
    fields: {a: decimal, b: integer, kind: {type: choice, options: {x: X, y: Y}}, day: date}
"""
STATES = """\
    states: {draft: Draft, waiting: Waiting, done: {final: true, en: Done}}
    actions:
      submit: {from: draft, to: waiting, start: approval}
      grant: {from: waiting, to: done, by: flow}
      refuse: {from: waiting, to: draft, by: flow}
flows:
  approval:
    of: order
    on_approved: grant
    on_rejected: refuse
    steps:
"""
CASES = {
    "always an error": (
        ORDER + '    checks: [{that: "a > 1 + b / (2 - 2)"}]\n',
        [],
    ),
    "a constant part that is an error": (
        ORDER + '    checks: [{that: "a > 1 / 0"}, {that: "iferror(1 / 0, 1) = a"}]\n',
        ["8:26 E-CON-001"],
    ),
    "a check that nothing passes": (
        ORDER + '    checks: [{that: "a > 5 and a < 3"}]\n',
        ["8:22 W-CON-001"],
    ),
    "a check that everything passes": (
        ORDER + '    checks: [{that: "a > b or not a > b"}]\n',
        ["8:22 W-CON-002"],
    ),
    "checks that exclude each other": (
        ORDER + '    checks: [{that: a > b}, {that: kind = \'x\'}, {that: "b - a >= 0"}]\n',
        ["8:57 W-CON-004"],
    ),
    "a check of an action that those of the object exclude": (
        ORDER + "    checks: [{that: day > date(2026, 1, 1)}]\n".replace("{that: ", '{that: "').replace("1)}", '1)"}')
        + '    actions: {close: {checks: [{that: "day <= date(2025, 1, 1)"}]}}\n',
        ["9:40 W-CON-004"],
    ),
    "no whole number between": (
        ORDER + '    checks: [{that: "b > 5 and b < 6"}, {that: "a > 5 and a < 6"}]\n',
        ["8:22 W-CON-001"],
    ),
    "an option and another one": (
        ORDER + "    checks: [{that: \"kind = 'x'\", when: \"kind = 'x' and kind != 'x'\"}]\n",
        ["8:42 W-CON-001"],
    ),
    "below the least value": (
        ORDER.replace("a: decimal", "a: {type: decimal, min: 10}") + "    checks: [{that: a != 3, when: a < 5}]\n",
        ["8:35 W-CON-001"],
    ),
    "an action that its state rules out": (
        ORDER
        + "    states: {draft: Draft, done: {final: true, en: Done}}\n"
        + "    actions: {finish: {from: draft, to: done, when: \"state = 'done'\"}}\n",
        ["9:54 W-CON-001"],
    ),
    "a derived state behind one that takes all its cases": (
        ORDER
        + "    states:\n"
        + "      open: Open\n"
        + "      large: {within: open, when: a > 5, en: Large}\n"
        + "      huge: {within: open, when: a > 50, en: Huge}\n"
        + "      small: {within: open, when: a > 0, en: Small}\n",
        ["11:34 W-CON-003"],
    ),
    "a step that is never taken": (
        ORDER + STATES + '      - {approve: boss, by: role(boss), when: "a < 0 and a > 10"}\n',
        ["19:48 W-CON-001"],
    ),
    "a step that its arm rules out": (
        ORDER
        + STATES
        + "      - branch:\n"
        + "          - {when: a > 100, steps: [{approve: boss, by: role(boss), when: a < 50}]}\n"
        + "          - {else: [{approve: other, by: role(boss), when: a > 200}]}\n",
        ["20:75 W-CON-001", "21:60 W-CON-001"],
    ),
    "a step behind an approval, which takes time": (
        ORDER
        + STATES
        + "      - branch:\n"
        + "          - {when: a > 100, steps: [{approve: boss, by: role(boss)}, {cc: role(boss), when: a < 50}]}\n"
        + "          - {else: []}\n",
        [],
    ),
    "an arm behind one that takes all its cases": (
        ORDER
        + STATES
        + "      - branch:\n"
        + "          - {when: a > 10, steps: [{approve: boss, by: role(boss)}]}\n"
        + "          - {when: a > 100, steps: [{approve: other, by: role(boss)}]}\n"
        + "          - {else: [{approve: third, by: role(boss)}]}\n",
        ["21:20 W-CON-003"],
    ),
    "an else that is never reached": (
        ORDER
        + STATES
        + "      - branch:\n"
        + "          - {when: a is blank or a <= 10, steps: [{approve: boss, by: role(boss)}]}\n"
        + "          - {when: a > 10, steps: [{approve: other, by: role(boss)}]}\n"
        + "          - {else: [{approve: third, by: role(boss)}]}\n",
        ["19:9 W-CON-003"],
    ),
    "a condition that nobody asks": (
        """\
app: shop
roles: {boss: Boss}
objects:
  order:
    fields: {qty: integer}
    actions:
      go: {start: f}
      ok: {by: flow, when: qty > 0}
      no: {by: [flow, role(boss)], when: qty > 0}
      so: {by: flow, checks: [{that: qty > 0, say: none}]}
flows:
  f: {of: order, steps: [{approve: a, by: creator}], on_approved: ok, on_rejected: so}
access: {order: {boss: full}}
""",
        ["8:7 E-FLW-027"],
    ),
    "a guard that nothing breaks, and alerts that guards keep quiet": (
        ORDER
        + "    posts: [{to: stock, keys: {kind: kind}, add: {held: a, sold: b}}]\n"
        + "registers:\n"
        + "  stock:\n"
        + "    keys: {kind: text}\n"
        + "    measures: {held: decimal, sold: decimal}\n"
        + "    formulas: {free: held - sold}\n"
        + "    guards: [{that: free >= 0}, {that: held + sold >= sold + held}]\n"
        + "alerts:\n"
        + "  short: {over: stock, per: kind, when: held < sold, say: Short, to: role(boss)}\n"
        + "  low: {over: stock, per: kind, when: free < 5, say: Low, to: role(boss)}\n",
        ["14:40 W-CON-002", "16:41 W-CON-001"],
    ),
    "a grant that never counts": (
        ORDER.replace("{any: {everyone: full,", '{any: {everyone: {see: "a > 1 and a < 0"},'),
        ["4:33 W-CON-001"],
    ),
    "a key figure of several values": (
        """\
app: shop
objects:
  order: {fields: {lines: {type: lines, fields: {qty: quantity}}}, figures: {sizes: lines.qty}}
access: {any: {everyone: full}}
""",
        ["3:85 E-FIG-001"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
