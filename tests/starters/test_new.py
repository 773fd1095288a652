"""`formwork new`: what it makes checks, passes its tests and is described by the schema beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from engine.builder import starters, trials
from engine.cli.main import formwork
from engine.definitions.compile import load
from engine.definitions.nodes import to_plain
from engine.definitions.source import read


def new(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(formwork, ["new", *words])


@pytest.mark.parametrize("template", starters.templates())
def test_what_it_makes_is_sound(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = new(tmp_path, monkeypatch, "my_app", "--template", template)
    assert answer.exit_code == 0, answer.output
    loaded = load(tmp_path / "my_app.yaml")
    assert [p for p in loaded.problems if p.severity != "note"] == []
    assert loaded.app is not None and loaded.app.name == "my_app"
    assert [result for result in trials.run(loaded.app) if result.problem] == []
    assert loaded.app.tests


def test_the_starter_names_the_schema_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new(tmp_path, monkeypatch, "my_app")
    text = (tmp_path / "my_app.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=formwork.schema.json\n")
    schema = json.loads((tmp_path / "formwork.schema.json").read_text("utf-8"))
    tree, _ = read(text, "my_app.yaml")
    assert list(Draft202012Validator(schema).iter_errors(to_plain(tree))) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["My App"], "is no name"),
        ([], "is no name"),
        (["a", "--template", "startr"], "did you mean `starter`"),
    ],
)
def test_mistakes_are_told(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = new(tmp_path, monkeypatch, *words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_app.yaml").write_text("mine")
    answer = new(tmp_path, monkeypatch, "my_app")
    assert answer.exit_code == 2
    assert "there is my_app.yaml already" in answer.output
    assert (tmp_path / "my_app.yaml").read_text() == "mine"


def test_the_templates_are_listed() -> None:
    answer = CliRunner().invoke(formwork, ["new", "--list"])
    assert answer.output.splitlines()[0] == "starter"
