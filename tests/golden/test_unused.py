"""What the checker says about what nobody uses, sees, fills or takes: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

OPEN = "access: {any: {everyone: full}}\n"
CASES = {
    "roles": (
        "app: shop\nlanguages: [en]\n"
        "roles:\n  clerk: Clerk\n  boss: {en: Boss, includes: [clerk]}\n  guest: Guest\n  judge: Judge\n"
        "objects: {order: {fields: {a: text}, checks: [{that: \"has_role(me, judge)\"}]}}\n"
        "access: {any: {everyone: see, boss: full}}\n",
        ["6:3 W-USE-001"],
    ),
    "a role that includes one that is used": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: {en: Boss, includes: [clerk]}}\n"
        "objects: {order: {fields: {a: text}}}\naccess: {any: {clerk: full}}\n",
        [],
    ),
    "types and abstract objects": (
        "app: shop\nlanguages: [en]\ntypes: {code: text, size: decimal}\n"
        "objects:\n  paper: {abstract: true, fields: {a: text}}\n  note: {abstract: true, fields: {b: text}}\n"
        "  order: {like: paper, fields: {no: code}}\n" + OPEN,
        ["3:21 W-USE-001", "6:3 W-USE-001"],
    ),
    "decisions and their inputs": (
        "app: shop\nlanguages: [en]\n"
        "objects: {order: {fields: {a: integer, b: {formula: \"twice(a, a)\"}}}}\n"
        "decisions:\n  twice: {inputs: {n: integer, m: integer}, gives: integer, formula: n * 2}\n"
        "  thrice: {inputs: {n: integer}, gives: integer, formula: n * 3}\n" + OPEN,
        ["5:32 W-USE-001", "6:3 W-USE-001"],
    ),
    "reports and their parameters": (
        "app: shop\nlanguages: [en]\nobjects: {order: {fields: {a: integer}}}\nmenu: [order, sums]\n"
        "reports:\n  sums: {from: order where a > least, params: {least: integer, most: integer}, show: {a: a}}\n"
        "  lost: {from: order, show: {a: a}}\n" + OPEN,
        ["6:64 W-USE-001", "7:3 W-USE-001"],
    ),
    "names that checks raise and steps give": (
        "app: shop\nlanguages: [en]\n"
        "objects:\n  order:\n    fields: {a: integer}\n"
        "    checks: [{that: a > 1, else: approve, called: low}]\n"
        "    actions: {copy: {do: [{create: order, with: {a: =a}, called: made}, "
        "{create: order, called: other}, {update: other, with: {a: 2}}]}}\n" + OPEN,
        ["6:14 W-USE-001", "7:27 W-USE-001"],
    ),
    "a register that nobody may see": (
        "app: shop\nlanguages: [en]\n"
        "objects: {order: {fields: {a: integer}, posts: [{to: sums, keys: {k: a}, add: {n: a}}]}}\n"
        "registers: {sums: {keys: {k: integer}, measures: {n: integer}}}\n"
        "access: {order: {everyone: full}}\n",
        ["4:19 W-ACC-002"],
    ),
    "a title that tells what is hidden": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: Boss, both: {en: Both, includes: [clerk]}}\n"
        "objects:\n  order: {title: \"{a} {b}\", fields: {a: text, b: text}}\n"
        "  note: {title: \"{a}\", fields: {a: text, b: text}}\n"
        "access:\n  order: {boss: full, clerk: {see: [a], edit: true}}\n"
        "  note: {boss: full, clerk: {see: true, hide: [b]}, both: {see: [b]}}\n",
        ["5:10 W-ACC-008"],
    ),
    "fields that are edited unseen": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: {en: Boss, includes: [clerk]}}\n"
        "objects: {order: {fields: {a: text, b: text}}}\n"
        "access:\n  order:\n    everyone: {see: [a]}\n    clerk: {edit: [a]}\n"
        "    boss: {see: true, hide: [b], edit: [a, b]}\n",
        ["4:18 W-ACC-004", "9:11 W-ACC-009"],
    ),
    "fields that are asked of who never sees them": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: Boss}\n"
        "objects:\n  order:\n    fields: {a: text, b: text, rows: {type: lines, fields: {x: text, y: text}}}\n"
        "    states: {open: Open, told: {en: Told, final: true}}\n"
        "    actions: {tell: {from: open, to: told, ask: [a, b]}, count: {from: open, to: told, ask: [rows]}}\n"
        "access:\n  order:\n    boss: full\n    clerk: {see: [a, rows.x], tell: true, count: true}\n",
        ["12:12 W-ACC-010"],
    ),
    "fields that nobody may see": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: Boss}\n"
        "objects:\n  order: {fields: {a: text, b: text, c: text, rows: {type: lines, fields: {x: text, y: text}}}}\n"
        "access: {order: {clerk: {see: [a, rows.x]}, boss: {see: true, edit: true, hide: [b, rows.y]}}}\n",
        ["5:10 W-ACC-004"],
    ),
    "actions that nobody may take": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: Boss, head: {en: Head, includes: [boss]}}\n"
        "objects:\n  order:\n    fields: {a: integer}\n    actions:\n"
        "      never: {by: nobody, set: {a: 1}}\n"
        "      inside: {by: nobody, set: {a: 2}}\n"
        "      outer: {by: role(clerk), do: [{act: inside}]}\n"
        "      apart: {by: role(clerk), set: {a: 3}}\n"
        "      theirs: {by: role(boss), set: {a: 4}}\n"
        "      free: {set: {a: 5}}\n"
        "access: {order: {clerk: see, head: {see: true, apart: true}}}\n",
        ["8:7 W-ACC-005", "11:7 W-ACC-005", "13:7 W-ACC-005"],
    ),
    "fields that nothing fills": (
        "app: shop\nlanguages: [en]\nroles: {clerk: Clerk, boss: Boss}\n"
        "objects:\n  order:\n    fields:\n"
        "      a: {type: text, readonly: true}\n      b: {type: text, readonly: true}\n"
        "      c: {type: text, required: true}\n      d: {type: text, required: true}\n      e: text\n"
        "    actions: {sign: {set: {b: =a}}}\n"
        "access: {order: {clerk: {see: true, create: [d, e], edit: true}, boss: see}}\n",
        ["6:5 W-ACC-006", "6:5 W-FLD-002"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
