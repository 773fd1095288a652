"""Flows that steps of other flows run: what has to be started, ended or answered, as jobs that each hold one record.

A child that cannot start leaves a failed job: an incident of the flow that waits for it. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions import blocks
from engine.definitions.flows import Flow, Subflow
from engine.errors import Refused
from engine.runtime.services import outbox
from engine.runtime.services.records import Record
from engine.runtime.storage import flow_rows
from engine.runtime.storage.flow_states import State, Visit
from engine.runtime.storage.live import Tx

JOB = "flow_call"
DEEPEST = 10                                   # flows within flows


class TooDeep(Refused):
    """Flows run each other beyond `DEEPEST`: no other try would find them less deep."""


def enter(tx: Tx, before: State, after: State, given: Mapping[int, int], flow: Flow) -> None:
    """Enter what follows from a decision for flows below and above: children to start, children to end, an end of its
    own to tell. `given`: the numbers of rows that were new."""
    for visit in after.visits.values():
        if visit.kind == "subflow":
            _enter(tx, before, visit, given, flow)
    run = after.instance
    if run.caller is not None and before.instance.live and not run.live:
        outbox.enqueue(tx, JOB, {"do": "ended", "visit": run.caller}, dedup_key=f"flow:ended:{run.id}")


def send(record: Record, name: str, *, keep: bool) -> None:
    """Send a signal to the approvals of a record, entered at the end of the command, when the record is written."""
    tx = record.session.tx

    def enter() -> None:
        if record.id is not None and not record.deleted:
            signal(tx, record.object, record.id, name, keep=keep)

    record.session.at_end.append(enter)


def signal(tx: Tx, object: str, record: int, name: str, *, keep: bool) -> None:
    """Enter that something has come for which approvals of a record wait, or (`keep`) will wait."""
    actor = tx.actor.id if tx.actor.kind == "user" else None
    outbox.enqueue(
        tx, JOB, {"do": "signal", "object": object, "record": record, "name": name, "keep": keep, "actor": actor}
    )


def _enter(tx: Tx, before: State, visit: Visit, given: Mapping[int, int], flow: Flow) -> None:
    step = blocks.step_at(flow, visit.at)
    apart = isinstance(step, Subflow) and step.apart
    number = given.get(visit.id, visit.id)
    was = before.visits.get(visit.id)
    if was is None and (visit.status == "open" or apart):
        for record in visit.arms:
            args = {"do": "start", "visit": number, "record": record}
            outbox.enqueue(tx, JOB, args, dedup_key=f"flow:call:{number}:{record}")
    if was is not None and was.status == "open" and visit.status != "open":
        for child in flow_rows.children_of(tx, number):
            if child.live:
                outbox.enqueue(tx, JOB, {"do": "stop", "instance": child.id}, dedup_key=f"flow:stop:{child.id}")
