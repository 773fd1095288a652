"""Tasks as people see them: boxes with counters, one task with what may be done to it. Decides nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from engine.definitions.flows import Approve
from engine.errors import NotFound
from engine.expressions.values import Ref
from engine.runtime.services import access, pinning
from engine.runtime.services.deciding import blocks
from engine.runtime.storage import flow_rows, task_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

BOXES: dict[str, Text] = {
    "todo": say(zh="待办", en="To do"), "done": say(zh="已办", en="Done"),
    "started": say(zh="我发起的", en="Started by me"), "copied": say(zh="抄送我的", en="Copied to me"),
}
GONE = say(zh="没有这个任务，或者您无权查看", en="There is no such task, or you may not see it")


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a box. `id` is the task (None in `started` and `copied`), `place` its place for paging.

    `kind`: approve (a decision is asked) or revise (the initiator's own record came back); `status` is the task's, or
    the flow's where there is no task; `version` is what `decide` takes to notice that the task has changed."""

    place: int
    id: int | None
    instance: int
    flow: str
    flow_label: Text
    step: str
    step_label: Text
    kind: str
    record: Ref
    initiator: Ref | None
    status: str
    flow_status: str
    decision: str
    opinion: str
    flag: str
    version: int | None
    at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task. `verbs` the actor may use now; `edit` the fields open at the step (None = all, for a revision),
    `require` those that must be filled to approve; `opinion_wanted` when a comment is a must."""

    item: Item
    verbs: tuple[str, ...]
    edit: tuple[str, ...] | None
    require: tuple[str, ...]
    opinion_wanted: bool


def inbox(tx: Tx, box: str = "todo", *, before: int | None = None, limit: int = 50) -> list[Item]:
    """One page of the actor's box (`todo done started copied`), newest first; `before` is the last `place` seen."""
    if box not in BOXES:
        raise NotFound(say(zh="没有名为 {box} 的分类", en="There is no box {box}", box=box))
    rows = task_rows.box(tx, box, tx.actor.id, before=before, limit=limit, objects=_reached(tx))
    names = task_rows.names(tx, (row["initiator"] for row in rows))
    return [_item(tx, row, names) for row in rows]


def _reached(tx: Tx) -> list[int] | None:
    """Numbers of the objects whose tasks the actor's token reaches; None = all."""
    if tx.actor.scopes is None:
        return None
    return [number for name, number in tx.live.numbers.items() if access.reaches(tx, name, "see", "decide")]


def counts(tx: Tx) -> dict[str, int]:
    """How many rows each box holds."""
    return {box: task_rows.count(tx, box, tx.actor.id) for box in BOXES}


def get(tx: Tx, id: int) -> TaskView:
    """One task that the actor has to do with; `NotFound` for others."""
    row = task_rows.one(tx, id)
    if row is None:
        raise NotFound(GONE)
    state = flow_rows.load(tx, row["instance"])
    assert state is not None, "a task has its instance"
    task = state.tasks[id]
    me = tx.actor.id
    instance = state.instance
    if not access.reaches(tx, instance.object, "see", "decide"):
        raise NotFound(GONE)
    concerned = me in (task.assignee, task.owner, task.done_by, instance.initiator)
    if not concerned and not flow_rows.may_read(tx, instance.object, instance.record, me):
        raise NotFound(GONE)
    item = _item(tx, {**row, "place": id}, task_rows.names(tx, [row["initiator"]]))
    mine = task.status == "pending" and task.assignee == me and instance.live
    if row["kind"] == "revise":
        return TaskView(item, ("resubmit", "withdraw", "comment") if mine else ("comment",), None, (), False)
    step = blocks.step_at(pinning.flow_of(tx, instance), row["at"])
    assert isinstance(step, Approve), "people are asked at approvals"
    verbs = ("approve", "reject", "return", "transfer", "comment") if mine else ("comment",)
    edit = tuple(dict.fromkeys((*step.edit, *step.require)))
    return TaskView(item, verbs, edit, step.require, step.opinion)


def _item(tx: Tx, row: task_rows.Row, names: dict[int, str]) -> Item:
    initiator = row["initiator"]
    flow = tx.app.flows.get(row["flow"])
    label = _step_label(tx, row["flow"], row["step"], row["kind"])
    return Item(
        row["place"], row["task"], row["instance"], row["flow"], flow.label if flow else plain(row["flow"]),
        row["step"], label, row["kind"], Ref(tx.live.names[row["object"]], row["record"], row["title"]),
        None if initiator is None else Ref("user", initiator, names.get(initiator, "")), row["status"],
        row["flow_status"], row["decision"], row["opinion"], row["flag"], row["lock_version"], row["created_at"],
        row["done_at"],
    )


def _step_label(tx: Tx, flow: str, step: str, kind: str) -> Text:
    """The label of a step by its name; that of the live definition, which is enough for a list."""
    if kind == "revise":
        return say(zh="修改后重新提交", en="Change and submit again")
    definition = tx.app.flows.get(flow)
    steps = (s for _, s in blocks.walk(definition)) if definition else ()
    return next((s.label for s in steps if isinstance(s, Approve) and s.name == step), plain(step))
