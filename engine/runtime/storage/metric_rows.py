"""SQL over figures: what all processes have counted together, and what the tables tell of jobs and versions."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from sqlalchemy import Column, Connection, Float, String, Table, func, select, text
from sqlalchemy.dialects.postgresql import insert

from engine.runtime.storage.database import Database
from engine.runtime.storage.job_rows import OUTSIDE
from engine.runtime.storage.metrics import Key, labelled
from engine.runtime.storage.system import APPS, JOBS, METADATA

LOG = logging.getLogger(__name__)
FIGURES = Table(
    "sys_figure",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("labels", String(200), primary_key=True),
    Column("value", Float, nullable=False),
)
WAITING = ("ready", "delayed", "running", "failed")


def add(connection: Connection, fresh: Mapping[Key, float]) -> None:
    """Add what one process has counted. PostgreSQL only; rows in one order, so that processes wait, not collide."""
    connection.execute(text("SET LOCAL synchronous_commit = off"))
    for (name, labels), value in sorted(fresh.items()):
        query = insert(FIGURES).values(name=name, labels=labels, value=value)
        connection.execute(query.on_conflict_do_update(
            index_elements=[FIGURES.c.name, FIGURES.c.labels], set_={"value": FIGURES.c.value + query.excluded.value}
        ))


def hand_over(database: Database) -> None:
    """Add what this process has counted to what all have; on SQLite the process keeps it."""
    fresh = database.counted.take() if database.dialect == "postgresql" else {}
    if not fresh:
        return
    try:
        with database.write() as connection:
            add(connection, fresh)
    except Exception as error:                 # whatever keeps the database from taking them: next time
        database.counted.give_back(fresh)
        LOG.warning("figures could not be handed over: %s", error)


def counted(connection: Connection) -> dict[Key, float]:
    """What all processes have handed over so far."""
    return {(row.name, row.labels): row.value for row in connection.execute(select(FIGURES))}


def standing(connection: Connection, now: dt.datetime) -> dict[Key, float]:
    """Gauges: jobs by state, what waits to leave the site, the age of the oldest job that is due, live versions."""
    found: dict[Key, float] = {("formwork_jobs", labelled(state=state)): 0.0 for state in WAITING}
    found |= {("formwork_outbox_waiting", labelled(kind=kind)): 0.0 for kind in OUTSIDE}
    count = func.count()
    states = select(JOBS.c.state, JOBS.c.kind, count).where(JOBS.c.state.in_(WAITING))
    for state, kind, number in connection.execute(states.group_by(JOBS.c.state, JOBS.c.kind)):
        found["formwork_jobs", labelled(state=state)] += number
        if kind in OUTSIDE and state != "failed":
            found["formwork_outbox_waiting", labelled(kind=kind)] += number
    due = select(func.min(JOBS.c.run_at)).where(JOBS.c.state.in_(("ready", "delayed")), JOBS.c.run_at <= now)
    oldest = connection.execute(due).scalar()
    found["formwork_jobs_oldest_seconds", ""] = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    for name, version in connection.execute(select(APPS.c.name, APPS.c.version).order_by(APPS.c.name)):
        found["formwork_app_version", labelled(app=name)] = float(version)
    return found
