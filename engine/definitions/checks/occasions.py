"""Judges forms for an occasion: whether they ask for all that a new record needs."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.checks.surfaces import filled
from engine.definitions.occasions import occasions
from engine.errors import Problem


def complete(app: App) -> Iterator[Problem]:
    """Every field that is always required is asked for or given."""
    for form in occasions(app):
        given = {*form.fields, *form.set}
        fields = app.objects[form.object].fields.values()
        missing = [one.name for one in fields if one.required is True and not filled(one) and one.name not in given]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing)
            message = f"the form {form.name} never gives {listed}, which is required"
            yield Problem("E-FRM-001", message, form.location, "name it in `fields`, or give it in `set`")
