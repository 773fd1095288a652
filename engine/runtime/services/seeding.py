"""What publishing plants beside tables: the definition's seed rows, and stored formulas of records that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Failure, Refused
from engine.runtime.services import changes, finishing, inputs, saving, taking
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import queries, rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.plans import Plan
from engine.texts import say

BATCH = 200


def plant(tx: Tx, *, first: bool, plan: Plan) -> None:
    """Seed rows when an app is published for the first time; new stored formulas are computed for what is there."""
    if first:
        for object, listed in tx.app.data.items():
            for row in listed:
                sow(tx, object, row)
    altered = {operation.table for operation in plan.operations if operation.kind == "add column"}
    for obj in tx.app.objects.values():
        tables = {tx.live.tables.objects[name].name for name in (obj.name, *(f"{obj.name}.{n}" for n in obj.lines))}
        if not obj.owner and obj.name != "user" and tables & altered:
            recompute(tx, obj.name)


def sow(tx: Tx, object: str, raw: Mapping[str, Any]) -> Record:
    """One record out of a row of the definition (`data`, `samples`), through the pipeline. `state` names the state
    that it
    is brought to, by the action that leads there."""
    try:
        command = taking.begin(tx)
        obj = tx.app.objects[object]
        record = saving.start_new(command.session, obj)
        given = {name: value for name, value in raw.items() if name != "state"}
        changes.fill_new(command.session, record, inputs.read(tx, object, given))
        command.verbs[record] = ("created", "")
        finishing.finish(command)
        wanted = raw.get("state")
        if wanted and wanted != record.state:
            advance(command, record, str(wanted))
        return record
    except Failure as failure:
        text = say(
            zh="初始数据 {object} {row}：{reason}",
            en="Seed row of {object} {row}: {reason}",
            object=object,
            row=dict(raw),
            reason=failure.message,
        )
        raise Refused(text, code="seed") from failure


def advance(command: taking.Command, record: Record, state: str) -> None:
    """Bring a record to a state by the action that leads there from where it is."""
    for action in record.definition.actions.values():
        if action.to == state and (not action.from_states or record.state in action.from_states):
            taking.take(command, record, action.name, {}, by_flow=True)
            finishing.finish(command)
            return
    raise Refused(say(zh="没有操作能到达状态 {state}", en="No action leads to the state {state}", state=state))


def recompute(tx: Tx, object: str) -> int:
    """Bring the stored formulas and derived states of all records of an object up to date; how many there are."""
    obj = tx.app.objects[object]
    done, last = 0, 0
    while True:
        ids = queries.ids_after(tx, obj, last, BATCH)
        if not ids:
            return done
        session = Session(tx)
        for row in rows.fetch(tx, obj, ids):
            saving.refresh(session, session.adopt(obj, row))
        done, last = done + len(ids), ids[-1]
