"""Boxes of tasks and approvals with their counters, filtered and page by page. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve
from engine.digits import whole
from engine.errors import NotFound, Unreadable
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import task_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.task_rows import After, Asked
from engine.texts import Text, plain, say

BOXES: dict[str, Text] = {
    "todo": say(zh="待办", en="To do"), "done": say(zh="已办", en="Done"),
    "started": say(zh="我发起的", en="Started by me"), "copied": say(zh="抄送我的", en="Copied to me"),
    "watched": say(zh="我关注的", en="Watched"),
}
DUES = ("overdue", "today", "week", "none")
CURSOR = say(zh="分页游标无效", en="The cursor is not one of this list")


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a box. `id` is the task (None in boxes of approvals), `place` its place for paging.

    `kind`: approve (a decision is asked), handle (work) or revise (the initiator's own record came back); `status` is
    the task's, or the flow's where there is no task; `version` is what `decide` takes to notice that the task has
    changed; `show` are the fields that the step declares as those to decide by."""

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
    due_at: dt.datetime | None = None
    show: tuple[str, ...] = ()
    unread: bool = False
    alone: bool = False                        # decided on its own page: no batch answers for somebody who was added
    helps: bool = False                        # an answer is asked, the decision is its owner's


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of a box: names of an object and a flow, the submitter, words of the title, `days` that it has waited
    at least, `due` one of `DUES`."""

    object: str = ""
    flow: str = ""
    submitter: int | None = None
    text: str = ""
    days: int = 0
    due: str = ""


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a box; `next` is the cursor of the following one."""

    items: Sequence[Item]
    next: str


def inbox(tx: Tx, box: str = "todo", *, before: int | None = None, limit: int = 50) -> list[Item]:
    """One page of the actor's box (`todo done started copied watched`), newest first; `before` is the last `place`
    seen."""
    asked = _asked(tx, box, ALL)
    return items(tx, task_rows.page(tx, tx.actor.id, asked, after=After(before) if before else None, limit=limit))


def page(tx: Tx, box: str, wanted: Wanted = ALL, *, cursor: str = "", by_due: bool = True, limit: int = 50) -> Page:
    """One page of what a box holds and fits; tasks to do by their deadlines (`by_due`), else newest first. Raises
    `NotFound` for another box, `Unreadable` for a cursor that makes no sense."""
    by_due = by_due and box == "todo"
    rows = task_rows.page(
        tx, tx.actor.id, _asked(tx, box, wanted), after=_read(cursor), limit=limit + 1, by_due=by_due
    )
    last = rows[limit - 1] if len(rows) > limit else None
    due = last["due_at"] if last is not None and by_due else None
    following = "" if last is None else f"{last['place']}" + (f"~{due.isoformat()}" if due is not None else "")
    return Page(items(tx, rows[:limit]), following)


def _read(cursor: str) -> After | None:
    number, _, due = cursor.partition("~")
    if not cursor:
        return None
    try:
        place, moment = whole(number), dt.datetime.fromisoformat(due) if due else None
        if place is None or moment is not None and not moment.tzinfo:
            raise ValueError(cursor)
        return After(place, None if moment is None else moment.astimezone(dt.UTC))
    except (ValueError, OverflowError):
        raise Unreadable(CURSOR) from None


def count(tx: Tx, box: str, wanted: Wanted = ALL, *, most: int = task_rows.MOST_COUNTED) -> int:
    """How many rows the pages of a box hold, counted up to `most`."""
    return task_rows.count(tx, tx.actor.id, _asked(tx, box, wanted), most)


def counts(tx: Tx) -> dict[str, int]:
    """How many rows each box holds."""
    return {box: count(tx, box) for box in BOXES}


def submitters(tx: Tx, box: str, words: str, limit: int = 20) -> list[Ref]:
    """People who submitted what is in a box, by words of their names."""
    found = task_rows.submitters(tx, tx.actor.id, _asked(tx, box, ALL), words.strip(), limit)
    return [Ref("user", id, name) for id, name in found]


