"""The table of schedules, among the site's own. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, UniqueConstraint

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import DOCUMENT, METADATA, identity

SCHEDULES = Table(
    "sys_schedule", METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("name", String(200), nullable=False),
    Column("cron", String(100), nullable=False),
    Column("timezone", String(60), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("args", DOCUMENT, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("enabled", Boolean, nullable=False),
    UniqueConstraint("app", "name"),
)
Index("ix_sys_schedule_next", SCHEDULES.c.next_at)
