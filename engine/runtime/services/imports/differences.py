"""What an import would change in a record that is there already; nothing, if it was imported before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.services.imports.plans import LinesPlan, Plan
from engine.runtime.services.imports.values import Read
from engine.runtime.services.records import Record


def new_values(plan: Plan, read: Read) -> dict[str, Any]:
    """The values of a new record, its lines included."""
    lines = {
        part.name: LinesValue(tuple(LineValues(values) for values in read.lines[part.name]))
        for part in plan.lines if read.lines[part.name]
    }
    return {**read.values, **lines}


def changed_values(plan: Plan, read: Read, record: Record) -> dict[str, Any]:
    """Only what differs from the record as it stands."""
    found = changed_fields(record, read.values)
    for part in plan.lines:
        lines = changed_lines(part, record.lines(part.name), read.lines[part.name])
        if lines is not None:
            found[part.name] = lines
    return found


def changed_fields(record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a record or line whose value differs."""
    return {name: value for name, value in values.items() if record.values.get(name) != value}


def changed_lines(
    part: LinesPlan, stored: Sequence[Record], wanted: Sequence[Mapping[str, Any]]
) -> LinesValue | None:
    """All lines as they shall be; None if they are so already. The plan's key or the position says which is which."""
    items: list[LineValues] = []
    for index, values in enumerate(wanted):
        line = _counterpart(part, stored, index, values)
        items.append(LineValues(values) if line is None else LineValues(changed_fields(line, values), line.id))
    same = [item.id for item in items] == [line.id for line in stored] and not any(item.given for item in items)
    return None if same else LinesValue(tuple(items))


def _counterpart(part: LinesPlan, stored: Sequence[Record], index: int, values: Mapping[str, Any]) -> Record | None:
    if part.key:
        return next((line for line in stored if line.values.get(part.key) == values.get(part.key)), None)
    return stored[index] if index < len(stored) else None
