"""The table of closed periods, among the site's own. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, String, Table, Text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA, identity

PERIODS = Table(
    "sys_period", METADATA,                    # a row per closing or reopening; the newest of a period holds
    identity(),
    Column("app", String(63), nullable=False),
    Column("period", String(63), nullable=False),
    Column("until", Date),                     # closed up to this day, it included; NULL = nothing is closed
    Column("at", Moment, nullable=False),
    Column("actor", BIG),
    Column("actor_name", String(200), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)
Index("ix_sys_period_app", PERIODS.c.app, PERIODS.c.period, PERIODS.c.id)
