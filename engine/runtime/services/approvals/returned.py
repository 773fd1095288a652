"""What has changed in a record since a person decided about it, or since it was sent back. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.runtime.services import audit
from engine.runtime.services.approvals.tasks import TaskView
from engine.runtime.services.records import Record
from engine.runtime.storage import task_rows

PAGES = 5                                      # of the history that are looked through


@dataclass(frozen=True, slots=True)
class Since:
    """Changes after a moment, by field path: the value of then and the one of now, as JSON. `why`: decided (the reader
    did) · returned (it was sent back) · earlier (an approval before this one had ended)."""

    at: dt.datetime
    why: str
    changes: Mapping[str, tuple[Any, Any]]


def changes(record: Record, view: TaskView) -> Since | None:
    """What whoever is asked now has not seen yet; None where nobody has looked at the record before, or nobody is
    asked. With the reader's rights on fields."""
    tx = record.session.tx
    if not {"approve", "done", "answer"} & {*view.verbs}:
        return None
    found = task_rows.turning_points(tx, record.object, record.id or 0, tx.actor.id, view.item.instance)
    if found is None:
        return None
    why, at = found
    return Since(at, why, _between(record, at))


def _between(record: Record, since: dt.datetime) -> dict[str, tuple[Any, Any]]:
    """From the first value to the last of each field; what came back to what it was is no change."""
    last: dict[str, Any] = {}
    first: dict[str, Any] = {}
    before: int | None = None
    for _ in range(PAGES):
        events = audit.history(record.session, record, before=before)
        for event in events:
            if event.at <= since:
                events = []
                break
            for path, (old, new) in event.changes.items():
                last.setdefault(path, new)
                first[path] = old
        if not events:
            break
        before = events[-1].id
    told = {path: (first[path], last[path]) for path in last if path not in ("state", "status")}
    return {path: pair for path, pair in reversed(told.items()) if pair[0] != pair[1]}
