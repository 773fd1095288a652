"""The table of records that people have shared with others. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, SmallInteger, String, Table, UniqueConstraint

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA, identity

SHARES = Table(
    "sys_share", METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("kind", String(10), nullable=False),                # user | department | role
    Column("grantee", String(200), nullable=False),            # the user's number, the department's or role's name
    Column("edit", Boolean, nullable=False),                   # False: to read only
    Column("until", Moment),                                   # the first moment when it holds no more; None: no end
    Column("by", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("object", "record", "kind", "grantee", "by"),
    Index("ix_sys_share_grantee", "app", "kind", "grantee"),
)
