"""Automations that wait: the rest of their steps is a job of its own, entered in the transaction of what came before,
and taken as it was declared when they began."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from engine.expressions import moments
from engine.expressions.scope import Frame
from engine.expressions.values import Duration, Ref
from engine.kinds.actions.wait import Wait
from engine.runtime.services import outbox
from engine.runtime.services.automation import following
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session

ONCE = ("due", "asked", "spent")               # arguments that say whether it begins at all


def later(
    session: Session, args: Mapping[str, Any], place: int, step: Wait, frame: Frame, called: Mapping[str, object]
) -> bool:
    """Enter the job of the steps from this place on; False where there is nothing to wait for. `called`: what earlier
    steps named."""
    at = _moment(session, step, frame)
    if at is None or at <= session.now:
        return False
    kept = {name: [one.object, one.id] for name, one in called.items() if isinstance(one, Record)}
    rest = {
        **{name: value for name, value in args.items() if name not in ONCE}, "at": place,
        "version": args.get("version", session.tx.live.version), "called": {**args.get("called", {}), **kept},
    }
    outbox.enqueue(session.tx, following.JOB, rest, run_at=at)
    return True


def _moment(session: Session, step: Wait, frame: Frame) -> dt.datetime | None:
    value = computed(step.until, frame)
    if isinstance(value, Duration):
        value = moments.shift(session.now, value, 1, session)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time(), session.tx.live.zone).astimezone(dt.UTC)
    return value if isinstance(value, dt.datetime) else None


def names(session: Session, args: Mapping[str, Any]) -> dict[str, object]:
    """What earlier steps named: records, None for one that is gone."""
    kept: Mapping[str, Any] = args.get("called", {})
    return {name: session.record(Ref(str(of), int(id))) for name, (of, id) in kept.items()}
