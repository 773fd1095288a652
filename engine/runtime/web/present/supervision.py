"""All approvals of an app as an administrator's page: rows, filters, one approval with what may be done, durations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Flow
from engine.errors import NotFound
from engine.expressions.values import Ref
from engine.runtime.services.approvals import flow_marks, pinning, steering, supervising
from engine.runtime.services.approvals.supervising import TROUBLES, Duration
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, task_rows
from engine.runtime.storage.flow_lists import Sought
from engine.runtime.storage.flow_rows import Row
from engine.runtime.storage.flow_states import OPEN, State
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, approvals, flow_pictures, inbox_filters, inboxes, values
from engine.runtime.web.present.flow_pictures import Picture
from engine.runtime.web.present.places import Choice
from engine.texts import Text, listed, plain, say

STATES: Mapping[str, Text] = {
    "live": say(zh="进行中", en="Not over"), "running": say(zh="审批中", en="Under way"),
    "returned": say(zh="已退回", en="Sent back"), "suspended": say(zh="已暂停", en="Suspended"),
    "approved": say(zh="已通过", en="Approved"), "rejected": say(zh="已拒绝", en="Rejected"),
    "withdrawn": say(zh="已撤回", en="Withdrawn"), "terminated": say(zh="已终止", en="Ended"),
    "all": say(zh="全部", en="All"),
}
TROUBLED: Mapping[str, tuple[Text, str]] = {
    "any": (say(zh="需要处理", en="in trouble"), "red"), "late": (say(zh="已逾期", en="late"), "red"),
    "stuck": (say(zh="停滞", en="stuck"), "red"), "left": (say(zh="待办人已停用", en="nobody left to decide"), "red"),
    "failed": (say(zh="步骤失败", en="a step failed"), "red"),
}
UNITS = (
    (86400, say(zh="{n} 天", en="{n} d")), (3600, say(zh="{n} 小时", en="{n} h")),
    (60, say(zh="{n} 分钟", en="{n} min")),
)
SECONDS = say(zh="不到 1 分钟", en="less than a minute")
NEEDS: Mapping[str, tuple[str, ...]] = {                      # statuses in which a verb is offered
    "retry": ("running", "returned"), "suspend": ("running", "returned"), "resume": ("suspended",),
    "migrate": ("running", "returned"), "terminate": ("running", "returned", "suspended"),
    "jump": ("running", "returned"),
}
KINDS = {"retry": "primary", "resume": "primary", "terminate": "danger"}


@dataclass(frozen=True, slots=True)
class Line:
    """One approval of the list."""

    url: str
    title: str
    flow: str
    state: str
    color: str
    asked: str
    who: str
    since: str
    age: str
    troubles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The list with its filters."""

    lines: Sequence[Line]
    count: str
    next_url: str
    states: Sequence[Choice]
    flows: Sequence[Choice]
    troubles: Sequence[Choice]
    days: Sequence[Choice]
    person: Choice | None
    text: str
    filtered: bool


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that an administrator may do to an approval; a jump chooses among `steps`."""

    name: str
    label: str
    kind: str                                  # of its button
    steps: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True)
class OpenTask:
    id: int
    step: str
    who: str
    state: str
    color: str
    since: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One approval: its picture, open tasks, what is wrong, what may be done, and its history in words."""

    id: int
    title: str
    flow: str
    flow_url: str
    state: str
    color: str
    record_url: str
    picture: Picture | None
    tasks: Sequence[OpenTask]
    incidents: Sequence[tuple[str, str]]
    verbs: Sequence[Verb]
    story: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a step takes, in words."""

    label: str
    count: int
    median: str
    p90: str
    open: int
    oldest: str


def sought(address: Mapping[str, str]) -> Sought:
    """What an address asks for. Raises `Unreadable`."""
    return Sought(
        address.get("status") or "live", address.get("flow", ""), inbox_filters.number(address.get("person", "")),
        address.get("q", "").strip()[:200], trouble=address.get("trouble", ""),
    )


def overview(tx: Tx, wanted: Sought, days: int, *, before: int | None, limit: int) -> Overview:
    """A page of the list."""
    language, app = tx.actor.language, tx.app
    page = supervising.page(tx, wanted, before=before, limit=limit)
    people = {user for row in page.rows for user in (row["initiator"], *row["asked"])} | {wanted.person}
    names = task_rows.names(tx, people)
    asked = {
        "status": wanted.status, "flow": wanted.flow, "person": str(wanted.person or ""), "q": wanted.text,
        "days": str(days or ""), "trouble": wanted.trouble,
    }
    more = {name: value for name, value in asked.items() if value} | {"before": str(page.next)}
    person = Choice(str(wanted.person), names.get(wanted.person, ""), True) if wanted.person is not None else None
    return Overview(
        [line(tx, row, names, page.troubles.get(row["id"], ())) for row in page.rows],
        inboxes.counted(page.count, language),
        addresses.extended(addresses.approvals(app.name), **more) if page.next else "",
        [Choice(name, word.to(language), name == wanted.status) for name, word in STATES.items()],
        [Choice(flow.name, flow.label.to(language), flow.name == wanted.flow) for flow in app.flows.values()],
        [Choice(name, TROUBLED[name][0].to(language), name == wanted.trouble) for name in TROUBLES],
        [Choice(str(n), inbox_filters.waited(n, language), n == days) for n in inbox_filters.DAYS],
        person, wanted.text, replace(wanted, before=None) != Sought() or bool(days),
    )


def line(tx: Tx, row: Row, names: Mapping[int, str], troubles: Sequence[str]) -> Line:
    """One row."""
    language = tx.actor.language
    word, color = approvals.in_words(row["status"], language)
    flow = tx.app.flows.get(row["flow"])
    end = row["ended_at"] or tx.now
    return Line(
        addresses.approvals(tx.app.name, str(row["id"])), row["title"] or f"#{row['record']}",
        (flow.label if flow is not None else plain(row["flow"])).to(language), word, color,
        listed((names.get(user, "") for user in row["asked"]), language), names.get(row["initiator"], ""),
        values.moment(row["since"] or row["started_at"], tx.zone, language),
        lasting((end - row["started_at"]).total_seconds(), language),
        [TROUBLED[name][0].to(language) for name in troubles],
    )


def lasting(seconds: float, language: str) -> str:
    """A span in at most two units."""
    parts: list[str] = []
    for size, unit in UNITS:
        number, seconds = divmod(int(seconds), size)
        if number or parts:
            parts.append(unit.filled(n=number).to(language) if number else "")
    shown = " ".join(part for part in parts[:2] if part)
    return shown or SECONDS.to(language)


def detail(tx: Tx, id: int) -> Detail:
    """One approval; `NotFound` where the app has none of this number."""
    steering.demand(tx)
    state, language = flow_rows.load(tx, id), tx.actor.language
    if state is None:
        raise NotFound(steering.GONE)
    session, flow = Session(tx), pinning.flow_of(tx, state.instance)
    record = session.record(Ref(state.instance.object, state.instance.record))
    course = flow_marks.of(session, record, id) if record is not None else None
    row, incidents = flow_rows.row_of(tx, id), steering.incidents(tx, state)
    word, color = approvals.in_words(state.instance.status, language)
    return Detail(
        id, row["title"] or f"#{row['record']}", flow.label.to(language), addresses.flow(tx.app.name, flow.name), word,
        color, addresses.record(tx.app.name, state.instance.object, state.instance.record),
        flow_pictures.of(tx, course, record) if course is not None else None, open_tasks(tx, state, flow),
        [(TROUBLED[one.kind][0].to(language), one.text.to(language)) for one in incidents],
        verbs(tx, state, flow, failed=any(one.kind == "failed" for one in incidents)), story(tx, id, flow),
    )


def open_tasks(tx: Tx, state: State, flow: Flow) -> list[OpenTask]:
    """The slots that can be given to somebody else."""
    _, times, _ = flow_rows.times_of(tx, state.instance.id)
    tasks = [task for task in state.tasks.values() if task.status in OPEN]
    names = task_rows.names(tx, (task.assignee for task in tasks))
    labels = _labels(flow)
    found = []
    for task in tasks:
        step = state.visits[task.visit].step
        word, color = approvals.in_words(task.status, tx.actor.language)
        since = values.moment(times[task.id]["created_at"], tx.zone, tx.actor.language)
        label = (labels.get(step) or approvals.WORDS["returned"][0]).to(tx.actor.language)
        found.append(OpenTask(task.id, label, names.get(task.assignee, ""), word, color, since))
    return found


def verbs(tx: Tx, state: State, flow: Flow, *, failed: bool) -> list[Verb]:
    """What may be done to an approval as it stands; tried again is what has `failed`, begun anew what runs by another
    version than the live one."""
    language, old = tx.actor.language, state.instance.version != tx.live.version
    out = {"retry": not failed, "migrate": not old or flow.name not in tx.app.flows}
    steps = [
        Choice(step.name, step.label.to(language))  # type: ignore[union-attr]  # only approvals can be jumped to
        for path, step in blocks.walk(flow) if steering.may_jump(flow, path)
    ]
    return [
        Verb(name, steering.VERBS[name].to(language), KINDS.get(name, "secondary"), steps if name == "jump" else ())
        for name, statuses in NEEDS.items()
        if state.instance.status in statuses and (name != "jump" or steps) and not out.get(name)
    ]


def story(tx: Tx, id: int, flow: Flow) -> list[dict[str, Any]]:
    """The history in words, newest first."""
    events, language = flow_rows.events_of(tx, id), tx.actor.language
    names = task_rows.names(tx, {event["actor"] for event in events} | {_whom(event) for event in events})
    labels = _labels(flow)
    found = []
    for event in reversed(events):
        known = approvals.WORDS.get(event["type"]) or approvals.HISTORY.get(event["type"])
        if known is None:
            continue
        label, whom = labels.get(event["step"]), names.get(_whom(event) or 0, "")
        parts = [known[0].to(language), label.to(language) if label is not None else ""]
        said = " · ".join(part for part in parts if part)
        found.append({
            "who": names.get(event["actor"] or 0, ""), "text": f"{said} → {whom}" if whom else said,
            "when": values.moment(event["at"], tx.zone, language), "when_iso": event["at"].isoformat(),
            "icon": "point", "color": known[1], "detail": str(event["data"].get("opinion", "")),
        })
    return found


def _labels(flow: Flow) -> dict[str, Text | None]:
    """What the steps are called, of those that have a label."""
    return {step.name: getattr(step, "label", None) for _, step in blocks.walk(flow)}


def _whom(event: Row) -> int | None:
    user = event["data"].get("user")
    return int(user) if isinstance(user, int) and user != event["actor"] else None


def durations(found: Sequence[Duration], language: str) -> list[Timed]:
    """How long steps take, in words."""
    return [
        Timed(
            one.label.to(language), one.count, lasting(one.median, language) if one.count else "—",
            lasting(one.p90, language) if one.count else "—", one.open,
            lasting(one.oldest, language) if one.open else "—",
        )
        for one in found
    ]
