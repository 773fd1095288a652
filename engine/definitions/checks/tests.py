"""Judges declared tests: whether they test anything. Runs none."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.nodes import List
from engine.errors import Problem


def empty(app: App) -> Iterator[Problem]:
    """Tests without steps hold whatever happens."""
    for name, steps in app.tests.items():
        if isinstance(steps, List) and not steps.items:
            hint = "add `- {create: …}`, `- {expect: …}`"
            yield Problem("W-TST-001", f"the test “{name}” has no steps", steps.at, hint, severity="warning")
