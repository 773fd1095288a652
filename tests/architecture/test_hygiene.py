"""What the repository must hold and must not: lock files, wording, templates."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.modules import ROOT

TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".json",
    ".txt",
    ".in",
    ".po",
    ".cfg",
    "",
}
EXACT = re.compile(r"^\d+\.\d+\.\d+$")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
MACHINE = re.compile("/" + "work/|/" + "root/|/home/[a-z]+/|/" + "Users/")
REGISTRY = re.compile(
    r"https?://[\w.-]*(pypi\.org|pythonhosted|npm"
    + r"js|npmmirror)|registry\."
    + r"\w+|--(extra-)?index-url\b(?! only)"
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: there is no list of the repository's files")
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.suffix in TEXTS and path.is_file() and path.name != "LICENSE"]


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished() -> None:
    own = [path for path in tracked() if path.suffix in {".py", ".js", ".mjs", ".css", ".html", ".yaml", ".md"}]
    assert not found(UNFINISHED, own)


def test_no_path_of_a_machine_is_written_down() -> None:
    assert not found(MACHINE, tracked())


def test_no_registry_is_named() -> None:
    assert not found(REGISTRY, [path for path in tracked() if path.name != "Makefile"])


def test_the_lock_of_the_browser_s_packages_is_clean() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert not [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")]
    # All platforms are in it: a lock written over an installation of one platform loses the others.
    assert len([name for name in packages if name.startswith("node_modules/@esbuild/")]) == 26


def test_the_browser_s_packages_are_pinned() -> None:
    declared = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    loose = {name: version for name, version in declared["devDependencies"].items() if not EXACT.match(version)}
    assert not loose
    assert "dependencies" not in declared


def test_python_s_packages_are_locked_with_hashes() -> None:
    for name in ("build", "runtime", "test", "postgres"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        entries = re.findall(r"^([a-z0-9][\w.-]*)==\S+(.*?)(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert entries
        assert not [package for package, rest in entries if "--hash=sha256:" not in rest]


def test_what_runs_is_tested_in_the_same_versions() -> None:
    def versions(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text, re.MULTILINE))

    runtime, test = versions("runtime"), versions("test")
    assert not {package for package, version in runtime.items() if test.get(package) != version}


def test_declared_packages_are_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[\[<>=;\s]", need)[0].lower() for need in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE))
    assert not declared - locked


def test_what_tests_need_is_locked_and_what_would_hold_others_back_is_not() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements/test.txt").read_text(), re.MULTILINE))
    named = {name: {re.split(r"[\[<>=;\s]", need)[0].lower() for need in needs} for name, needs in extras.items()}
    assert not (named["demo"] | named["test"] | named["dev"]) - {"formwork"} - locked
    assert not named["s3"] & locked


def test_declared_packages_are_described() -> None:
    described = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = project["dependencies"] + [need for extra in project["optional-dependencies"].values() for need in extra]
    python = {re.split(r"[\[<>=;\s]", need)[0].lower() for need in needs} - {"formwork"}
    browser = set(json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"])
    assert not {name for name in python | browser if f"`{name}`" not in described}


TEMPLATES = sorted(ROOT.glob("engine/**/templates/**/*.html"))
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|\son\w+\s*=\s*[\"']|\sstyle\s*=|<style|javascript:|hx-on|hx-vals=[\"']js:|hx-trigger=\"[^\"]*\[|\|\s*safe\b"
)
REQUEST = re.compile(r"<[a-z]+[^<>]*?\shx-(?:get|post|put|patch|delete)=(?:[^<>]|\{\{.*?\}\})*>", re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_nothing_that_the_content_policy_forbids(path: Path) -> None:
    assert not found(INLINE, [path])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_request_of_a_template_names_its_target_and_swap(path: Path) -> None:
    requests = REQUEST.findall(path.read_text(encoding="utf-8"))
    assert not [one for one in requests if "hx-target=" not in one or "hx-swap=" not in one]
