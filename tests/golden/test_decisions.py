"""What the checker says about tables of decisions: input, places, codes, and the cases that it names."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of
from tests.golden import marks as golden

HEAD = """\
app: shop
languages: [en]
access: {any: {everyone: full}}
objects: {order: {fields: {a: decimal}}}
decisions:
  fee_of:
    inputs: {kind: {type: choice, options: {x: X, y: Y}}, weight: decimal, count: {type: integer, min: 0, max: 20}}
    gives: money
"""
CASES = {
    "a case without a row": (
        '    rows: [[x, "<= 5", any, 1], [y, any, any, 2]]\n',
        ["9:5 W-DEC-001"],
        "no row fits kind = x, weight = 6, count = 0",
    ),
    "a case between two rows": (
        '    rows: [[any, "<= 5", any, 1], [any, ">= 6", any, 2]]\n',
        ["9:5 W-DEC-001"],
        "no row fits kind = x, weight = 5.5, count = 0",
    ),
    "whole numbers leave nothing between": (
        '    rows: [[any, any, 0..5, 1], [any, any, ">= 6", 2]]\n',
        [],
        "",
    ),
    "the bounds of an input count": (
        "    rows: [[any, any, 0..20, 1]]\n",
        [],
        "",
    ),
    "otherwise covers the rest": (
        '    rows: [[x, "<= 5", any, 1]]\n    otherwise: 0\n',
        [],
        "",
    ),
    "a row that another one covers": (
        '    rows: [[any, "<= 5", any, 1], [x, "< 3", any, 2], [any, "> 5", any, 3]]\n',
        ["9:35 W-DEC-002"],
        "",
    ),
    "a row that several cover together": (
        '    rows: [[x, "<= 5", any, 1], [x, "> 5", any, 2], [x, 3..9, any, 3], [y, any, any, 4]]\n',
        ["9:53 W-DEC-002"],
        "",
    ),
    "the same row twice": (
        "    rows: [[x, any, any, 1], [y, any, any, 2], [x, any, any, 1]]\n",
        ["9:48 W-DEC-002"],
        "",
    ),
    "a row for what is blank": (
        '    rows: [[any, "<= 5", any, 1], [any, "> 5", any, 2], [any, blank, any, 3]]\n',
        [],
        "",
    ),
    "rows that fit at once": (
        '    hit: only\n    rows: [[any, "<= 5", any, 1], [x, ">= 5", any, 2], [y, "> 5", any, 3]]\n',
        ["10:35 W-DEC-003"],
        "this row and the one in line 10 both fit kind = x, weight = 5, count = 0",
    ),
    "a range the wrong way round": (
        "    rows: [[any, 9..6, any, 1]]\n",
        ["9:18 E-DEC-004"],
        "",
    ),
    "a list of several results": (
        "    hit: all\n    rows: [[any, any, any, 1]]\n",
        ["9:5 E-DEC-001"],
        "",
    ),
}

PRICES = """\
app: shop
languages: [en]
access: {any: {everyone: full}}
objects:
  customer: {fields: {name: text}}
  rule: {fields: {customer: {type: link, to: customer}, least: decimal, price: money, words: tags}}
decisions:
  fee_of:
    inputs: {customer: {type: link, to: customer}, qty: decimal}
    gives: money
"""
RECORDS = {
    "sound": (
        "    from: rule as r where price > 0\n    match: {customer: equal, least: {up_to: qty + 1}}\n"
        "    when: r.price > qty\n    prefer: [customer, -least]\n    give: price\n",
        [],
    ),
    "no records": (
        "    from: rule.price\n    give: price\n",
        ["11:5 E-DEC-005"],
    ),
    "no such object": (
        "    from: rool\n    give: price\n",
        ["11:11 E-NAM-001"],
    ),
    "no such column, test or input": (
        "    from: rule\n    match: {custom: equal, customer: equals, least: up_to, price: {up_to: amount}}\n"
        "    give: price\n",
        ["12:13 E-REF-003", "12:38 E-DEC-005", "12:53 E-DEC-005", "12:75 E-NAM-001"],
    ),
    "unlike things": (
        "    from: rule\n    match: {customer: {equal: qty}, least: {at_least: customer}}\n    give: customer\n",
        ["12:31 E-TYP-008", "12:55 E-TYP-008", "13:11 E-TYP-007"],
    ),
    "nothing given": (
        "    gives: {fee: money, kind: text}\n    from: rule\n    give: {fee: =qty}\n",
        ["12:11 E-DEC-005"],
    ),
    "several given as one": (
        "    gives: {fee: money, kind: text}\n    from: rule\n    give: price\n",
        ["12:11 E-DEC-005"],
    ),
    "several given by fields of the record": (
        "    gives: {fee: money, kind: text}\n    from: rule\n    give: {fee: price, kind: =customer.name}\n",
        [],
    ),
    "a field of another sort for one of several": (
        "    gives: {fee: money, kind: text}\n    from: rule\n    give: {fee: customer, kind: fixed}\n",
        ["12:17 E-TYP-007"],
    ),
    "an unknown preference": (
        "    from: rule\n    prefer: [customer, -size]\n    give: price\n",
        ["12:24 E-REF-003"],
    ),
}


def marks(text: str) -> list[str]:
    """The places and codes; that nothing calls the decision is left out."""
    return [mark for mark in golden.marks(text) if not mark.endswith("W-USE-001")]


@pytest.mark.parametrize("name", RECORDS)
def test_problems_of_decisions_over_records(name: str) -> None:
    rest, expected = RECORDS[name]
    head = PRICES.replace("    gives: money\n", "") if "gives:" in rest else PRICES
    assert marks(head + rest) == expected


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    rows, expected, message = CASES[name]
    head = HEAD.replace("gives: money", "gives: {a: money}") if "several results" in name else HEAD
    assert marks(head + rows) == expected
    assert message in "".join(problem.message for problem in problems_of(head + rows))
