"""Schedules: what an app wants regularly, kept as rows; each planned time enters one job, however many workers look."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from croniter import croniter
from sqlalchemy.exc import IntegrityError

from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.definitions.objects import Object
from engine.kinds.fields.attached import Attachment
from engine.runtime.services import attachments, drafts, keeping
from engine.runtime.services.approvals import incidents
from engine.runtime.services.automation import automations, dated, sweeping
from engine.runtime.storage import job_rows, schedule_rows
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live

HOURLY = "17 * * * *"                          # alerts look at everything once an hour, besides on every change
LOOKED = "47 * * * *"                          # approvals that stand still are told, besides where a job is given up
AT_NIGHT = "41 3 * * *"                        # files that no record has are removed
BEFORE_DAWN = "23 2 * * *"                     # the bin is emptied, and what objects keep for a time is let go
BEFORE_WORK = "23 4 * * *"                    # drafts of forms that nobody came back to are removed
MOST_MISSED = 100                              # planned times that are made up for one by one
AFTER_MIDNIGHT = "1 0 * * *"                   # derived states that hang on the day


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something regular: `cron` in the app's time zone, and the job that each planned time enters."""

    name: str
    cron: str
    kind: str
    args: dict[str, Any]


class Apps(Protocol):
    """What schedules need of the site."""

    @property
    def database(self) -> Database: ...

    def apps(self) -> list[Live]: ...


def wanted(app: App) -> list[Schedule]:
    """What the definition of an app wants regularly."""
    found = [Schedule(f"alert:{name}", HOURLY, "alerts", {"rule": name, "keys": None}) for name in app.alerts]
    found += [
        Schedule(f"automation:{one.name}", one.trigger.schedule.cron, automations.JOB, _args(one))
        for one in app.automations.values()
        if one.active and one.trigger.schedule is not None
    ]
    if app.flows:
        found.append(Schedule("incidents", LOOKED, incidents.JOB, {}))
    holding = (obj for obj in app.objects.values() if obj.discussion != "none" or _has_files(obj))
    if next(holding, None) is not None:
        found.append(Schedule("files", AT_NIGHT, attachments.JOB, {}))
    if keeping.wanted(app):
        found.append(Schedule("keep", BEFORE_DAWN, keeping.JOB, {}))
    if any(obj.name != "user" for obj in app.objects.values()):
        found.append(Schedule("drafts", BEFORE_WORK, drafts.JOB, {}))
    daily = bool(sweeping.swept(app) or sweeping.waiting(app))
    return [*found, Schedule("sweep", AFTER_MIDNIGHT, "sweep", {})] if daily else found


def _args(one: Automation) -> dict[str, Any]:
    return {"automation": one.name} | ({} if one.catch_up == "once" else {"catch_up": one.catch_up})


def _has_files(obj: Object) -> bool:
    return any(isinstance(field, Attachment) for field in obj.fields.values())


def next_time(cron: str, timezone: str, after: dt.datetime) -> dt.datetime:
    """The first planned time after a moment, by the wall clock of the zone; aware UTC.

    A time that the clocks skip is the first one after the gap, one that they show twice is the first of the two."""
    zone = ZoneInfo(timezone)
    walls = croniter(cron, after.astimezone(zone).replace(tzinfo=None))
    while True:
        found = _instant(walls.get_next(dt.datetime), zone)
        if found > after:
            return found


def _instant(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    while True:
        found = wall.replace(tzinfo=zone).astimezone(dt.UTC)
        if found.astimezone(zone).replace(tzinfo=None) == wall:
            return found
        wall += dt.timedelta(minutes=1)


class Timetable:
    """Keeps the rows in step with what is live, and enters jobs whose time has come."""

    def __init__(self, site: Apps) -> None:
        self.site = site
        self._known: dict[str, int] = {}       # app → version whose schedules are in the table

    def keep(self, now: dt.datetime) -> int:
        """One round: how many jobs were entered. Cheap when nothing is new and nothing is due."""
        for live in self.site.apps():
            if self._known.get(live.app.name) != live.version:
                self._adopt(live, now)
        with self.site.database.read() as connection:
            if not schedule_rows.due(connection, now):
                return 0
        with self.site.database.write() as connection:
            return sum(self._fire(connection, row, now) for row in schedule_rows.due(connection, now, hold=True))

    def _adopt(self, live: Live, now: dt.datetime) -> None:
        """Replace the schedules of an app by those of its live version; one that stays keeps its next time."""
        app = live.app
        try:
            with self.site.database.write() as connection:
                known = schedule_rows.of_app(connection, app.name, hold=True)
                schedules = {schedule.name: schedule for schedule in wanted(app)}
                schedule_rows.remove(connection, [row["id"] for name, row in known.items() if name not in schedules])
                for schedule in schedules.values():
                    old = known.get(schedule.name)
                    same = old is not None and (old["cron"], old["timezone"]) == (schedule.cron, app.timezone)
                    schedule_rows.put(connection, old, {
                        "app": app.name, "name": schedule.name, "cron": schedule.cron, "timezone": app.timezone,
                        "kind": schedule.kind, "args": schedule.args, "enabled": True,
                        "next_at": old["next_at"] if old is not None and same
                        else next_time(schedule.cron, app.timezone, now),
                    })
                for one in dated.of_app(app):
                    job_rows.add(connection, {
                        "kind": dated.JOB, "app": app.name, "args": {"automation": one.name}, "state": "ready",
                        "run_at": now, "created_at": now,
                        "dedup_key": f"{dated.JOB}:{app.name}:{live.version}:{one.name}"[:200],
                    })
        except IntegrityError:                 # another worker has just entered them
            return
        self._known[app.name] = live.version

    def _fire(self, connection: Any, row: Any, now: dt.datetime) -> int:
        """Enter the job of the planned time and plan the next. Times that were missed become one job together, one
        each (`all`) or none (`skip`)."""
        made = 0
        for slot in _slots(row, now):
            id = job_rows.add(connection, {
                "kind": row["kind"], "app": row["app"], "args": row["args"], "state": "ready", "run_at": now,
                "created_at": now, "dedup_key": f"cron:{row['app']}:{row['name']}:{slot.isoformat()}"[:200],
            })
            made += id is not None
        schedule_rows.advance(connection, row["id"], next_time(row["cron"], row["timezone"], now))
        return made


def _slots(row: Any, now: dt.datetime) -> list[dt.datetime]:
    """The planned times of which each gets a job now."""
    first, mode = row["next_at"], row["args"].get("catch_up", "once")
    if mode == "skip" and now - first > dated.LATE:
        return []
    slots = [first]
    while mode == "all" and len(slots) < MOST_MISSED:
        following = next_time(row["cron"], row["timezone"], slots[-1])
        if following > now:
            break
        slots.append(following)
    return slots
