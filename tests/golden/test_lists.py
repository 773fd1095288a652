"""What the checker says about rules that lists are read by, and about steps that create: input, places, codes."""

from __future__ import annotations

import pytest

from engine.definitions.compile import problems_of
from engine.expressions.beyond import Candidate, beyond
from engine.expressions.functions import FUNCTIONS
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from tests.expressions.tables import ORDERS, TableColumns, shop_of
from tests.expressions.test_sql import EXPRESSIONS, REFUSED
from tests.expressions.worlds import checked
from tests.golden.marks import marks

ORDER = """\
app: shop
languages: [en]
roles: {clerk: Clerk}
objects:
  customer: {key: code, fields: {code: {type: text, unique: true}, name: {type: text, required: true}, note: text}}
  order:
    fields:
      a: text
      n: decimal
      customer: {type: link, to: customer}
      day: {type: datetime, required: true, default: =now()}
      long: {formula: "n ^ 2"}
      far: {formula: "left(customer.name, 2)"}
      odd: {formula: "matches(customer.name, 'x.*')"}
      lines: {type: lines, required: true, fields: {qty: {type: decimal, required: true}, note: text}}
"""
GRANTED = "access: {customer: {clerk: full}, order: {clerk: {see: %s, create: true, edit: true}}}\n"
VIEWED = '    views: {v: {list: [a], name: V, where: "%s"}}\naccess: {any: {clerk: full}}\n'
CASES = {
    "a function": ("matches(a, 'x.*')", (1, "matches(a, 'x.*')")),
    "inside of a comparison": ("a = 'x' or n ^ 2 > 4", (12, "n ^ 2")),
    "a number beside a text": ("a & n = 'x1'", (5, "n")),
    "a moment counted on": ("day + 1 > now()", (1, "day + 1")),
    "a list of texts": ("join(lines, note) = 'a'", (1, "join(lines, note)")),
    "a live formula": ("odd and a = 'x'", (1, "odd")),
    "within rows": ("exists(lines, matches(note, 'x'))", (15, "matches(note, 'x')")),
}


@pytest.mark.parametrize(("rule", "found"), CASES.values(), ids=CASES)
def test_a_row_rule_that_no_database_runs(rule: str, found: tuple[int, str]) -> None:
    (problem,) = problems_of(ORDER + GRANTED % f'"{rule}"')
    assert (problem.code, problem.at.line, problem.width) == ("E-ACC-004", 16, len(found[1]))
    assert problem.at.column == len((GRANTED % '"').partition('"')[0]) + 1 + found[0]
    assert f"`{found[1]}`" in problem.message


@pytest.mark.parametrize("rule", [rule for rule, _ in CASES.values()])
def test_a_view_that_no_database_narrows(rule: str) -> None:
    (problem,) = problems_of(ORDER + VIEWED % rule)
    assert (problem.code, problem.at.line) == ("E-VIW-004", 16)


@pytest.mark.parametrize(
    "rule",
    [
        "creator = me", "long > 4", "far = 'ab'", "a in ['x', 'y'] and n * 2 > 3", "customer.name = 'A' or a is blank",
        "matches('abc', 'a.*') and a = 'x'", "day < now() and sum(lines.qty) > 3", "has_role(me, clerk) or n = 1",
    ],
)
def test_rules_that_the_database_runs(rule: str) -> None:
    assert marks(ORDER + GRANTED % f'"{rule}"') == marks(ORDER + VIEWED % rule) == []


# What fields of a record give to parameters of these kinds; `hour()` and its like take a time or a moment.
OWN = {
    "text": "a", "number": "n", "date": "on", "datetime": "day", "boolean": "n > 1", "any": "a", "user": "creator",
    "moment": "day",
}
IN_SQL_OTHERWISE = ("if", "concat", "concatenate", "now", "today", "has_role", "date", "role", "raised", "text")


def _calls() -> dict[str, str]:
    """A call of each function that only Python runs, over the fields of a record."""
    plain = {
        name: [param.kind for param in one.params if not param.optional]
        for name, one in FUNCTIONS.items()
        if one.form == "plain" and not (one.sql or one.coming or one.window) and name not in IN_SQL_OTHERWISE
    }
    plain |= dict.fromkeys(("hour", "minute", "second"), ["datetime"])
    known = {name: kinds for name, kinds in plain.items() if kinds and set(kinds) <= set(OWN)}
    return {name: f"{name}({', '.join(OWN[kind] for kind in kinds)}) is blank" for name, kinds in known.items()}


CALLS = _calls()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_function_of_python_alone_is_told_wherever_a_list_is_read(call: str) -> None:
    text = ORDER.replace("      a: text\n", "      a: text\n      on: date\n")
    assert [problem.code for problem in problems_of(text + GRANTED % f'"{call}"')] == ["E-ACC-004"]
    assert [problem.code for problem in problems_of(text + VIEWED % call)] == ["E-VIW-004"]


def test_many_functions_are_tried() -> None:
    assert len(CALLS) >= 25
    assert {"matches", "substitute", "upper", "working_days", "yearfrac"} <= set(CALLS)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_what_the_database_runs_is_never_refused(text: str) -> None:
    assert not list(beyond(checked(text).node, Candidate(this=True)))


@pytest.mark.parametrize("text", [text for text in REFUSED if "1 / qty" not in text])
def test_what_the_database_refuses_is_told(text: str) -> None:
    expression = checked(text)
    assert list(beyond(expression.node, Candidate(this=True)))
    with pytest.raises(NotInSql):
        expression.sql(TableColumns("order", ORDERS), Frame(shop_of([], [], [])))


STEPS = """\
    actions:
      go:
        do:
%s
access: {any: {clerk: full}}
"""
CREATING = {
    "a field that nothing gives": ("{create: customer, with: {code: a}}", ["name"]),
    "given": ("{create: customer, with: {name: a}}", []),
    "ensured without": ("{ensure: customer, key: {code: a}, with: {note: a}}", ["name"]),
    "ensured": ("{ensure: customer, key: {code: a}, with: {name: a}}", []),
    "a copy": ("{create: order, copy: this}", []),
    "lines are required": ("{create: order, with: {a: x}}", ["lines"]),
    "a line without": ("{create: order.lines, with: {note: x}}", ["qty"]),
    "rows without": ("{create: order, with: {lines: [{note: x}]}}", ["qty"]),
    "rows": ("{create: order, with: {lines: [{qty: 1}]}}", []),
    "filled by a later step": (
        "{create: customer, with: {code: a}, called: c}\n          - {update: c, with: {name: a}}", []
    ),
    "within a condition": ("{if: n > 1, then: [{create: customer, with: {code: a}}]}", ["name"]),
}


@pytest.mark.parametrize(("step", "missing"), CREATING.values(), ids=CREATING)
def test_a_step_that_creates_what_is_refused(step: str, missing: list[str]) -> None:
    found = problems_of(ORDER + STEPS % f"          - {step}")
    assert [problem.code for problem in found] == ["W-STP-001"] * len(missing)
    assert all(f"`{name}`" in problem.message for name, problem in zip(missing, found, strict=True))
