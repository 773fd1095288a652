"""Automations that a day of a record starts: a job each that waits for its moment, entered when the day is set.

A job whose day has been moved since finds that out when it runs, and does nothing: the other day has a job of its own.
Nothing looks through records while their days lie ahead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.expressions import moments
from engine.expressions.compiled import Expression
from engine.runtime.services import outbox
from engine.runtime.services.automation import automations
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command
from engine.runtime.storage import queries, rows
from engine.runtime.storage.live import Tx

JOB = "dates"                                  # enters the jobs of records that are there when a version goes live
BATCH = 500
LATE = dt.timedelta(hours=1)                   # from when on `catch_up: skip` leaves out what could not run in time


def of_app(app: App) -> list[Automation]:
    """The automations of an app that days of records start."""
    return [one for one in app.automations.values() if one.active and one.trigger.kind == "date"]


def enter(command: Command) -> None:
    """Enter the jobs for the days that a command has set or moved."""
    session = command.session
    wanted = of_app(session.tx.app)
    for record in (dict(session.refreshed) | dict(session.touched)).values() if wanted else ():
        mine = [one for one in wanted if one.trigger.object == record.object and _is_news(one, record)]
        _wait(session, mine, record)


def _is_news(automation: Automation, record: Record) -> bool:
    name = automation.trigger.name
    return record.is_new or record.returned or (record.before or {}).get(name) != record.get(name)


def begin(tx: Tx, args: Mapping[str, Any]) -> None:
    """Enter the jobs of an automation for some of the records that are there, behind the id `after`; others follow."""
    automation = tx.app.automations.get(str(args["automation"]))
    if automation is None or automation not in of_app(tx.app):
        return
    obj = tx.app.objects[automation.trigger.object]
    ids = queries.ids_after(tx, obj, int(args.get("after", 0)), BATCH)
    session = Session(tx)
    for record in session.adopt_all(obj, rows.fetch(tx, obj, ids)) if ids else ():
        if record.system.get("deleted_at") is None:
            _wait(session, [automation], record)
    if len(ids) == BATCH:
        outbox.enqueue(tx, JOB, {"automation": automation.name, "after": ids[-1]})


def _wait(session: Session, wanted: Iterable[Automation], record: Record) -> None:
    """Enter a job for the moment of each automation, once per record and moment. What is past does not come again, but
    for today, and for a day ahead of which too little time is left (`before`)."""
    if record.deleted or record.id is None:
        return
    for automation in wanted:
        moment = moment_of(session, automation, record)
        if moment is None or (moment <= session.now and not _is_due(session, automation, record, moment)):
            continue
        name, due = automation.name, moment.isoformat()
        args = {"automation": name, "object": record.object, "record": record.id, "due": due}
        key = f"date:{session.tx.app.name}:{name}:{record.id}:{due}"[-200:]
        outbox.enqueue(session.tx, automations.JOB, args, dedup_key=key, run_at=moment)


def _is_due(session: Session, automation: Automation, record: Record, moment: dt.datetime) -> bool:
    ahead = moments.day(record.get(automation.trigger.name), session)
    return moments.day(moment, session) == session.today or (ahead is not None and ahead >= session.today)


def moment_of(session: Session, automation: Automation, record: Record) -> dt.datetime | None:
    """When the time of an automation comes for a record, aware; None where the day is blank or cannot be told."""
    trigger, value = automation.trigger, record.get(automation.trigger.name)
    at: dt.time | None = trigger.options.get("at")
    if isinstance(value, dt.datetime):
        moment = value
    elif isinstance(value, dt.date):
        moment = _on(session, value, at or dt.time())
    else:
        return None
    for key, sign in (("before", -1), ("after", 1)):
        by = trigger.options.get(key)
        if isinstance(by, Expression):
            shifted = moments.shift(moment, by.value(session.frame(record)), sign, session)
            if not isinstance(shifted, dt.datetime):
                return None
            moment = shifted
    day = moments.day(moment, session)
    return moment if at is None or day is None else _on(session, day, at)


def _on(session: Session, day: dt.date, at: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, at, session.tx.live.zone).astimezone(dt.UTC)


def is_meant(session: Session, automation: Automation, record: Record, due: str) -> bool:
    """Whether a job that has waited is to run: the day still stands, `when` holds now, and it is not too late."""
    moment = moment_of(session, automation, record)
    if moment is None or moment.isoformat() != due:
        return False
    if automation.catch_up == "skip" and session.now - moment > LATE:
        return False
    return automation.when is None or holds(automation.when, session.frame(record, trigger=record))
