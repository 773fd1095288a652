"""The table of forms that somebody has begun to fill in. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, SmallInteger, String, Table, Text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA

DRAFTS = Table(
    "sys_draft", METADATA,                                     # one row per person and form
    Column("user", BIG, primary_key=True, autoincrement=False),
    Column("object", SmallInteger, primary_key=True, autoincrement=False),
    Column("record", BIG, primary_key=True, autoincrement=False),     # 0: the form of a new record
    Column("app", String(63), nullable=False),
    Column("version", Integer, nullable=False),                # of the record, over which it was typed; 0: a new one
    Column("form__file", Text, nullable=False),                # JSON; the ending tells the sweep that it names uploads
    Column("at", Moment, nullable=False),
    Index("ix_sys_draft_at", "at"),
)
