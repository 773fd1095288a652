"""What an alert looks at: register rows at its grain, or records, with the answer of its condition. Changes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from engine.definitions.questions import Alert
from engine.definitions.registers import Register
from engine.expressions.evaluate import evaluate
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances, report_queries

Labels: TypeAlias = "Mapping[str, Value]"
LONGEST = 500
MOST_KEYS = 500                                # looked at in one go; more are several jobs
WHOLE = "{}"                                   # the key of all that an alert looks at


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing looked at. `holds` is the error where its condition, or that of its source, is one: then it neither
    starts nor ends."""

    key: str
    labels: Labels
    frame: Frame
    holds: bool | ErrorValue
    about: Ref | None
    gone: bool = False
    meant: bool = True                         # it is one of the rows that the alert is over, as far as can be told


def look(
    session: Session, alert: Alert, subject: str, labels: Sequence[Labels] | None, *, part: bool = False
) -> Iterator[Watched]:
    """Look at these keys; with `part` at every row that has them; without keys at all rows."""
    register = session.tx.app.registers.get(subject)
    if register is None:
        yield from _records(session, alert, subject, labels)
    elif labels is None or part:
        names = alert.per or tuple(register.keys)
        found = report_queries.register_rows_at(session.tx, register, names, labels)
        session.prefetch(value for keys, _ in found for value in keys.values() if isinstance(value, Ref))
        for keys, measures in found:
            yield _register_row(session, alert, register, keys, measures)
    else:
        session.prefetch(value for one in labels for value in one.values() if isinstance(value, Ref))
        for one, measures in zip(labels, balances.totals(session.tx, register, labels), strict=True):
            yield _register_row(session, alert, register, one, measures)


def _register_row(
    session: Session, alert: Alert, register: Register, labels: Labels, measures: Mapping[str, Decimal]
) -> Watched:
    row = session.register_row(register, labels, measures, {})
    about = next((value for value in labels.values() if isinstance(value, Ref)), None)
    return _watched(session, alert, row, labels, about)


def _records(session: Session, alert: Alert, subject: str, labels: Sequence[Labels] | None) -> Iterator[Watched]:
    if labels is None:
        found = alert.over.rows(Frame(session))
        if isinstance(found, ErrorValue):      # of which records it is about, one cannot be told
            yield Watched(WHOLE, {}, Frame(session), found, None, meant=False)
        for row in getattr(found, "items", ()):
            yield _record(session, alert, Ref(subject, row.id))
        return
    refs = [ref for one in labels if isinstance(ref := one["record"], Ref)]
    session.prefetch(refs)
    for ref in refs:
        yield _record(session, alert, ref)


def _record(session: Session, alert: Alert, ref: Ref) -> Watched:
    labels = {"record": ref}
    record = session.record(ref)
    if record is None or record.root.system.get("deleted_at") is not None:
        return Watched(key_text(labels), labels, Frame(session), False, ref, gone=True, meant=False)
    return _watched(session, alert, record, labels, record.root.ref)


def _watched(session: Session, alert: Alert, row: Row, labels: Labels, about: Ref | None) -> Watched:
    frame = Frame(session, this=row, names={alert.over.alias: row} if alert.over.alias else {})
    where = alert.over.where
    inside = True if where is None else evaluate(where, frame.at(row))
    value = alert.when.value(frame) if inside is True else inside
    holds = value if isinstance(value, ErrorValue) else value is True
    meant = inside is True or isinstance(inside, ErrorValue)
    return Watched(key_text(labels), labels, frame, holds, about, meant=meant)


# ---- labels as JSON


def coded(labels: Labels) -> dict[str, Any]:
    """Labels as JSON that gives back the same values."""
    return {name: _code(value) for name, value in labels.items()}


def decoded(labels: Mapping[str, Any]) -> dict[str, Value]:
    """Labels out of JSON."""
    return {name: _decode(value) for name, value in labels.items()}


def key_text(labels: Labels) -> str:
    """A text that tells one instance of a rule apart from the others."""
    text = json.dumps(coded(labels), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()


def _code(value: Value) -> Any:
    if isinstance(value, Ref):
        return {"object": value.object, "id": value.id}
    if isinstance(value, Decimal):
        return {"number": str(value.normalize())}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    return value


def _decode(value: Any) -> Value:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    if "object" in value:
        return Ref(value["object"], value["id"])
    return Decimal(value["number"]) if "number" in value else dt.date.fromisoformat(value["date"])
