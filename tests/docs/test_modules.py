"""The pages of the large packages name every module of theirs once, and none that is not there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^\| `([a-z_]+/?)` \| \S", re.MULTILINE)
SERVICES = "engine/runtime/services"
TABLE = "| module | what it does |"
PARTS = [page for page in sorted((ROOT / SERVICES).glob("*/README.md")) if TABLE in page.read_text(encoding="utf-8")]
PACKAGES = (
    "engine/runtime/storage",
    SERVICES,
    *(f"{SERVICES}/{page.parent.name}" for page in PARTS),
)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_is_listed_once(package: str) -> None:
    folder = ROOT / package
    there = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    there |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    listed = Counter(LISTED.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert listed == Counter(there), "README.md of the package: a module is missing, gone, or listed twice"
