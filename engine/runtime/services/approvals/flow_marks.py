"""Where an approval stands, step by step of its definition: what was, is, is to be expected, or is passed by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Flow
from engine.expressions.values import Ref
from engine.runtime.services.approvals import pinning, prospects
from engine.runtime.services.approvals.deciding import Note
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, task_rows
from engine.runtime.storage.flow_states import State, Visit
from engine.texts import Text

# Entries of the history that tell that a step was reached; all others are about something else.
REACHED = ("arrived", "cc", "notified", "done", "chosen", "forked", "skipped", "waits", "subflow", "called")
STATUSES = ("done", "rejected", "returned", "current", "next", "skipped", "off", "maybe", "stopped")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a step: `word` their decision or how their task stands; `auto` where a rule answered."""

    user: Ref
    word: str
    at: dt.datetime | None = None
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """How a step stands: one of `STATUSES` (next = foreseen, off = not on the way, maybe = not known, stopped = was
    open when the approval ended), who was, is or would be asked, the arms taken, and how often it was reached."""

    status: str
    people: tuple[Person, ...] = ()
    arms: tuple[int, ...] = ()
    times: int = 1
    at: dt.datetime | None = None
    due: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A definition with the marks of one approval, by path; `ended` marks the end. Without an instance there is only
    the definition, or (`foreseen`) what would come of it now."""

    flow: Flow
    marks: Mapping[str, Mark]
    status: str = ""
    initiator: Ref | None = None
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    stopped: Text | None = None
    revising: tuple[Person, ...] = ()          # whoever has it back to change it


def plain(flow: Flow) -> Course:
    """The definition as such."""
    return Course(flow, {})


def of(session: Session, record: Record, instance: int) -> Course | None:
    """An approval over a record; None where there is none of this number."""
    tx = session.tx
    state = flow_rows.load(tx, instance)
    if state is None or (state.instance.object, state.instance.record) != (record.object, record.id):
        return None
    flow = pinning.flow_of(tx, state.instance)
    _, tasks, own = flow_rows.times_of(tx, instance)
    times = {id: row["done_at"] for id, row in tasks.items()}
    entries = [(e["type"], e["path"], e["visit"], e["data"], e["at"]) for e in flow_rows.events_of(tx, instance)]
    seen = prospects.ahead(session, record, flow, state) if state.instance.live else None
    people = [t.assignee for one in (state, *([seen.state] if seen else ())) for t in one.tasks.values()]
    told = [data.get("users", ()) for _, _, _, data, _ in [*entries, *map(_said, seen.notes if seen else ())]]
    names = task_rows.names(tx, [*people, state.instance.initiator, *(int(user) for users in told for user in users)])
    reached = _reached(entries)
    marks = {path: _mark(state, entry, times, names) for path, entry in reached.items()}
    if seen is not None:
        later = _reached([*entries, *(_said(note) for note in seen.notes)])
        fresh = {path: entry for path, entry in later.items() if entry is not reached.get(path)}
        marks = {path: mark for path, mark in marks.items() if path in later}
        marks |= {path: _foreseen(seen.state, entry, names) for path, entry in fresh.items()}
    marks = {path: replace(mark, times=_times(state, path)) for path, mark in marks.items()}
    revise = next((v for v in state.visits.values() if v.kind == "revise" and v.status == "open"), None)
    initiator = None if state.instance.initiator is None else _user(state.instance.initiator, names)
    rest = "maybe" if seen is not None else "off"
    return Course(
        flow, _completed(flow, marks, rest), state.instance.status, initiator, own["started_at"], own["ended_at"],
        None if seen is None else seen.stopped, () if revise is None else _people(state, revise, times, names),
    )


Entry = tuple[str, str, int | None, Mapping[str, Any], dt.datetime | None]


def _said(note: Note) -> Entry:
    return note.type, note.at, note.visit, note.data, None


def _reached(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The last entry of each step that still counts: coming to a step anew forgets what lay behind it."""
    found: dict[str, Entry] = {}
    for entry in entries:
        type, path, *_ = entry
        if type not in REACHED or not path:
            continue
        for other in [p for p in found if _behind(path, p)]:
            del found[other]
        found[path] = entry
    return found


def _behind(path: str, other: str) -> bool:
    """Whether a step is reached after, or within, another one; arms stand beside each other."""
    one, two = blocks.read(path), blocks.read(other)
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    return len(two) > len(one) if at is None else at % 2 == 0 and two[at] > one[at]


def _times(state: State, path: str) -> int:
    return max(1, sum(1 for visit in state.visits.values() if visit.at == path and visit.kind != "revise"))


def _mark(state: State, entry: Entry, times: Mapping[int, Any], names: Mapping[int, str]) -> Mark:
    """A step that was reached."""
    type, path, id, data, at = entry
    visit = state.visits.get(id) if id is not None else None
    if visit is not None and type in ("arrived", "waits", "subflow", "called"):
        return Mark(_standing(state, visit), _people(state, visit, times, names), at=at, due=_due(state, visit))
    if type == "skipped":
        return Mark("skipped", at=at)
    users = tuple(Person(_user(int(user), names), "") for user in data.get("users", ()))
    return Mark("done", users if type in ("cc", "notified") else (), _arms(data), at=at)


def _standing(state: State, visit: Visit) -> str:
    if visit.status == "open":
        return "current" if state.instance.live else "stopped"
    if visit.status == "cancelled":
        return "stopped"
    return {"rejected": "rejected", "returned": "returned", "skipped": "skipped"}.get(visit.outcome, "done")


def _due(state: State, visit: Visit) -> dt.datetime | None:
    dues = [task.due_at for task in state.tasks_of(visit.id) if task.status == "pending" and task.due_at is not None]
    return min(dues, default=visit.due_at)


def _people(state: State, visit: Visit, times: Mapping[int, Any], names: Mapping[int, str]) -> tuple[Person, ...]:
    return tuple(
        Person(_user(task.assignee, names), task.decision or task.status,
               times.get(task.id) if task.status == "done" else None, task.via in ("auto", "timer"))
        for task in state.tasks_of(visit.id)
        if task.status != "cancelled" or visit.status != "closed"
    )


def _foreseen(state: State, entry: Entry, names: Mapping[int, str]) -> Mark:
    """A step that would be reached."""
    type, _, id, data, _ = entry
    if type == "skipped":
        return Mark("skipped")
    visit = state.visits.get(id) if id is not None else None
    tasks = state.tasks_of(visit.id) if visit is not None else []
    people = tuple(Person(_user(t.assignee, names), "", auto=t.via == "auto") for t in tasks)
    people = people or tuple(Person(_user(int(user), names), "") for user in data.get("users", ()))
    return Mark("next", people, _arms(data))


def _arms(data: Mapping[str, Any]) -> tuple[int, ...]:
    found = data.get("arms", [data["arm"]] if "arm" in data else [])
    return tuple(int(arm) for arm in found)


def _completed(flow: Flow, marks: Mapping[str, Mark], rest: str) -> dict[str, Mark]:
    """Marks for all steps: what lies in an arm that was not taken is off the way; of the rest nothing is known."""
    found = dict(marks)
    for path, _ in blocks.walk(flow):
        if path in found:
            continue
        above = found.get(blocks.around(path))
        arm = blocks.read(path)[-2] if above is not None else 0
        closed = above is not None and (above.status in ("off", "skipped") or above.arms and arm not in above.arms)
        found[path] = Mark("off" if closed else rest)
    return found


def _user(id: int, names: Mapping[int, str]) -> Ref:
    return Ref("user", id, names.get(id, f"#{id}"))
