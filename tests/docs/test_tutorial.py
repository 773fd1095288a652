"""The tutorial: its files check and prove themselves, its commands do what the text shows, in the order of the text."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.builder import trials
from engine.builder.pages import blueprint
from engine.cli.sites import open_site
from engine.definitions.compile import load
from engine.runtime.web.app import create_app
from tests.web.doors import SAME_ORIGIN

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^## Step (\d)", re.MULTILINE)
FILE = "lending.yaml"


@dataclass(frozen=True, slots=True)
class Block:
    """A file, or commands with what they print."""

    step: int
    kind: str
    text: str


def blocks() -> list[Block]:
    """Everything of the tutorial that is done, in its order."""
    text = TUTORIAL.read_text("utf-8")
    steps = [(found.start(), int(found[1])) for found in STEP.finditer(text)]
    return [
        Block(max(number for start, number in steps if start < found.start()), found[1], found[2])
        for found in BLOCK.finditer(text)
    ]


FILES = [block for block in blocks() if block.kind == "yaml"]


def test_it_has_six_steps_each_with_a_whole_file() -> None:
    assert [block.step for block in FILES] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("block", FILES, ids=lambda block: f"step {block.step}")
def test_a_file_checks_and_proves_itself(block: Block) -> None:
    loaded = load({FILE: block.text})
    assert loaded.problems == ()
    assert loaded.app is not None
    assert len(loaded.app.tests) >= (0 if block.step < 3 else 1)
    assert [result for result in trials.run(loaded.app) if result.problem] == []


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the reader has one: no settings, so that the site is in `var`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("FORMWORK_", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return tmp_path


def commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Each command with the lines that it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        first, *lines = part.strip().splitlines()
        yield shlex.split(first), lines


def test_its_commands_from_nothing_to_published(empty: Path) -> None:
    for block in blocks():
        if block.kind == "yaml" and block.step == 6:
            publish_in_the_builder(block.text)
        elif block.kind == "yaml":
            (empty / FILE).write_text(block.text, encoding="utf-8")
        else:
            for words, lines in commands(block.text):
                run(words, lines)
    assert (empty / "published" / FILE).read_text("utf-8") == FILES[-1].text
    site = open_site()
    assert [version.number for version in site.versions("lending")] == [4, 3, 2, 1]
    assert site.texts("lending") == {FILE: FILES[4].text}
    site.database.close()


def run(words: list[str], lines: list[str]) -> None:
    assert words[0] == "formwork"
    if words[1] == "serve":  # runs until it is stopped; the pages are asked for below
        return
    command = [sys.executable, "-m", "engine.cli.main", *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{words}: {said}"
    assert [line for line in lines if line not in said] == [], said


def publish_in_the_builder(text: str) -> None:
    """Bob signs in, has the plan shown and publishes."""
    site = open_site()
    client = create_app(site, None, blueprint()).test_client()
    signed = client.post("/sign-in", data={"login": "bob", "password": "secret-bob"}, headers=SAME_ORIGIN)
    assert signed.status_code == 303
    page = client.get("/builder/lending", headers=SAME_ORIGIN)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert page.status_code == 200 and token is not None
    form = {"csrf_token": token[1], "texts": '{"lending.yaml": ' + quoted(text) + "}"}
    plan = client.post("/builder/lending/plan", data=form, headers=SAME_ORIGIN)
    assert plan.status_code == 200 and "/builder/lending/publish" in plan.text
    done = client.post("/builder/lending/publish", data=form, headers=SAME_ORIGIN)
    assert done.status_code == 303
    site.database.close()


def quoted(text: str) -> str:
    """A text as JSON."""
    return json.dumps(text)
