"""What another system is told: the values of a `webhook` step as JSON, entered to leave after the commit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Rows
from engine.kinds.actions.webhook import Webhook
from engine.kinds.fields.number import plain_notation
from engine.runtime.services import outbox
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session

JOB = "webhook"


def enter(session: Session, record: Record | None, step: Webhook, frame: Frame) -> None:
    """Enter the call in the transaction, with the values of this moment; an error in one refuses the command."""
    tx, id = session.tx, f"msg_{uuid.uuid4().hex}"
    data = {name: told(value, frame) for name, value in step.values.items()}
    body: dict[str, Any] = {"type": f"{tx.app.name}.{step.hook}", "timestamp": stamp(tx.now), "data": data}

    def leave() -> None:                       # a new record has its number by then
        if record is not None:
            body["about"] = {"object": record.root.object, "id": record.root.id}
        outbox.enqueue(tx, JOB, {"app": tx.app.name, "hook": step.hook, "id": id, "body": body}, dedup_key=id)

    session.at_end.append(leave)


def told(value: Any, frame: Frame) -> Any:
    """One value as JSON: exact numbers as texts, moments in UTC, records as {object, id}."""
    if isinstance(value, Expression):
        return told(computed(value, frame), frame)
    if isinstance(value, Mapping):
        return {name: told(inner, frame) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(inner, frame) for inner in value]
    if isinstance(value, Ref):
        return {"object": value.object, "id": value.id}
    if isinstance(value, Record):
        return {"object": value.object, "id": value.id}
    if isinstance(value, Decimal):
        return plain_notation(value)
    if isinstance(value, dt.datetime):
        return stamp(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Rows):
        return [told(inner, frame) for inner in value.items]
    return str(value)


def stamp(moment: dt.datetime) -> str:
    """An instant in UTC, as the API writes it."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