def _asked(tx: Tx, box: str, wanted: Wanted) -> Asked:
    """A box with its filter as storage takes it."""
    if box not in BOXES:
        raise NotFound(say(zh="没有名为 {box} 的分类", en="There is no box {box}", box=box))
    objects = _reached(tx)
    if wanted.object:
        number = tx.live.numbers.get(wanted.object, 0)
        objects = (number,) if objects is None or number in objects else ()
    asked = Asked(box, objects, wanted.flow, wanted.submitter, wanted.text.strip())
    if wanted.days:
        asked = replace(asked, before=tx.now - dt.timedelta(days=wanted.days))
    if box == "watched":
        asked = replace(asked, sights=tuple(_sights(tx, asked.objects)))
    return _dated(tx, asked, wanted.due)


def _dated(tx: Tx, asked: Asked, due: str) -> Asked:
    """What is due when, by the days of the app's time zone."""
    midnight = tx.now.astimezone(tx.live.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    match due:
        case "overdue":
            return replace(asked, due_before=tx.now)
        case "today":
            return replace(asked, due_since=tx.now, due_before=midnight + dt.timedelta(days=1))
        case "week":
            return replace(asked, due_since=tx.now, due_before=midnight + dt.timedelta(days=7))
        case "none":
            return replace(asked, undated=True)
    return asked


def _reached(tx: Tx) -> tuple[int, ...] | None:
    """Numbers of the objects whose tasks the actor's token reaches; None = all."""
    if tx.actor.scopes is None:
        return None
    return tuple(number for name, number in tx.live.numbers.items() if access.reaches(tx, name, "see", "decide"))


def _sights(tx: Tx, objects: Sequence[int] | None) -> list[tuple[int, Any]]:
    """For each object over which flows run, the records that the actor may see."""
    session = Session(tx)
    found = []
    for name in sorted({flow.object for flow in tx.app.flows.values()}):
        number = tx.live.numbers[name]
        if objects is None or number in objects:
            scope = reading.scope_of(session, tx.app.objects[name], "see")
            found.append((number, select(scope.table.c.id).where(scope.rule)))
    return found


def items(tx: Tx, rows: Sequence[task_rows.Row]) -> list[Item]:
    """Rows as people see them."""
    names = task_rows.names(tx, (row["initiator"] for row in rows))
    return [item(tx, row, names) for row in rows]


def item(tx: Tx, row: task_rows.Row, names: Mapping[int, str]) -> Item:
    """A row with the labels of the live definition, which is enough for a list."""
    initiator = row["initiator"]
    flow = tx.app.flows.get(row["flow"])
    step = access.once(tx, ("approvals",), lambda: _approvals(tx.app)).get((row["flow"], row["step"]))
    label = step.label if step is not None else plain(row["step"])
    if row["kind"] == "revise":
        label = say(zh="修改后重新提交", en="Change and submit again")
    return Item(
        row["place"], row["task"], row["instance"], row["flow"], flow.label if flow else plain(row["flow"]),
        row["step"], label, row["kind"], Ref(tx.live.names[row["object"]], row["record"], row["title"]),
        None if initiator is None else Ref("user", initiator, names.get(initiator, "")), row["status"],
        row["flow_status"], row["decision"], row["opinion"], row["flag"], row["lock_version"], row["created_at"],
        row["done_at"], row["due_at"], step.show if step is not None else (),
        row["status"] == "pending" and row["read_at"] is None,
        row["added_by"] is not None or (step is not None and step.signature), row["owner"] != row["assignee"],
    )


def _approvals(app: App) -> dict[tuple[str, str], Approve]:
    """Every approval by its flow and name."""
    return {
        (flow.name, step.name): step
        for flow in app.flows.values()
        for _, step in blocks.walk(flow)
        if isinstance(step, Approve)
    }
