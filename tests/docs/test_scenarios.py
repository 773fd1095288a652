"""The table of docs/approvals.md names a test for every acceptance scenario of approvals, automations and alerts."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
FILE = re.compile(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)")


def rows() -> dict[int, str]:
    text = (ROOT / "docs" / "approvals.md").read_text("utf-8")
    return {int(number): told for number, told in ROW.findall(text.partition("## The scenarios and their tests")[2])}


def test_every_scenario_names_a_test_or_says_why_there_is_none() -> None:
    told = rows()
    assert set(range(1, 100, 2)) <= set(told)
    for number, row in told.items():
        named = [(path, test) for path, tests in FILE.findall(row) for test in re.findall(r"test_\w+", tests)]
        gone = [test for path, test in named if f"def {test}(" not in (ROOT / path).read_text("utf-8")]
        assert not gone, (number, gone)
        assert named or row.startswith("none: "), number
