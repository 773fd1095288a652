"""The table of letters that apps have written, with what became of each. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA, identity

LETTERS = Table(
    "sys_letter", METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger),                            # whose timeline it stands on; None: of no record
    Column("record", BIG),
    Column("at", Moment, nullable=False),
    Column("sender", BIG),                                     # user, None = the app itself
    Column("sender_name", String(200), nullable=False),
    Column("user", BIG),                                       # the recipient, where it is somebody of the site
    Column("address", String(320), nullable=False),            # as it was when it was written
    Column("language", String(20), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("text", Text, nullable=False),
    Column("document", String(200), nullable=False, server_default=""),
    Column("of_object", SmallInteger),                         # what the document prints
    Column("of_record", BIG),
    Column("pdf", Boolean, nullable=False),                    # attached, or else linked
    Column("files__file", Text),                               # JSON; the ending tells the sweep that it holds uploads
    Column("open_link", BIG),                                  # `sys_open_link`: its token is made when it leaves
    Column("thread", String(200), nullable=False, server_default=""),
    Column("state", String(12), nullable=False),               # waiting sent failed bounced
    Column("error", String(1000), nullable=False, server_default=""),
    Column("tries", SmallInteger, nullable=False, server_default="0"),      # how often somebody had it tried again
    Column("ended_at", Moment),
    Index("ix_sys_letter_record", "object", "record", "id"),
    Index("ix_sys_letter_sender", "sender", "at"),
    Index("ix_sys_letter_address", "address", "id"),
)
