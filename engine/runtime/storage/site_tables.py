"""Tables of the running of a site: which workers are alive, and facts like when the last backup was made."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import DOCUMENT, METADATA

WORKERS = Table(
    "sys_worker",
    METADATA,
    Column("name", String(100), primary_key=True),             # host:process
    Column("queue", String(40), nullable=False),
    Column("threads", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
FACTS = Table(
    "sys_fact",
    METADATA,
    Column("name", String(60), primary_key=True),
    Column("value", DOCUMENT, nullable=False),
    Column("at", Moment, nullable=False),
)
