"""Which fields hold personal data: those that are marked, and formulas that are made of them. Knows no record."""

from __future__ import annotations

from engine.definitions.app import App
from engine.definitions.objects import Object


def fields_of(obj: Object) -> frozenset[str]:
    """The fields of an object (or of its lines) with personal data."""
    found = {field.name for field in obj.fields.values() if field.personal}
    while found:
        more = {
            field.name for field in obj.fields.values()
            if field.name not in found and field.formula is not None
            and any(path[0] in found for path in field.formula.reads)
        }
        if not more:
            break
        found |= more
    return frozenset(found)


def paths_of(app: App, obj: Object) -> frozenset[str]:
    """The same with those of its lines as `lines.name`."""
    inner = {f"{name}.{field}" for name in obj.lines for field in fields_of(app.objects[f"{obj.name}.{name}"])}
    return fields_of(obj) | inner
