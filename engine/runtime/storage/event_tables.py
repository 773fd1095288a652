"""The tables of what happens to the site beside its records, and of the seals over it and over the audit trail."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

EVENTS = Table(
    "sys_event",
    METADATA,
    identity(),
    Column("at", Moment, nullable=False),
    Column("kind", String(40), nullable=False),                # of `events.KINDS`
    Column("actor", BIG),                      # user, None = a command, a job or a stranger
    Column("actor_name", String(200), nullable=False, server_default=""),
    Column("subject", String(200), nullable=False, server_default=""),         # login or name that it is about
    Column("app", String(63), nullable=False, server_default=""),
    Column("address", String(64), nullable=False, server_default=""),
    Column("details", DOCUMENT, nullable=False),
    Column("seal", BIG),
    Index("ix_sys_event_kind", "kind", "id"),
    Index("ix_sys_event_subject", "subject", "id"),
    Index("ix_sys_event_unsealed", "id", postgresql_where=text("seal IS NULL"), sqlite_where=text("seal IS NULL")),
)
SEALS = Table(
    "sys_seal",
    METADATA,
    identity(),
    Column("trail", String(10), nullable=False),               # audit events
    Column("at", Moment, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("first", BIG, nullable=False),
    Column("last", BIG, nullable=False),
    Column("digest", String(64), nullable=False),              # over the rows, in the order of their numbers
    Column("chain", String(64), nullable=False),               # over the seal before and this one
    Column("emptied_at", Moment),              # its rows were too old to be kept; the seal stays as an anchor
    Index("ix_sys_seal_trail", "trail", "id"),
)
