"""What happens by itself when records change: which automations a command starts, in it or after its commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.expressions import moments
from engine.expressions.values import Ref, Row
from engine.kinds.actions.wait import Wait
from engine.runtime.services import saving, steps
from engine.runtime.services.approvals import holding
from engine.runtime.services.automation import following, origins, pausing, repeats
from engine.runtime.services.automation.following import Due
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command, nested_in, one_more, starter, teller
from engine.runtime.storage import comment_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text

JOB = following.JOB


def of_records(app: App, within: bool) -> list[Automation]:
    """The automations that news of records start: in the transaction itself, or after it."""
    return [
        one for one in app.automations.values() if one.active and one.trigger.object and one.within is within
    ]


def within(command: Command) -> bool:
    """Run what joins the transaction, once per automation and record; True if anything was done."""
    session, busy = command.session, False
    wanted = of_records(session.tx.app, within=True)
    for automation, record in list(_started(command, wanted)) if wanted else ():
        command.fired.add((automation.name, record))
        if not _meant(automation, record):
            continue
        one_more(command, automation.label)
        start(command, automation, record, {"trigger": record})
        saving.flush(session)
        busy = True
    return busy


def start(
    command: Command, automation: Automation, record: Record | None, names: Mapping[str, object],
    row: Row | None = None, group: tuple[Record, ...] = (), args: Mapping[str, Any] | None = None, at: int = 0,
) -> None:
    """Take the steps of an automation as the app's own identity, which a running approval keeps out as it does people
    (but not one that follows the flow itself); checks and postings follow in `finish`.

    `args` are those of its job, where it may wait; `at`: the place of the step with which it goes on."""
    session = command.session
    if at == 0 and not repeats.first_time(session, automation, row or record):
        return
    touch = _free if automation.trigger.kind == "flow" else holding.refuse
    run = steps.Run(
        session, record, nested_in(command, service=True), teller(session), names=dict(names),
        created=command.created, row=row, touch=touch, group=group,
        start=starter(command),
    )
    for place, step in enumerate(automation.do[at:], at):
        if not isinstance(step, Wait) or args is None:
            steps.run((step,), run)
        elif steps.due(step, run.frame()):
            called = {name: one for name, one in run.names.items() if name not in names}
            if pausing.later(session, args, place + 1, step, run.frame(), called):
                return


def _free(record: Record, names: Collection[str]) -> None:
    """Nothing is kept out."""


def enter(command: Command, *, alone: bool = False) -> None:
    """Enter a job for each automation that is to run after the commit; one that has led here is not started again.

    `alone`: no command changed the records but the day, so that those which join a transaction are jobs too."""
    session = command.session
    wanted = of_records(session.tx.app, within=False)
    if alone:
        wanted += of_records(session.tx.app, within=True)
    due: list[Due] = []
    for automation, record in list(_started(command, wanted)) if wanted else ():
        command.fired.add((automation.name, record))
        if record.id is not None and _meant(automation, record):
            due.append(_due(session, automation, record))
    following.enter(session.tx, [*due, *origins.moved(session)])


def _due(session: Session, automation: Automation, record: Record) -> Due:
    """The job of one automation for news of a record."""
    assert record.id is not None, "records are written before automations are entered"
    args: dict[str, object] = {"object": record.object, "record": record.id}
    if automation.trigger.kind == "comment":
        news = session.comment_news
        args["comment"] = next(id for one, id in news.items() if (one.object, one.id) == (record.object, record.id))
    later = None
    if automation.debounce is not None:
        later = moments.shift(session.now, automation.debounce.value(session.frame(record)), 1, session)
    return Due((automation.name, record.object, record.id), args, later if isinstance(later, dt.datetime) else None)


def said(tx: Tx, record: Record, comment: int | None) -> dict[str, object]:
    """What an automation that a comment has started reads of it; nothing where it was none."""
    row = None if comment is None or record.id is None else comment_rows.one(tx, record.object, record.id, comment)
    if row is None:
        return {}
    author = None if row["author"] is None else Ref("user", row["author"])
    return {"comment.text": Text(row["text"]).to(tx.app.languages[0]), "comment.author": author}


def _meant(automation: Automation, record: Record) -> bool:
    session = record.session
    frame = session.frame(record, trigger=record, **said(session.tx, record, session.comment_news.get(record)))
    return automation.when is None or holds(automation.when, frame)


def _started(command: Command, wanted: list[Automation]) -> Iterator[tuple[Automation, Record]]:
    session = command.session
    told = (*session.flow_news, *session.comment_news)
    met: dict[tuple[str, int | None], Record] = {(one.object, one.id): one for one in told}
    for record in (met | dict(session.refreshed) | dict(session.touched)).values():
        for automation in wanted:
            due = automation.trigger.object == record.object and (automation.name, record) not in command.fired
            if due and _news(command, automation, record):
                yield automation, record


def _news(command: Command, automation: Automation, record: Record) -> bool:
    """Whether what happened to the record in this command is what the trigger waits for."""
    trigger = automation.trigger
    match trigger.kind:
        case "deleted":
            return record.deleted
        case "flow":
            news = record.session.flow_news.get(record, set())
            how = trigger.options.get("is")
            return (trigger.name, how) in news if how else any(flow == trigger.name for flow, _ in news)
        case "action":
            return trigger.name in command.numbered.get(record, ())
        case "comment":
            return record in command.session.comment_news
        case "entered":
            return trigger.name in _standing(record) and trigger.name not in _stood(record)
    if record.deleted:
        return False
    if record.is_new:
        return trigger.kind in ("created", "saved")
    return trigger.kind in ("changed", "saved") and _differs(record, trigger.fields)


def _standing(record: Record) -> tuple[str, ...]:
    return (record.state, record.status)


def _stood(record: Record) -> tuple[str, ...]:
    before = record.before or {}
    return (str(before.get("state") or ""), str(before.get("status") or ""))


def _differs(record: Record, fields: tuple[str, ...]) -> bool:
    """Whether one of these fields (of any, without them) has another value than before the command."""
    heads = {path.split(".")[0] for path in fields} or set(record.definition.fields)
    before = record.before or {}
    own = any(name in heads and before.get(name) != value for name, value in record.values.items())
    return own or any(_lines_differ(record, name) for name in record.definition.lines if name in heads)


def _lines_differ(record: Record, name: str) -> bool:
    if any(line.definition.owner_field == name for line in (*record.removed, *record.taken_out)):
        return True
    return any(line.changed for line in record.children.get(name, ()))
