"""Judges declared tests: whether they test anything, and which rules of records they name. Runs none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.definitions.app import App
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Check
from engine.errors import Location, Problem
from engine.suggest import did_you_mean

ROW = re.compile(r"\.\d+\.")                  # `unique:lines.1.product` speaks of the second row


def empty(app: App) -> Iterator[Problem]:
    """Tests without steps hold whatever happens."""
    for name, steps in app.tests.items():
        if isinstance(steps, List) and not steps.items:
            hint = "add `- {create: …}`, `- {expect: …}`"
            yield Problem("W-TST-001", f"the test “{name}” has no steps", steps.at, hint, severity="warning")


def accepted(app: App) -> Iterator[Problem]:
    """Warnings that a step accepts, and checks that it passes over: those that no rule is called by help nothing."""
    checks = list(_checks(app))
    warnings = [check.called for check in checks if check.otherwise == "warn" and check.called]
    for rule in (rule for one in app.objects.values() for rule in one.unique if rule.warning):
        warnings += [rule.called, f"unique:{rule.ranged or rule.fields[0]}"]  # the latter between rows of a record
    fields = (field for one in app.objects.values() for field in one.fields.values())
    warnings += [f"similar:{field.name}" for field in fields if field.similar]
    passed = [check.called for check in checks if check.override is not None and check.called]
    for register in app.registers.values():
        passed += [f"{register.name}.{n}" for n, guard in enumerate(register.guards) if guard.override is not None]
    for step in (step for steps in app.tests.values() for step in _steps(steps)):
        yield from _unknown(_listed(step.get("accept")), warnings, "warning")
        yield from _unknown(_names(step.get("override")), passed, "check or guard with `override`")


def _checks(app: App) -> Iterator[Check]:
    for one in app.objects.values():
        yield from one.checks
        for action in one.actions.values():
            yield from action.checks


def _steps(node: Node | None) -> Iterator[Map]:
    """The steps of a test, also those taken at once."""
    for step in node if isinstance(node, List) else ():
        if isinstance(step, Map):
            yield step
            yield from _steps(step.get("at_once"))


def _listed(node: Node | None) -> Iterator[tuple[str, Location]]:
    for item in node if isinstance(node, List) else (node,):
        if isinstance(item, Scalar):
            yield item.text, item.at


def _names(node: Node | None) -> Iterator[tuple[str, Location]]:
    """The names of a map; a text that stands alone is for every check."""
    return ((pair.key.text, pair.key.at) for pair in node) if isinstance(node, Map) else iter(())


def _unknown(given: Iterable[tuple[str, Location]], known: Iterable[str], what: str) -> Iterator[Problem]:
    known = tuple(known)
    for name, at in given:
        if ROW.sub(".", name) not in known:
            hint = did_you_mean(name, known) or "name it by `called:` there"
            yield Problem("E-TST-011", f"no {what} is called `{name}`", at, hint)
