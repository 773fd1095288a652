"""Every problem code: where it points, and the way out that it offers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.errors import Location
from engine.expressions.compiled import source, template
from engine.expressions.faults import CHINESE, CODES
from engine.expressions.types import DATE, NUMBER, TEXT, choice_of, record_of
from tests.expressions.worlds import HERE, ShopNames, checked, problems_of

SYNTAX = [
    ("qty § 1", "E-SYN-001", 4, ""),
    ("note = 'open", "E-SYN-002", 7, "close it with '"),
    ("qty 'a'", "E-SYN-003", 4, "join texts with `&`"),
    ("qty +", "E-SYN-003", 5, "`0` or `blank`"),
    ("= qty", "E-SYN-003", 0, "leave the `=` out"),
    ("1 < qty < 5", "E-SYN-004", 8, "write `1 < qty and qty < 5`"),
    ("qty = score = 1", "E-SYN-004", 12, "write `qty = score and score = 1`"),
    ("qty == 1", "E-SYN-005", 4, "write `=`"),
    ("held && qty > 1", "E-SYN-005", 5, "write `and`"),
    ("held || qty > 1", "E-SYN-005", 5, "write `or`"),
    ("!held", "E-SYN-005", 0, "write `not`"),
    ("qty ≥ 1", "E-SYN-005", 4, "write `>=`"),
    ("qty ** 2", "E-SYN-005", 4, "write `^`"),
    ("round(qty, 2", "E-SYN-006", 5, "add `)`"),
    ("qty in [1, 2", "E-SYN-006", 7, "add `]`"),
    ("1" + " + 1" * 600, "E-SYN-007", 0, "name of their own"),
    ("sum([" + ", ".join(["1"] * 600) + "])", "E-SYN-008", None, "name of their own"),
    ("(" * 40 + "1" + ")" * 40, "E-SYN-009", 32, "name of their own"),
    ("1" + " + 1" * 40, "E-SYN-009", None, "use `sum([a, b, …])`"),
    ("  ", "E-SYN-010", 0, "leave the key out"),
    ("customer.where", "E-SYN-011", 9, "the name of a field"),
    ("count(lines sort qty where qty > 1)", "E-SYN-012", 21, "in this order"),
    (".5 + qty", "E-SYN-013", 0, "write `0` before the point"),
    ("1e5", "E-SYN-013", 0, "write it out"),
    ("1.5 months", "E-SYN-013", 0, "months come whole"),
    ("date + 3 dais", "E-SYN-014", 9, "did you mean `days`"),
    ("2 working months", "E-SYN-014", 10, ""),
    ("qty between 1 and 5", "E-SYN-015", 4, "write `qty >= 1 and qty <= 5`"),
    ("lines where qty > 1", "E-SYN-015", 6, "count(… where …)"),
]

NAMES = [
    ("totl + 1", "E-NAM-001", 0, "did you mean `total`"),
    ("state = draft", "E-NAM-001", 8, "`'draft'`"),
    ("has_role(me, sales) and sales", "E-NAM-001", 24, "write `role(sales)`"),
    ("count(lines where total > 1)", "E-NAM-001", 18, "write `this.total`"),
    ("qty = null", "E-NAM-001", 6, "write `blank`"),
    ("held = yes", "E-NAM-001", 7, "write `true`"),
    ("this.owner_self", "E-NAM-002", 5, "the record itself is `this`"),
    ("price_for > 1", "E-NAM-001", 0, "`price_for(…)`"),
    ("customer.exposur", "E-NAM-002", 9, "did you mean `exposure`"),
    ("lines.amout", "E-NAM-002", 6, "did you mean `amount`"),
    ("price_for('P1', 2).prise", "E-NAM-002", 19, "did you mean `price`"),
    ("summ(lines.qty)", "E-NAM-003", 0, "did you mean `sum`"),
    ("count(all custmer)", "E-NAM-004", 6, "did you mean `customer`"),
    ("get(custmer, 'X')", "E-NAM-004", 4, "did you mean `customer`"),
    ("count(customer)", "E-NAM-005", 6, "`this.customer` for the field or `all customer`"),
    ("has_role(me, saless)", "E-NAM-006", 13, "did you mean `sales`"),
    ("state = 'drafted'", "E-NAM-007", 8, "did you mean 'draft'"),
    ("state in ['draft', 'open']", "E-NAM-007", 19, "'draft'"),
    ("switch(state, 'drft', 1, 2)", "E-NAM-007", 14, "did you mean 'draft'"),
    ("item is product", "E-NAM-008", 8, "`invoice`"),
    ("role('hr')", "E-NAM-009", 5, "write `hr`"),
    ("count(lines as total where qty > 1)", "E-NAM-010", 6, "another name"),
]

TYPES = [
    ("note + 'x'", "E-TYP-001", 5, "join texts with `&`"),
    ("lines + 1", "E-TYP-001", 6, "`sum(…)`"),
    ("-note", "E-TYP-001", 0, ""),
    ("lines & 'x'", "E-TYP-001", 0, "join(source, value)"),
    ("qty is under 3", "E-TYP-001", 0, ""),
    ("qty is invoice", "E-TYP-001", 0, "compare values with `=`"),
    ("max(lines.product)", "E-TYP-001", 0, "count(…)"),
    ("total + qty", "E-TYP-002", 6, "divide the price by the quantity"),
    ("total * total", "E-TYP-002", 6, ""),
    ("total > qty", "E-TYP-002", 6, ""),
    ("max(total, qty)", "E-TYP-002", 11, ""),
    ("round(note, 2)", "E-TYP-003", 6, "`round(number, places…"[:14]),
    ("year(qty)", "E-TYP-003", 5, "`year(date)`"),
    ("manager_of(customer)", "E-TYP-003", 11, ""),
    ("limit_for(3)", "E-TYP-003", 10, "input `kind`"),
    ("round()", "E-TYP-004", 0, "`round(number, places)`"),
    ("sum(lines)", "E-TYP-004", 0, "`sum(source, value)`"),
    ("max(lines)", "E-TYP-004", 0, "as in `max(lines, position)`; `count(lines)` counts them"),
    ("price_for('P1')", "E-TYP-004", 0, "`price_for(product, qty)`"),
    ("and()", "E-TYP-004", 0, ""),
    ("sum(qty)", "E-TYP-005", 4, "`sum(a, b)`"),
    ("qty in 3", "E-TYP-005", 7, "`[3]`"),
    ("total.length", "E-TYP-006", 6, "`len(…)`"),
    ("customer = 25", "E-TYP-008", 9, "write `customer.id = 25`"),
    ("qty = note", "E-TYP-008", 4, "numbers are not quoted"),
    ("date = '2026-01-01'", "E-TYP-008", 5, "write `date(2026, 1, 1)`"),
    ("date > 2026-01-01", "E-TYP-008", 5, "write `date(2026, 1, 1)`"),
    ("date = 'soon'", "E-TYP-008", 5, "date(2026, 3, 31)"),
    ("date - '2 days'", "E-TYP-001", 5, "write `2 days` without quotes"),
    ("note is not empty", "E-TYP-001", 0, "`is not blank`"),
    ("item is null", "E-NAM-008", 8, "`is blank`"),
    ("lines.qty > 1", "E-TYP-008", 10, "`in`"),
    ("customer = owner", "E-TYP-008", 9, ""),
    ("count(lines where product = customer)", "E-TYP-008", 26, "write `this.customer`"),
    ("sum(lines.qty, price)", "E-TYP-009", 15, ""),
    ("count(lines where qty)", "E-TYP-010", 18, "`qty != 0`"),
    ("customer and held", "E-TYP-010", 0, "`customer is not blank`"),
    ("first(lines sort product).qty", "E-TYP-011", 17, "one of its fields"),
    ("count(stock at 3)", "E-TYP-012", 15, "date(2026, 3, 31)"),
    ("[1, 'a']", "E-TYP-013", 4, ""),
    ("raised(qty + 1)", "E-TYP-014", 7, ""),
    ("if(held, 1, 'a')", "E-TYP-016", 12, "`'' & …`"),
    ("switch(state, 'draft', 1, note)", "E-TYP-016", 26, ""),
    ("iferror(qty, held)", "E-TYP-016", 13, "one sort"),
    ("if(held, total, qty)", "E-TYP-002", 16, ""),
    ("date + total", "E-TYP-001", 5, ""),
    ("date + discount", "E-TYP-001", 5, ""),
    ("vlookup('a', all product, 2)", "E-TYP-003", 13, "xlookup(wanted, rows.key, rows.value)"),
    ("amended(nosuch)", "E-NAM-002", 8, ""),
    ("amended(lines.amout)", "E-NAM-002", 8, "did you mean `amount`"),
    ("inherited(first(lines).product.category, nam)", "E-NAM-002", 41, "did you mean `name`"),
    ("rank(qty)", "E-TYP-017", 0, "`show:` of a report"),
    ("opening(stock.on_hand)", "E-TYP-018", 0, "`stock between"),
    ("customer is under 'ALFKI'", "E-TYP-015", 0, "`tree: true`"),
    ("root(customer) is blank", "E-TYP-015", 5, "`tree: true`"),
]


@pytest.mark.parametrize(("text", "code", "offset", "hint"), [*SYNTAX, *NAMES, *TYPES])
def test_a_problem_points_to_its_place_and_offers_a_repair(text: str, code: str, offset: int | None, hint: str) -> None:
    problem = problems_of(text)[0]
    assert problem.code == code, str(problem)
    assert offset is None or problem.at == Location("app.yaml", 3, 10 + offset, "objects.order")
    assert hint in problem.hint


EXPECTED: list[tuple[str, Any, str]] = [
    ("qty", DATE, ""),
    ("note", NUMBER, ""),
    ("'2026-01-01'", DATE, "write `date(2026, 1, 1)`"),
    ("2026-01-01", DATE, "write `date(2026, 1, 1)`"),
    ("'soon'", DATE, "date(2026, 3, 31)"),
    ("lines.qty", NUMBER, "write `sum(lines.qty)`"),
    ("lines", NUMBER, "write `count(lines)`"),
    ("total", TEXT, "write `'' & total`"),
]


@pytest.mark.parametrize(("text", "wanted", "hint"), EXPECTED)
def test_a_value_of_another_type_is_refused(text: str, wanted: Any, hint: str) -> None:
    problem = problems_of(text, expect=wanted)[0]
    assert problem.code == "E-TYP-007"
    assert hint in problem.hint


def test_quoted_results_are_checked_against_the_wanted_options() -> None:
    wanted = choice_of("high", "low")
    problems = problems_of("if(qty > 1, 'high', if(held, 'lwo', 'low'))", expect=wanted)
    assert [problem.code for problem in problems] == ["E-NAM-007"]
    assert checked("if(qty > 1, 'high', 'low')", expect=wanted).text


def test_quoted_text_where_a_record_is_wanted_is_its_key() -> None:
    assert str(checked("'ALFKI'", expect=record_of("customer")).type) == "record of customer"


TEMPLATES = [
    ("a {total", "E-TPL-001", 2),
    ("a } b", "E-TPL-002", 2),
    ("a {total:yyyy}", "E-TPL-003", 9),
    ("a {date:0.00}", "E-TPL-003", 8),
    ("a {note:0.00}", "E-TPL-003", 8),
    ("a {lines}", "E-TPL-004", 3),
    ("a {totl} b", "E-NAM-001", 3),
]


@pytest.mark.parametrize(("text", "code", "offset"), TEMPLATES)
def test_a_problem_in_a_template_points_into_it(text: str, code: str, offset: int) -> None:
    problems = template(text, HERE, ShopNames())
    assert isinstance(problems, list)
    assert (problems[0].code, problems[0].at.column) == (code, 10 + offset)


def test_all_problems_of_an_expression_come_at_once() -> None:
    found = problems_of("totl + qtty * sum(lines.amout)")
    assert [(problem.code, problem.at.column) for problem in found] == [
        ("E-NAM-001", 10),
        ("E-NAM-001", 17),
        ("E-NAM-002", 34),
    ]


def test_a_problem_on_a_later_line_is_found_there() -> None:
    problem = problems_of("qty > 1\nand totl > 2")[0]
    assert (problem.at.line, problem.at.column) == (4, 14)


def test_a_source_is_checked_as_one() -> None:
    problems = source("lines where totl > 1 sort product", HERE, ShopNames())
    assert isinstance(problems, list)
    assert [problem.code for problem in problems] == ["E-NAM-001", "E-TYP-011"]


def test_every_code_has_its_example() -> None:
    shown = {case[1] for case in (*SYNTAX, *NAMES, *TYPES, *TEMPLATES)}
    shown |= {"E-TYP-007", "E-TYP-019"}        # of columns of reports: golden/test_flows.py
    assert shown == set(CODES)


def test_every_code_is_told_in_chinese() -> None:
    assert set(CHINESE) == set(CODES)
    hole = re.compile(r"(?<!\{)\{(\w+)\}")
    assert [code for code in CODES if not set(hole.findall(CHINESE[code])) <= set(hole.findall(CODES[code]))] == []
