"""Approvals that stand still: looked for every hour and where a job of one is given up; the history and the
administrators are told, once for each that is new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from engine.runtime.services import outbox
from engine.runtime.services.approvals import deciding, steering
from engine.runtime.services.approvals.flows import Decided
from engine.runtime.services.automation.doubts import administrators
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_lists, flow_rows, job_rows
from engine.runtime.storage.job_rows import Job
from engine.runtime.storage.live import Tx

JOB = "flow_incident"
ENTRY = "incident"                             # how the history calls it


def look(tx: Tx) -> None:
    """Enter a job for every approval of the app that stands still."""
    for id in flow_lists.standing(tx):
        outbox.enqueue(tx, JOB, {"instance": id}, gathers=f"incident:{tx.app.name}:{id}")


def tell(session: Session, instance: int) -> Decided | None:
    """Note in the history why an approval stands still, and tell the administrators; None where it goes on, or where
    nothing has happened since they were told of the same."""
    tx = session.tx
    state, record = steering.held(session, instance)
    kinds = sorted({one.kind for one in steering.incidents(tx, state)})
    last = flow_rows.events_of(tx, instance)[-1]
    if not kinds or (last["type"] == ENTRY and last["data"].get("kinds") == kinds):
        return None
    event = deciding.Halted(tuple(kinds), tuple(administrators(tx)))
    return Decided(record.ref, steering.carried_out(session, record, state, event))


def given_up(connection: Connection, job: Job, now: dt.datetime, reason: str) -> None:
    """A job of an approval is tried no more: it is looked at now."""
    about = {name: job.args[name] for name in ("instance", "visit") if job.args.get(name) is not None}
    if about and job_rows.state(connection, job.id) != "cancelled":
        values = {"kind": JOB, "app": job.app, "args": about, "state": "ready", "run_at": now, "created_at": now}
        job_rows.add(connection, values)


def meant(tx: Tx, args: Mapping[str, Any]) -> int | None:
    """The approval that a job names, itself or by one of its visits."""
    return int(args["instance"]) if "instance" in args else flow_rows.instance_of_visit(tx, int(args["visit"]))
