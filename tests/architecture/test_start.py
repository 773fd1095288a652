"""Checking a definition starts at once: what it does not need is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.modules import ROOT

WHOLE = ROOT / "apps" / "sales_erp.yaml"
CHECKED = """
import sys
from engine.cli.main import main
try:
    main(["check", sys.argv[1]])
except SystemExit as end:
    assert end.code == 0
print(*sys.modules)
"""
# Each of them takes longer to load than a small app takes to check.
LIBRARIES = ("sqlalchemy", "jsonschema", "croniter", "babel.dates", "flask")
NOT_NEEDED = (*LIBRARIES, "engine.runtime", "engine.definitions.schema")


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a check of the flagship has loaded, and the packages that they stand in."""
    command = [sys.executable, "-c", CHECKED, str(WHOLE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return {".".join(name.split(".")[:depth]) for name in done.stdout.split() for depth in range(1, 5)}


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_a_check_does_without(name: str, loaded: set[str]) -> None:
    assert "engine.definitions.compile" in loaded
    assert name not in loaded
