"""Digests of what a record holds, to tell later whether any of it has changed. Knows no flow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.values import Ref, Row, Rows, Value
from engine.runtime.services.records import Record


def of(record: Record, paths: Sequence[str]) -> str:
    """A digest of these fields (`amount`, `lines.qty`); without any, of all that people may fill in."""
    said = {path: _at(record, path) for path in sorted(paths or _all(record))}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _all(record: Record) -> Iterable[str]:
    app = record.session.tx.app
    for field in record.definition.fields.values():
        if field.kind == "lines":
            inner = app.objects[f"{record.object}.{field.name}"].fields.values()
            yield from (f"{field.name}.{one.name}" for one in inner if not one.computed)
        elif not field.computed:
            yield field.name


def _at(record: Record, path: str) -> Any:
    """The value at a path; of a column of lines all its cells, each with its line."""
    head, _, tail = path.partition(".")
    if record.definition.fields[head].kind == "lines":
        return [[line.id, _plain(line.get(tail)) if tail else None] for line in record.lines(head)]
    return _plain(record.get(head))


def _plain(value: Value) -> Any:
    """A value as JSON that is the same for the same value."""
    if isinstance(value, Ref | Row):
        return [value.object, value.id]
    if isinstance(value, Rows):
        return [_plain(one) for one in value.items]
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value if value is None or isinstance(value, bool | int) else str(value)
