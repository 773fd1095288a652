"""`formwork eval`: an expression tried out, in Python and in the database."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from click.testing import CliRunner

from engine.cli.evaluating import evaluate_expression

APP = """\
app: shop
objects:
  product: {fields: {code: text}}
  order: {fields: {number: text, qty: quantity, lines: {type: lines, fields: {product: {type: link, to: product}}}}}
"""


@pytest.fixture
def app(tmp_path: Path) -> str:
    file = tmp_path / "shop.yaml"
    file.write_text(APP, encoding="utf-8")
    return str(file)


def run(*arguments: str) -> tuple[int, Any, str]:
    result = CliRunner().invoke(evaluate_expression, list(arguments), standalone_mode=False)
    assert result.exception is None, result.output
    shown = result.stdout.strip()
    return int(result.return_value), json.loads(shown) if shown else None, result.stderr


def test_a_value_is_printed_as_json() -> None:
    assert run("1.50 * 2") == (0, "3.00", "")
    assert run("0 * (-5)")[1] == "0"
    assert run("[today() = today(), blank]")[1] == [True, None]


def test_what_runs_in_python_only_says_so() -> None:
    code, shown, said = run("'a' in split_up", "--sql")
    assert code == 1 and "E-NAM-001" in said
    code, shown, said = run("now()", "--sql")
    assert code == 1 and shown is None and said.startswith("this runs in Python only: ")
    assert run("1 + 1", "--sql")[:2] == (0, "2")


def test_names_of_the_app_and_scope_words(app: str) -> None:
    assert run("this.number & old.number", "--app", app, "--on", "order")[1] == ""
    assert run("count(lines) + count(order where number = this.number)", "--app", app, "--object", "order")[1] == "0"
    assert run("trigger is blank and count(diff) = 0", "--app", app)[1] is True
    assert run("this.number", "--app", app)[0] == 1
    code, _, said = run("1", "--app", app, "--on", "ordr")
    assert code == 1 and "did you mean `order`?" in said


def test_parameters_are_expressions_of_their_own(app: str) -> None:
    assert run("low + 1", "--with", "low=2 * 2")[1] == "5"
    assert run("day + low", "--with", "day=date(2026, 1, 31)", "--with", "low=1", "--sql")[1] == "2026-02-01"
    assert run("count(order where qty > low)", "--app", app, "--with", "low=2", "--sql")[1] == "0"
    code, _, said = run("low + 1", "--with", "low='a'")
    assert code == 1 and said.startswith("expression:1:5: error E-TYP-001")
    with pytest.raises(UsageError, match="NAME=EXPRESSION"):
        CliRunner().invoke(evaluate_expression, ["1", "--with", "low"], standalone_mode=False, catch_exceptions=False)


@pytest.mark.parametrize(
    "text",
    ["'a' & number", "qty + 1", "count(lines)", "sum(1, 2)", "average(2, blank, 9)", "count(2, blank, qty)",
     "max(1, qty)", "if(qty is blank, 'none', 'some')", "round(2.5) + len(number)", "date(2026, 1, 31) + 1 month"],
)  # fmt: skip
def test_the_database_gives_the_same_over_a_record_that_is_blank(app: str, text: str) -> None:
    here, there = (run(text, "--app", app, "--on", "order", *flags)[1] for flags in ((), ("--sql",)))
    if isinstance(here, str) and here.replace(".", "").isdigit():
        assert Decimal(there) == Decimal(here)
    else:
        assert there == here and here is not None


def test_an_error_of_the_database_is_told_from_a_blank() -> None:
    assert run("1 / 0", "--sql")[1]["error"] == "#ERROR!"
    assert run("average(blank, blank)", "--sql")[1]["error"] == "#ERROR!"
    assert run("blank", "--sql")[1] is None


def test_messages_name_values_as_people_do() -> None:
    assert "a duration has no form in SQL" in run("1 month", "--sql")[2]
    assert "write `1`" in run("１ + 2")[2]
    with pytest.raises(UsageError, match="--record needs --app"):
        CliRunner().invoke(evaluate_expression, ["1", "--record", "1"], standalone_mode=False, catch_exceptions=False)
