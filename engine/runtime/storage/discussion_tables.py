"""Tables of what people say about records, and of who follows them. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

COMMENTS = Table(
    "sys_comment", METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("at", Moment, nullable=False),
    Column("author", BIG),                                     # user, None = the app itself
    Column("author_name", String(200), nullable=False),
    Column("text", DOCUMENT, nullable=False),                  # language → text; empty once it was taken back
    Column("mentions", DOCUMENT, nullable=False),              # users who were told because they are named in it
    Column("files__file", Text),                               # JSON; the ending tells the sweep that it holds uploads
    Column("edited_at", Moment),
    Column("deleted_at", Moment),
    Column("deleted_by", String(200), nullable=False, server_default=""),
    Index("ix_sys_comment_record", "object", "record", "id"),
    Index("ix_sys_comment_author", "author", "at"),
)
FOLLOWERS = Table(
    "sys_follower", METADATA,
    Column("object", SmallInteger, primary_key=True, autoincrement=False),
    Column("record", BIG, primary_key=True, autoincrement=False),
    Column("user", BIG, primary_key=True, autoincrement=False),
    Column("app", String(63), nullable=False),
    Column("follows", Boolean, nullable=False),                # False: does not want to be told, whatever happens
    Column("seen", BIG, nullable=False),                       # the newest comment that the person has seen
    Column("at", Moment, nullable=False),
    Index("ix_sys_follower_user", "user", "app"),
)
