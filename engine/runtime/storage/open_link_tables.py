"""The table of links by which people without an account come to one record's page or form. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, String, Table

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA, identity

OPEN_LINKS = Table(
    "sys_open_link", METADATA,
    identity(),
    Column("token", String(64), unique=True),                  # sha256; none until a mail with it leaves
    Column("app", String(63), nullable=False),
    Column("kind", String(10), nullable=False),                # form | view
    Column("surface", String(130), nullable=False),            # `object.name` of the form or page
    Column("object", SmallInteger, nullable=False),            # what it is about
    Column("record", BIG, nullable=False),
    Column("whom", String(320), nullable=False, server_default=""),    # for whom, as was told
    Column("by", BIG, ForeignKey("sys_user.id")),              # None: a letter of the app
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("once", Boolean, nullable=False),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    Index("ix_sys_open_link_record", "object", "record", "id"),
)
