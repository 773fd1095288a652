"""`formwork test`: which tests it chooses, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from engine.builder.selecting import Unclear, choice
from engine.cli.main import formwork
from tests.trials.leave import APP, REQUEST

NAMES = ("credit and limit", "the manager decides", "finance decides")
CHOICES = {
    "": NAMES,
    "decides": NAMES[1:],
    "MANAGER decides": NAMES[1:2],
    "decides and not manager": NAMES[2:],
    "credit or finance": (NAMES[0], NAMES[2]),
    "not (credit or finance)": NAMES[1:2],
    '"credit and limit"': NAMES[:1],
    "limit credit": (),
}


@pytest.mark.parametrize("text", CHOICES)
def test_a_choice(text: str) -> None:
    assert tuple(filter(choice(text), NAMES)) == CHOICES[text]


@pytest.mark.parametrize("text", ["and", "a and", "not", "(a", "a)", "a or or b", '"a'])
def test_a_choice_that_cannot_be_read(text: str) -> None:
    with pytest.raises(Unclear):
        choice(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    works = REQUEST + "    - {expect: r.total = 15}\n"
    fails = "  it fails:\n" + REQUEST + "    - {expect: [r.days = 3, r.total = 16]}\n"
    steps = works + fails + "  it waits:\n    - {run: chase}\n"
    path = tmp_path / "leave.yaml"
    path.write_text(APP + steps, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(formwork, ["test", *map(str, arguments)], standalone_mode=False)


def test_a_failure_is_told_with_its_line_and_both_sides(file: Path) -> None:
    answer = run(file)
    line = len(APP.splitlines()) + 5
    assert answer.return_value == 1
    assert answer.output.splitlines()[:5] == [
        "FAILED it fails",
        f"  leave.yaml:{line}:29: step 2: expected r.total = 16",
        "        - {expect: [r.days = 3, r.total = 16]}",
        " " * 32 + "^" * len("r.total = 16"),
        "  expected r.total = 16",
    ]
    assert "  got      r.total is 15.00" in answer.output
    assert "SKIPPED it waits" in answer.output
    assert "leave: 1 passed, 1 failed, 1 skipped in " in answer.output


def test_chosen_tests_and_the_slowest(file: Path) -> None:
    answer = run(file, "-k", "works or waits", "--durations", 1)
    assert answer.return_value == 0
    assert " s  it works" in answer.output
    assert "1 passed, 0 failed, 1 skipped" in answer.output


def test_for_programs(file: Path) -> None:
    [app] = json.loads(run(file, "--json").output)["apps"]
    assert [test["outcome"] for test in app["tests"]] == ["passed", "failed", "skipped"]
    assert app["tests"][1]["got"] == "r.total is 15.00"
    assert (app["passed"], app["failed"], app["skipped"]) == (1, 1, 1)


def test_a_junit_report(file: Path, tmp_path: Path) -> None:
    run(file, "--junit", tmp_path / "report.xml")
    [suite] = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert "r.total is 15.00" in str(suite[1][0].text)


def test_a_choice_that_cannot_be_read_is_wrong_usage(file: Path) -> None:
    answer = run(file, "-k", "(works")
    assert answer.exception is not None
    assert "a bracket is not closed" in str(answer.exception)
