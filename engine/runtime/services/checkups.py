"""What is well and what is wrong with a site: its database, jobs, workers, apps, accounts, backups. Repairs nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from engine.definitions.compile import load
from engine.errors import BadDefinition
from engine.runtime.services import backups, outbox, sealing
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows, people_rows, server_facts, site_rows, versions
from engine.runtime.storage.database import is_postgres

Level = Literal["ok", "warning", "error"]
SKEW = dt.timedelta(seconds=2)
SILENT = dt.timedelta(seconds=60)              # four beats of a worker
OLD_BACKUP = dt.timedelta(hours=26)
LATE = dt.timedelta(minutes=5)                 # a job that is due and not begun
KNOWN_PASSWORDS = ("demo", "admin", "password")
MOST_ACCOUNTS = 20                             # whose passwords are tried: each takes a moment by design
# The write-ahead log of older ones has a defect, which the lock of every writer rules out.
OLD_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `text` says what is, and where it is not well the way out."""

    level: Level
    what: str
    text: str


def examine(site: Site) -> list[Finding]:
    """Everything that the database can tell."""
    now = site.now()
    found: list[Finding] = []
    with site.database.read() as connection:
        for look in (_database, _clock, _jobs, _workers, _backup, _accounts, _trails):
            found += look(connection, now)
        for name in versions.apps(connection):
            found += _app(site, connection, name)
    return found


def _database(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    facts = server_facts.of(connection)
    kind = "PostgreSQL" if is_postgres(connection) else "SQLite"
    yield Finding("ok", "database", f"{kind} {facts['server_version']}, {int(facts['size']) / 1e6:.1f} MB")
    for name, wanted, lost in _DURABLE[kind]:
        value = facts.get(name, "")
        if value in wanted:
            yield Finding("ok", name, value)
        else:
            yield Finding("error", name, f"is {value or 'unknown'}: {lost}; set it to {wanted[0]}")
    if kind == "SQLite":
        number = tuple(int(part) for part in facts["server_version"].split("."))
        if number < OLD_SQLITE:
            text = "writers take turns behind formwork.db.lock, as this version needs: let no other program write"
            yield Finding("ok", "sqlite", text)
        return
    if facts["data_checksums"] != "on":
        yield Finding("warning", "data_checksums", "off: damage on the disk is not noticed; pg_checksums --enable")
    if facts["server_encoding"] != "UTF8":
        yield Finding("error", "encoding", f"{facts['server_encoding']}: create the database with ENCODING 'UTF8'")
    if facts["superuser"] == "on":
        yield Finding("warning", "role", "the database's role is a superuser: give Formwork one of its own")


_DURABLE = {
    "SQLite": (
        ("journal_mode", ("wal",), "commits are slow or not safe"),
        ("synchronous", ("FULL", "EXTRA"), "a power failure can lose what was acknowledged"),
        ("foreign_keys", ("1",), "links of the site's own tables are not watched"),
    ),
    "PostgreSQL": (
        ("fsync", ("on",), "a power failure can destroy the database"),
        ("full_page_writes", ("on",), "a power failure can tear pages"),
        ("synchronous_commit", ("on", "remote_write", "remote_apply", "local"),
         "a power failure can lose what was acknowledged"),
    ),
}


def _clock(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    theirs = job_rows.clock(connection)
    if theirs is None:
        return
    skew = abs(theirs - dt.datetime.now(dt.UTC))
    text = f"{skew.total_seconds():.1f} s between this machine and the database server"
    yield Finding("ok" if skew <= SKEW else "error", "clock", text + ("" if skew <= SKEW else ": run a time service"))


def _jobs(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    counts = job_rows.counts(connection)
    waiting = ", ".join(f"{counts[s]} {s}" for s in ("ready", "delayed", "running") if counts.get(s)) or "none waiting"
    late = [job for job in job_rows.listing(connection, "ready") if job["run_at"] < now - LATE]
    if late:
        text = f"{waiting}; some have been due for more than 5 minutes: is a worker running?"
        yield Finding("error", "jobs", text)
    else:
        yield Finding("ok", "jobs", waiting)
    patient = job_rows.waiting_long(connection)
    if patient:
        text = f"{len(patient)} automations wait until approvals have ended, the first: {patient[0][:200]}"
        yield Finding("ok", "waiting jobs", text)
    kept = outbox.held(connection)
    if kept is not None:
        text = f"held since the site was restored, {kept} letters and webhooks wait"
        yield Finding("warning", "outbox", f"{text}: formwork outbox --release, or --discard them")
    failed = job_rows.listing(connection, "failed", limit=1)
    if failed:
        newest = failed[0]
        text = f"{counts['failed']} were given up, the newest: {newest['kind']} of {newest['app'] or 'the site'}"
        yield Finding("warning", "failed jobs", f"{text}: {(newest['error'] or '-').splitlines()[0][:200]}")


def _workers(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    listed = site_rows.workers(connection)
    alive = [worker for worker in listed if now - worker["seen_at"] <= SILENT]
    if alive:
        yield Finding("ok", "workers", ", ".join(f"{w['name']} ({w['threads']} threads)" for w in alive))
        return
    seen = f"the last one was seen {_ago(now, listed[0]['seen_at'])}" if listed else "none has been seen"
    text = f"no worker is running ({seen}): formwork serve, or formwork worker beside --no-worker"
    yield Finding("warning", "workers", text)


def _backup(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    last = backups.last(connection)
    if last is None:
        yield Finding("warning", "backup", "none has been made: formwork backup FILE")
        return
    old = now - last[0] > OLD_BACKUP
    text = f"{last[1].get('file')}, {_ago(now, last[0])}"
    yield Finding("warning" if old else "ok", "backup", text + (": make one every night" if old else ""))


def _trails(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    late = sealing.late(connection, now)
    text = f"{', '.join(late)}: rows of more than an hour ago have no seal; a worker seals them"
    yield Finding("warning" if late else "ok", "trails", text if late else "sealed")


def _accounts(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    strong = [row for row in people_rows.users(connection) if row["active"] and (row["admin"] or row["builder"])]
    weak = [
        row["login"]
        for row in strong[:MOST_ACCOUNTS]
        if row["password"] and any(people.verify(row["password"], one) for one in (*KNOWN_PASSWORDS, row["login"]))
    ]
    if weak:
        text = f"{', '.join(weak)} may do everything and can be guessed: formwork user passwd {weak[0]}"
        yield Finding("error", "passwords", text)
    elif strong:
        yield Finding("ok", "passwords", f"none of {len(strong)} administrators and builders has a known one")


def _app(site: Site, connection: Connection, name: str) -> Iterator[Finding]:
    try:
        live = site.live(connection, name)
    except BadDefinition as bad:
        text = f"this version of Formwork cannot read what is live: {bad.problems[0]}"
        yield Finding("error", f"app {name}", text)
        return
    refused = load(live.app.texts).errors
    if refused:
        text = f"runs, but this version of Formwork would not publish it again: {refused[0]}"
        yield Finding("warning", f"app {name}", text)
    plan = site.plan_in(connection, live.app)
    text = f"version {live.version}"
    if plan.operations:
        listed = "; ".join(map(str, plan.operations[:3]))
        text = f"{text}, but its tables differ from the definition: {listed}; formwork publish brings them up to date"
    yield Finding("error" if plan.operations else "ok", f"app {name}", text)


def _ago(now: dt.datetime, then: dt.datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit} ago"
    return f"{max(minutes, 0)} minutes ago"
