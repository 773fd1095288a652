"""Judges what starts automations. Runs none."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.errors import Problem


def days(app: App) -> Iterator[Problem]:
    """Days that start automations: kept with the record itself, so that it is known when one is moved."""
    for automation in app.automations.values():
        trigger = automation.trigger
        if trigger.kind != "date" or not trigger.name:
            continue
        field = app.objects[trigger.object].fields.get(trigger.name)
        if field is None or not field.stored:
            message = f"nobody knows when `{trigger.object}.{trigger.name}` moves: it is no value of the record itself"
            hint = "name a field that people fill, or a formula that reads nothing beyond the record: that is kept"
            yield Problem("E-AUT-006", message, automation.location, hint)
