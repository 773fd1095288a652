"""`formwork eval`: an expression tried out, in Python and in the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
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
