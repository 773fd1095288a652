"""The build does nothing when nothing changed, says what to do when it cannot fetch, and ships what it built."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

import hatch_build

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository of its own with the files that the bundles are made of."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_text("{}")
    for name in ("frontend", "static/css", "static/js"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "frontend/core.js").write_text("start();")
    (tmp_path / "static/icon.svg").write_text("<svg/>")
    vendor = tmp_path / "static/vendor"
    monkeypatch.setattr(hatch_build, "ROOT", tmp_path)
    monkeypatch.setattr(hatch_build, "VENDOR", vendor)
    monkeypatch.setattr(hatch_build, "STAMP", vendor / ".stamp")
    return tmp_path


def pretend(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> list[list[str]]:
    """Notes the commands instead of running them; `npm ci` and the bundler leave their folders behind."""
    commands: list[list[str]] = []

    def run(command: list[str], environment: dict[str, str]) -> None:
        commands.append(command[1:])
        made = "static/vendor" if "frontend/build.mjs" in command else "node_modules"
        (checkout / made).mkdir(exist_ok=True)

    monkeypatch.setattr(hatch_build, "run", run)
    return commands


def test_it_builds_once_and_again_only_after_a_change(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = pretend(monkeypatch, checkout)
    hatch_build.bundle()
    hatch_build.bundle()
    assert [command[0].rsplit("/")[-1] for command in commands] == ["npm-cli.js", "build.mjs"]
    (checkout / "static/js/new.js").write_text("more();")
    hatch_build.bundle()
    assert [command[0].rsplit("/")[-1] for command in commands[2:]] == ["build.mjs"], "packages did not change"
    (checkout / "package-lock.json").write_text('{"other": 1}')
    hatch_build.bundle()
    assert len(commands) == 5


def test_without_the_packages_it_says_what_to_do(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], environment: dict[str, str]) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(hatch_build, "run", fail)
    with pytest.raises(SystemExit, match="npm_config_registry"):
        hatch_build.bundle()
    assert not (checkout / "static/vendor/.stamp").exists()


def test_what_is_built_belongs_together() -> None:
    vendor = ROOT / "static/vendor"
    manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
    assert {"core.js", "core.css", "theme.js"} <= set(manifest)
    for entry in manifest.values():
        data = (vendor / entry["file"]).read_bytes()
        assert len(data) == entry["size"]
        if entry["file"].endswith(".png"):
            continue                           # packed already
        assert gzip.decompress((vendor / (entry["file"] + ".gz")).read_bytes()) == data
    assert (vendor / ".stamp").read_text() == hatch_build.digest()


def test_licences_of_what_is_bundled_travel_with_it() -> None:
    notices = (ROOT / "static/vendor/THIRD-PARTY-NOTICES.txt").read_text(encoding="utf-8")
    for package in (
        "htmx.org",
        "@tabler/core",
        "tom-select",
        "big.js",
        "echarts",
        "@codemirror/view",
        "@iconify-json/tabler",
    ):
        assert f"{package} " in notices


@pytest.mark.parametrize("goal", ["demo", "demo-reset", "check", "bench", "clean", "install"])
def test_the_makefile_knows_its_goals(goal: str) -> None:
    done = subprocess.run(["make", "--dry-run", goal], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
