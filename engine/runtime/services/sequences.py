"""Automatic numbers: given when the command is otherwise done, so a refused command uses none."""

from __future__ import annotations

import datetime as dt

from engine.kinds.fields.autonumber import Autonumber
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import counters


def give(session: Session, record: Record, moment: str) -> bool:
    """Number the record's autonumber fields that are due at `moment` (`create` or an action) and still blank."""
    given = False
    for field in record.definition.fields.values():
        if isinstance(field, Autonumber) and record.values.get(field.name) is None and (field.at or "create") == moment:
            around = _around(session, record, field)
            record.set(field.name, field.number(around, counters.take(session.tx, _series(record, field, around))))
            session.numbered.add((record, field.name))
            given = True
    return given


def respect(session: Session, record: Record) -> None:
    """A number that was given from outside moves the counter past it."""
    for field in record.definition.fields.values():
        if not isinstance(field, Autonumber) or (record, field.name) in session.numbered:
            continue                           # no number, or the counter gave it
        value = record.values.get(field.name)
        if isinstance(value, str) and (record.before or {}).get(field.name) != value:
            around = _around(session, record, field)
            count = field.count_in(around, value)
            if count is not None:
                counters.pass_by(session.tx, _series(record, field, around), count)


def _around(session: Session, record: Record, field: Autonumber) -> tuple[str, str]:
    date = record.values.get("date") if "date" in record.definition.fields else None
    day = date if isinstance(date, dt.date) else session.today
    return field.around(day, lambda path: _text(session, record, path))


def _text(session: Session, record: Record, path: str) -> str:
    value = record.get(path.split(".")[0])
    return record.definition.fields[path.split(".")[0]].format(value, session.language)


def _series(record: Record, field: Autonumber, around: tuple[str, str]) -> str:
    return f"{record.object}.{field.name}:{around[0]}|{around[1]}"[:200]
