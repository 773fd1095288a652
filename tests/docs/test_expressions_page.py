"""The page on expressions: every row with a value has just this value."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.main import formwork

PAGE = Path(__file__).parents[2] / "docs/expressions.md"
ROW = re.compile(r"^\| `(?P<text>.+?)` \| (?:`(?P<value>.+?)`)? ?\|.*\|$")


def rows() -> list[tuple[str, str]]:
    """The rows of the tables `Expression | Value`."""
    found, inside = [], False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        inside = line.startswith("| Expression ") or (inside and line.startswith("|"))
        row = ROW.match(line) if inside else None
        if row:
            found.append((row["text"], row["value"] or ""))
    return found


@pytest.mark.parametrize(("text", "value"), rows())
def test_a_row_of_the_page(text: str, value: str) -> None:
    answer = CliRunner().invoke(formwork, ["eval", text])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    if isinstance(found, dict):
        found = found["error"]
    if isinstance(found, list):
        found = f"[{', '.join(str(item) for item in found)}]"
    if isinstance(found, str) and re.fullmatch(r"-?[\d.]+", found):
        assert Decimal(found) == Decimal(value)  # a quotient shows all of its decimals
        return
    shown = {True: "true", False: "false", None: ""}.get(found, found) if not isinstance(found, str) else found
    assert shown == value


def test_there_are_rows() -> None:
    assert len(rows()) > 25
