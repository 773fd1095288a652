"""The way out that a message names where somebody writes what other systems, or people, would understand."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of
from engine.errors import Problem
from tests.trials.leave import APP

APART = APP.partition("tests:\n")[0]
THAT, UNIQUE = "that: days < 40", "unique: true"
MONEY, SEE, ALERTS = "price: money", "{see: true}", "alerts:\n"
FLOW = "steps: [{approve: boss, by: role(boss), when: days > 1}]"


def changed(old: str, new: str) -> list[Problem]:
    """The errors of the app with one thing written otherwise."""
    assert old in APART
    return [one for one in problems_of(APART.replace(old, new, 1)) if one.severity == "error"]


@pytest.mark.parametrize(
    ("old", "new", "code", "hint"),
    [
        (THAT, 'that: "state in (draft, waiting)"', "E-SYN-003", "`[draft, waiting]`"),
        (THAT, "that: \"creator = 'me'\"", "E-TYP-008", "`me` without quotes"),
        (THAT, "that: \"creator = '李敏'\"", "E-TYP-008", "by their login"),
        (THAT, "that: \"creator in ['ann', 'me']\"", "E-TYP-008", "`me` without quotes"),
        (SEE, "{read: true}", "E-REF-009", "write `see`"),
        (SEE, "{update: true}", "E-REF-009", "write `edit`"),
        (MONEY, "price: {type: money, currency: SFr}", "E-VAL-001", "`CHF`"),
        (MONEY, "price: {type: money, currency: RMB}", "E-VAL-001", "`CNY`"),
        ("app: leave", "app: leave\ncurrency: SFr", "E-APP-006", "`CHF`"),
        (UNIQUE, "unique: True", "E-KEY-006", "write `true`"),
        (UNIQUE, "unique: NO", "E-KEY-006", "write `false`"),
        (UNIQUE, "unique: on", "E-KEY-006", "write `true`"),
        (MONEY, "price: {type: dropdown}", "E-REF-001", "`choice` with `options`"),
        (MONEY, "price: {type: reference}", "E-REF-001", "`link` with `to`"),
        (MONEY, "price: {type: number}", "E-REF-001", "`decimal` or `integer`"),
        (MONEY, "price: {type: str}", "E-REF-001", "write `text`"),
        (MONEY, "price: {type: money, label: Price}", "E-KEY-001", "write `name`"),
        (MONEY, "price: {type: integer, min_length: 3}", "E-KEY-001", "write `min`"),
        (MONEY, "price: {type: text, min: 3}", "E-KEY-009", "write `min_length`"),
        (MONEY, "price: {type: text, pattern: [A-Z]+}", "E-YAML-001", "a text that begins with `[` needs quotes"),
        (MONEY, "price: {type: autonumber, format: 'A{YYYY}{seq:4}'}", "E-REF-003", "write `{yyyy}`"),
        (MONEY, "price: {type: boolean, default: yes}", "E-VAL-001", "write `true`"),
    ],
)
def test_the_way_out_is_named(old: str, new: str, code: str, hint: str) -> None:
    found = changed(old, new)[0]
    assert found.code == code
    assert hint in found.hint


ORDERS = """\
app: shop
objects:
  order:
    fields: {date: date, day: date, lines: {type: lines, fields: {qty: decimal}}, total: {FORMULA}}
    posts: [{to: sold, each: lines, dated: DATED, add: {qty: qty}}]
registers: {sold: {measures: {qty: decimal}}}
access: {any: {everyone: full}}
"""


def test_a_list_where_one_value_is_wanted() -> None:
    text = ORDERS.replace("DATED", "parent.day").replace("FORMULA", "formula: lines.qty")
    [found] = [one for one in problems_of(text) if one.code == "E-FLD-002"]
    assert "write `sum(lines.qty)`" in found.hint


def test_a_name_of_the_record_at_one_of_its_lines() -> None:
    text = ORDERS.replace("DATED", "day").replace("FORMULA", "formula: sum(lines.qty)")
    [found] = [one for one in problems_of(text) if one.code == "E-NAM-001"]
    assert found.hint == "it belongs to the record of the line: write `parent.day`"


ROOMS = """\
app: rooms
objects:
  room:
    fields:
      kind: {type: choice, options: [small, very_large]}
    views: {all: {list: [kind], sort: kind desc}}
    access: {everyone: full}
"""


def test_the_ways_out_of_a_first_try() -> None:
    """Each mistake once: that the options are missing follows from their being a list."""
    assert [(one.code, one.hint) for one in problems_of(ROOMS) if one.severity == "error"] == [
        ("E-KEY-003", "write `{small: Small, very_large: Very large}`"),
        ("E-KEY-007", "write `-kind`"),
        ("E-KEY-001", "access stands at the top of the app: `access: {OBJECT: {ROLE: full}}`"),
    ]


def test_a_list_begins_a_text_on_lines_of_their_own() -> None:
    [found] = problems_of("app: a\nobjects:\n  b:\n    fields:\n      c:\n        pattern: [A-Z]+\n")
    assert "a text that begins with `[` needs quotes" in found.hint
    [found] = problems_of("app: a\nobjects:\n  b:\n    name: A: b\n    fields: {c: text}\n")
    assert found.message.startswith("`A: b` holds a colon")
    assert found.hint.endswith('name: "A: b"')


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("daily at 8", "day at 08:00"),
        ("monday 9am", "monday at 09:00"),
        ("Weekdays at 5.30 pm", "working day at 17:30"),
        ("weekly", "monday at 08:00"),
        ("hourly", "1 hour"),
        ("every day at 12 am", "day at 00:00"),
        ("monthly at 7:15", "month day 1 at 07:15"),
    ],
)
def test_a_schedule_near_the_spelling_is_told_right(written: str, meant: str) -> None:
    tick = f"automations:\n  tick: {{every: {written}, do: [{{create: request, with: {{days: 1}}}}]}}\n{ALERTS}"
    [found] = changed(ALERTS, tick)
    assert (found.code, found.hint) == ("E-AUT-001", f"write `{meant}`")
    assert changed(ALERTS, tick.replace(written, meant)) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (FLOW, FLOW.replace("role(boss)", "role(bos)"), "E-REF-004"),
        (FLOW, FLOW.replace("approve", "approv"), "E-KEY-008"),
        ("on_approved: grant", "on_approved: grnt", "E-REF-009"),
        ("to: waiting, start", "to: wating, start", "E-REF-008"),
    ],
)
def test_one_wrong_name_is_one_problem(old: str, new: str, code: str) -> None:
    assert [one.code for one in changed(old, new)] == [code]


def test_what_is_missing_is_told_where_nothing_is_wrong() -> None:
    assert [one.code for one in changed("    on_approved: grant\n", "")] == ["E-FLW-011"]
