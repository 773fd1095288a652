"""Running approvals as JSON for administrators: tasks, incidents, history. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions import blocks
from engine.runtime.services.approvals import pinning, steering
from engine.runtime.storage import flow_rows, task_rows
from engine.runtime.storage.flow_rows import Row
from engine.runtime.storage.flow_states import State, Task
from engine.runtime.storage.live import Tx
from engine.runtime.web.present.sheets import json_value

JSON = dict[str, Any]


def briefs(tx: Tx, rows: Sequence[Row], language: str) -> list[JSON]:
    """The list; `rows` as `flow_lists.page` gives them."""
    names = task_rows.names(tx, {user for row in rows for user in (row["initiator"], *row["asked"])})
    return [_brief(tx, row, names, language) for row in rows]


def _brief(tx: Tx, row: Row, names: Mapping[int, str], language: str) -> JSON:
    flow = tx.app.flows.get(row["flow"])
    return {
        "id": row["id"], "flow": row["flow"], "label": flow.label.to(language) if flow else row["flow"],
        "status": row["status"], "object": tx.live.names.get(row["object"], ""), "record": row["record"],
        "title": row["title"], "initiator": names.get(row["initiator"]), "round": row["round"],
        "started_at": json_value(row["started_at"]), "ended_at": json_value(row["ended_at"]),
        "waiting_for": [names.get(user, "") for user in row["asked"]], "version": row["version"],
    }


def document(tx: Tx, state: State, language: str) -> JSON:
    """One approval with all that an administrator needs to put it right."""
    row = flow_rows.row_of(tx, state.instance.id)
    flow = pinning.flow_of(tx, state.instance)
    people = {user for task in state.tasks.values() for user in (task.assignee, task.owner, task.on_behalf)}
    events = flow_rows.events_of(tx, state.instance.id)
    names = task_rows.names(tx, people | {event["actor"] for event in events} | {row["initiator"], *row["asked"]})
    return _brief(tx, row, names, language) | {
        "tasks": [_task(state, task, names) for task in state.tasks.values()],
        "steps": [step.name for path, step in blocks.walk(flow) if steering.may_jump(flow, path)],
        "incidents": [
            {"kind": one.kind, "text": one.text.to(language), "job": one.job} for one in steering.incidents(tx, state)
        ],
        "history": [
            {
                "at": json_value(event["at"]), "type": event["type"], "step": event["step"],
                "actor": names.get(event["actor"]), "data": event["data"],
            }
            for event in events
        ],
    }


def _task(state: State, task: Task, names: Mapping[int, str]) -> JSON:
    return {
        "id": task.id, "step": state.visits[task.visit].step, "assignee": names.get(task.assignee, ""),
        "owner": names.get(task.owner, ""), "on_behalf": names.get(task.on_behalf or 0), "status": task.status,
        "decision": task.decision, "flag": task.flag, "origin": task.origin, "due_at": json_value(task.due_at),
    }
