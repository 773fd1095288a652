"""The table of what people from outside stand for: one record per role of an app that is held for one."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from engine.runtime.storage.system import BIG, METADATA

STANDS = Table(
    "sys_user_stands",
    METADATA,
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("app", String(63), nullable=False),
    Column("role", String(63), nullable=False),
    Column("record", BIG, nullable=False),         # of the object for which the role stands
    UniqueConstraint("user", "app", "role"),
)
