"""Judges the conditions of unique rules: they must follow from the record alone. Compares no records."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.reading import Reader, Step
from engine.errors import Problem


def conditions(app: App) -> Iterator[Problem]:
    """Conditions of unique rules that may change while the record does not: such a rule could not be held."""
    reader = Reader(app.objects, app.decisions)
    for obj in app.objects.values():
        for when in (rule.when for rule in obj.unique if rule.when is not None):
            for path in when.reads:
                if not all(reader.near(step) and not _is_balance(step) for step in reader.steps(obj.name, path)):
                    yield Problem(
                        "E-UNI-004",
                        f"a unique rule cannot hang on `{'.'.join(path)}`: it changes while the record does not",
                        when.at,
                        "name stored fields or the state",
                    )
                    break


def _is_balance(step: Step) -> bool:
    return step.field is not None and step.field.balance is not None
