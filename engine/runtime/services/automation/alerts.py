"""Alerts: entering their evaluation (`alerting`) when something changed, and what people see of them and do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import App
from engine.definitions.questions import Alert
from engine.errors import FieldError, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import outbox
from engine.runtime.services.automation import alert_messages, doubts, watching
from engine.runtime.services.automation.watching import Labels
from engine.runtime.services.rights import access
from engine.runtime.storage import alert_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text, plain, say

LONGEST_SILENCE = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlertView:
    """One episode of an alert. `about` the record that it is about, if any; `labels` what tells it apart."""

    id: int
    rule: str
    label: Text
    text: Text
    severity: str
    labels: Mapping[str, Any]
    about: Ref | None
    fired_at: dt.datetime
    resolved_at: dt.datetime | None
    acknowledged_by: int | None
    acknowledged_at: dt.datetime | None
    silenced_until: dt.datetime | None = None
    group: Text | None = None                  # what those have in common with which it is told
    told_at: dt.datetime | None = None         # when its group's next message says it; None: nothing waits


# ---- what changed


def touch(tx: Tx, register: str, keys: Iterable[Keys]) -> None:
    """Rows of a register moved: let the alerts over it look at them after the commit."""
    rules = [alert for alert in tx.app.alerts.values() if alert.over.object == register]
    if not rules:
        return
    names = tuple(tx.app.registers[register].keys)
    moved = [dict(zip(names, row, strict=True)) for row in keys]
    for alert in rules:
        grain = [{name: row[name] for name in alert.per or names} for row in moved]
        found = {watching.key_text(labels): labels for labels in grain}
        order = sorted(found, key=lambda key: (len(key), key))         # the rows of one command come in any
        _enter(tx, alert, [found[key] for key in order])


def touch_records(tx: Tx, object: str, ids: Iterable[int]) -> None:
    """Records changed: let the alerts over them look, and those over registers whose condition reads them."""
    refs = [Ref(object, id) for id in sorted(ids)]
    for alert in tx.app.alerts.values():
        if alert.over.object == object:
            _enter(tx, alert, [{"record": ref} for ref in refs])
            continue
        for name in _reading_keys(tx.app, alert, object):
            _enter(tx, alert, [{name: ref} for ref in refs], part=True)


def _reading_keys(app: App, alert: Alert, object: str) -> list[str]:
    """Keys of the alert's register through which its condition reads records of this object."""
    register = app.registers.get(alert.over.object)
    if register is None:
        return []
    heads = {path[0] for path in alert.when.reads if len(path) > 1}
    per = alert.per or tuple(register.keys)
    return [name for name in per if name in heads and object in getattr(register.keys[name], "to", ())]


def _enter(tx: Tx, alert: Alert, wanted: Sequence[Labels], *, part: bool = False) -> None:
    """Enter jobs for these keys; `part`: only some keys are given, every row that has them is meant."""
    for start in range(0, len(wanted), watching.MOST_KEYS):
        some = [watching.coded(labels) for labels in wanted[start:start + watching.MOST_KEYS]]
        outbox.enqueue(tx, "alerts", {"rule": alert.name, "keys": some, "part": part, **tx.led})


# ---- what people see


def open(tx: Tx, *, resolved: bool = False, before: int | None = None, limit: int = 100) -> list[AlertView]:
    """Alerts that fire now and concern the actor (told, a receiver's role, administrators); newest first."""
    rows = alert_rows.listing(tx, open_only=not resolved, before=before, limit=limit)
    waiting = alert_messages.waiting(tx)
    return [_view(tx, row, waiting.get(row["id"])) for row in rows if _concerns(tx, row)]


def acknowledge(tx: Tx, id: int) -> AlertView:
    """Say that somebody sees to it: no reminders any more. `NotFound` for those whom it does not concern."""
    row = _mine(tx, id)
    if row["acknowledged_at"] is None:
        values = {"acknowledged_by": tx.actor.id or None, "acknowledged_at": tx.now}
        alert_rows.change(tx, id, values)
        row = {**row, **values}
    return _view(tx, row)


def silence(tx: Tx, id: int, until: dt.datetime | None) -> AlertView:
    """Tell nobody of what this alert is about until a moment, at most 30 days ahead; None ends the silence. What is
    true goes on being watched: if it still fires then, people are told at once, and of an end that fell into it."""
    row = _mine(tx, id)
    if row["resolved_at"] is not None:
        raise Refused(say(zh="该预警已解除", en="This alert is over"), code="resolved")
    if until is not None and not tx.now < until <= tx.now + LONGEST_SILENCE:
        text = say(zh="请选择今后 30 天内的时间", en="Choose a moment within the next 30 days")
        raise Invalid(text, errors=[FieldError("until", text, "range")])
    values = {"silenced_until": until or tx.now, "silenced_by": tx.actor.id or None}
    if until is None and row["silenced_until"] is None:
        return _view(tx, row)
    alert_rows.change(tx, id, values)
    args = {"rule": row["rule"], "keys": [row["labels"]]}
    outbox.enqueue(tx, "alerts", args, run_at=until or tx.now)
    return _view(tx, {**row, **values})


def _mine(tx: Tx, id: int) -> Mapping[str, Any]:
    """An episode that the actor may see to."""
    row = alert_rows.one(tx, id)
    if row is None or not _concerns(tx, row):
        raise NotFound(say(zh="没有这条预警", en="There is no such alert"))
    access.demand_scope(tx, _over(tx, row), "acknowledge")
    return row


def _over(tx: Tx, row: Mapping[str, Any]) -> str:
    """What the rule of an episode watches; blank if the rule is gone."""
    alert = tx.app.alerts.get(row["rule"])
    return "" if alert is None else alert.over.object


def _concerns(tx: Tx, row: Mapping[str, Any]) -> bool:
    alert = tx.app.alerts.get(row["rule"])
    if alert is not None and not access.reaches(tx, alert.over.object, "see"):
        return False
    told = alert.to if alert is not None and not doubts.is_doubt(row) else ()
    roles = {role for receiver in told for role in receiver.who.roles}
    actor = tx.actor
    return actor.admin or actor.kind == "service" or actor.id in row["receivers"] or bool(roles & actor.roles)


def _view(tx: Tx, row: Mapping[str, Any], told_at: dt.datetime | None = None) -> AlertView:
    alert = tx.app.alerts.get(row["rule"])
    about = Ref(row["object"], row["record"]) if row["record"] is not None else None
    return AlertView(
        row["id"], row["rule"], alert.label if alert else plain(row["rule"]), Text(row["text"]), row["severity"],
        watching.decoded(row["labels"]), about, row["fired_at"], row["resolved_at"], row["acknowledged_by"],
        row["acknowledged_at"],
        row["silenced_until"] if row["silenced_until"] is not None and row["silenced_until"] > tx.now else None,
        Text(row["bundle_title"]) if row["bundle"] else None, told_at,
    )
