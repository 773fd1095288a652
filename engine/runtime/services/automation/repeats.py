"""What an automation does once: never again for the same values, and together for rows that agree."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from engine.definitions.automations import Automation
from engine.errors import Refused
from engine.expressions.values import ErrorValue, Ref, Row, Rows
from engine.runtime.services.sessions import Session
from engine.runtime.storage import once_rows

R = TypeVar("R", bound=Row)


def first_time(session: Session, automation: Automation, row: Row | None) -> bool:
    """Whether an automation has not been here before, by its `once`; from now on it has, if this transaction ends
    well."""
    if not automation.once or row is None:
        return True
    digest = hashlib.sha256(agreement(session, row, automation.once).encode()).hexdigest()
    return once_rows.claim(session.tx, automation.name, digest)


def groups(session: Session, automation: Automation, rows: Iterable[R]) -> list[list[R]]:
    """The rows that share a run, in the order of their first ones."""
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(agreement(session, row, automation.one_per), []).append(row)
    return list(found.values())


def agreement(session: Session, row: Row, paths: Sequence[str]) -> str:
    """The values at these paths as a text that is the same for the same values."""
    return json.dumps({path: _coded(_at(session, row, path.split("."))) for path in paths}, ensure_ascii=False)


def _at(session: Session, row: Row, path: Sequence[str]) -> Any:
    value: Any = row
    for name in path:
        value = session.record(value) if isinstance(value, Ref) else value
        if isinstance(value, Rows):
            value = tuple(one.get(name) for one in value.items)
        else:
            value = value.get(name) if isinstance(value, Row) else None
    return value


def _coded(value: Any) -> Any:
    if isinstance(value, ErrorValue):
        raise Refused(value.reason, code="expression")
    if isinstance(value, (tuple, Rows)):
        return [_coded(one) for one in (value.items if isinstance(value, Rows) else value)]
    if isinstance(value, (Ref, Row)):
        return [value.object, value.id]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, Decimal)):
        return f"{Decimal(value).normalize():f}"
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
