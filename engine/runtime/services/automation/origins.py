"""What starts an automation besides news of records: a balance that moved, an alert, the failure of another one. As the
arguments of a job, and back as what its steps see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from engine.definitions.automations import Automation
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Row
from engine.runtime.services.automation import following, hooking, watching
from engine.runtime.services.automation.following import Due
from engine.runtime.services.conditions import holds
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances, job_rows
from engine.runtime.storage.balances import BalanceRow
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx

FAILURES = "automation_failed"                 # a job: looks who wants to know that a run was given up
CARRIED = ("inputs", "register", "alert", "failed")         # what jobs of single rows are told as well


@dataclass(frozen=True, slots=True)
class Origin:
    """What started a run: the row of a register that is at hand, if any, and what names mean besides."""

    row: Row | None
    names: Mapping[str, object]


def of(session: Session, automation: Automation, args: Mapping[str, Any]) -> Origin:
    """The origin that a job tells of."""
    names: dict[str, object] = {}
    if "inputs" in args:
        names |= hooking.told(session, automation, str(args["inputs"]))
    if "failed" in args:
        names["failed.reason"] = str(args["failed"])
    row: Row | None = None
    if "register" in args:
        row, before = _moved_row(session, automation.trigger.name, args["register"])
        names |= before
    elif "alert" in args:
        row = _alert_row(session, automation.trigger.name, args["alert"])
    return Origin(row, names if row is None else {**names, "trigger": row})


def wanted(tx: Tx, kind: str, name: str) -> list[Automation]:
    """The automations that wait for this."""
    found = [one for one in tx.app.automations.values() if one.active]
    return [one for one in found if (one.trigger.kind, one.trigger.name) == (kind, name)]


# ---- balances


def moved(session: Session) -> Iterator[Due]:
    """The runs that follow from the balances which this command has moved. Their rows are held: what is before and
    after is exact, whoever else books at the same time."""
    for name in session.moved:
        started = wanted(session.tx, "register", name)
        rows = session.holdings.touched(session.tx.app.registers[name]) if started else ()
        for row in rows:
            if row.level == 0 and row.touched:
                yield from _crossed(session, row, started)


def _crossed(session: Session, row: BalanceRow, started: list[Automation]) -> Iterator[Due]:
    keys = dict(zip(row.register.keys, row.keys, strict=True))
    after = session.register_row(row.register, keys, row.measures, {})
    names = _before(session, row.register.name, keys, row.before)
    frame = Frame(session, this=after, names={**names, "trigger": after})
    told = {"keys": watching.coded(keys), "now": _texts(row.measures), "before": _texts(row.before)}
    for one in started:
        if one.when is None or holds(one.when, frame):
            yield Due((one.name, f"{row.register.name} {watching.key_text(keys)}", 0), {"register": told})


def _before(
    session: Session, register: str, keys: Mapping[str, Any], measures: Mapping[str, Decimal]
) -> dict[str, object]:
    """`available.before` and the like."""
    thing = session.tx.app.registers[register]
    before = RegisterRow(session, thing, keys, measures)
    return {f"{name}.before": before.get(name) for name in (*thing.measures, *thing.formulas)}


def _texts(measures: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: str(value) for name, value in measures.items()}


def _moved_row(session: Session, name: str, told: Mapping[str, Any]) -> tuple[Row, dict[str, object]]:
    """The row as it was when it moved; measures that a newer version has besides are zero."""
    register, keys = session.tx.app.registers[name], watching.decoded(told["keys"])
    now, before = (
        {one: Decimal(told[part].get(one, 0)) for one in register.measures} for part in ("now", "before")
    )
    return session.register_row(register, keys, now, {}), _before(session, name, keys, before)


# ---- alerts


def alerted(tx: Tx, rule: str, how: str, labels: Mapping[str, Any]) -> None:
    """An alert fired or is over: enter what waits for that. `labels` as JSON, see `watching.coded`."""
    due = []
    for one in wanted(tx, "alert", rule) if labels else ():    # that there are no rows is about none
        if one.trigger.options.get("is") in ("", how):
            ref = watching.decoded(labels).get("record")
            if isinstance(ref, Ref):
                due.append(Due((one.name, ref.object, ref.id), {"object": ref.object, "record": ref.id}))
            else:
                key = watching.key_text(watching.decoded(labels))
                due.append(Due((one.name, f"alert {key}", 0), {"alert": dict(labels)}))
    following.enter(tx, due)


def _alert_row(session: Session, rule: str, labels: Mapping[str, Any]) -> Row | None:
    """The row of the register that an alert is about, as it is now."""
    alert = session.tx.app.alerts.get(rule)
    register = None if alert is None else session.tx.app.registers.get(alert.over.object)
    if register is None:
        return None
    keys = watching.decoded(labels)
    return session.register_row(register, keys, balances.total(session.tx, register, keys), {})


# ---- failures


def given_up(connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
    """A run was given up, not taken back by a person: note it in the same transaction, for those who wait for it."""
    if job_rows.state(connection, job.id) != "cancelled":
        told = {name: job.args[name] for name in ("object", "record", "causes", "runs") if name in job.args}
        job_rows.add(connection, {
            "kind": FAILURES, "app": job.app, "state": "ready", "run_at": now, "created_at": now,
            "args": {"automation": job.args["automation"], "job": job.id, "reason": reason, **told},
        })


def failed(tx: Tx, args: Mapping[str, Any]) -> None:
    """Enter the automations that wait for the failure of another one."""
    tx.led = {name: args[name] for name in ("causes", "runs") if args.get(name) is not None}
    about = {name: args[name] for name in ("object", "record") if name in args}
    due = []
    for one in wanted(tx, "failed", str(args["automation"])):
        cause = (one.name, str(args.get("object", args["automation"])), int(args.get("record", 0)))
        due.append(Due(cause, {"failed": args["reason"], **about}))
    following.enter(tx, due)
