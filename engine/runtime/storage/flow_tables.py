"""The tables of running approvals, among the site's own. Executes nothing."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

LIVE = text("status IN ('running', 'returned', 'suspended')")

INSTANCES = Table(
    "sys_flow_instance", METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("flow", String(63), nullable=False),
    Column("version", Integer, nullable=False),                # of the app, when it was started
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("initiator", BIG, ForeignKey("sys_user.id")),
    Column("status", String(12), nullable=False),              # see flow_states.Status
    Column("round", Integer, nullable=False, server_default="1"),
    Column("raised", DOCUMENT, nullable=False),                # names that checks raised on submission
    Column("title", String(300), nullable=False, server_default=""),
    Column("lock_version", Integer, nullable=False, server_default="1"),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("suspended_at", Moment),
    Column("chosen", DOCUMENT),                                # step → people whom somebody has chosen for it
    Column("caller", BIG),                                     # the visit that waits for it
    Column("depth", SmallInteger, nullable=False, server_default="0"),
    Index("ix_sys_flow_instance_record", "object", "record", "id"),
    Index("ix_sys_flow_instance_initiator", "initiator", "id"),
)
Index("ix_sys_flow_instance_caller", INSTANCES.c.caller, postgresql_where=text("caller IS NOT NULL"),
      sqlite_where=text("caller IS NOT NULL"))
Index("uq_sys_flow_instance_live", INSTANCES.c.object, INSTANCES.c.record, INSTANCES.c.flow, unique=True,
      postgresql_where=LIVE, sqlite_where=LIVE)
TOKENS = Table(
    "sys_flow_token", METADATA,
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False, index=True),
    Column("at", String(100), nullable=False),
    Column("parent", BIG),
    Column("fork", BIG),
    Column("arm", SmallInteger, nullable=False, server_default="0"),
    Column("state", String(12), nullable=False),
    Column("outcome", String(12), nullable=False, server_default=""),
)
VISITS = Table(
    "sys_flow_visit", METADATA,
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False, index=True),
    Column("token", BIG, nullable=False),
    Column("at", String(100), nullable=False),
    Column("step", String(63), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("mode", String(12), nullable=False),
    Column("need", String(20), nullable=False),
    Column("reject", String(12), nullable=False),
    Column("arms", DOCUMENT, nullable=False),
    Column("trace", DOCUMENT, nullable=False),
    Column("cause", String(12), nullable=False),
    Column("voided_by", BIG),
    Column("resume_to", BIG),
    Column("due_at", Moment),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
TASKS = Table(
    "sys_flow_task", METADATA,
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False, index=True),
    Column("visit", BIG, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("assignee", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("owner", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("status", String(12), nullable=False),              # waiting pending held done cancelled
    Column("decision", String(12), nullable=False),
    Column("cancel_reason", String(20), nullable=False),
    Column("via", String(20), nullable=False),
    Column("done_by", BIG),
    Column("opinion", Text, nullable=False),
    Column("flag", String(20), nullable=False),
    Column("moves", Integer, nullable=False),
    Column("lock_version", Integer, nullable=False),
    Column("parent", BIG),
    Column("added_by", BIG),
    Column("rule", String(10), nullable=False, server_default=""),
    Column("nth", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment),
    Column("clock_at", Moment),
    Column("on_behalf", BIG),                                  # who is away and would have been asked
    Column("facts", String(64), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("read_at", Moment),
    Index("ix_sys_flow_task_assignee", "assignee", "status", "id"),
    Index("ix_sys_flow_task_due", "assignee", "status", "due_at", "id"),
    Index("ix_sys_flow_task_done", "done_by", "id"),
)
READERS = Table(
    "sys_flow_reader", METADATA,                               # who may read a record because a flow says so
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("cause", String(12), nullable=False),               # task cc gave
    Column("at", Moment, nullable=False),
    Column("read_at", Moment),
    UniqueConstraint("instance", "user", "cause"),
    Index("ix_sys_flow_reader_user", "user", "cause", "id"),
)
EVENTS = Table(
    "sys_flow_event", METADATA,                                # append only; each carries the hash of the one before
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String(30), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", BIG),
    Column("path", String(100), nullable=False),
    Column("step", String(63), nullable=False),
    Column("visit", BIG),
    Column("task", BIG),
    Column("data", DOCUMENT, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("instance", "seq"),
)
AUTOGRAPHS = Table(
    "sys_flow_autograph", METADATA,                            # signatures; the history names them by their digest
    identity(),
    Column("instance", BIG, ForeignKey("sys_flow_instance.id"), nullable=False),
    Column("task", BIG, nullable=False, index=True),
    Column("digest", String(64), nullable=False),              # sha256 of the picture
    Column("content", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)
SIGNALS = Table(
    "sys_flow_signal", METADATA,                               # what has come for approvals of a record, and is kept
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("name", String(63), nullable=False),
    Column("at", Moment, nullable=False),
    Column("instance", BIG),                                   # the approval that it is for; none yet where empty
    Index("ix_sys_flow_signal_record", "object", "record", "name"),
)
AMENDMENTS = Table(
    "sys_amendment", METADATA,                                 # changes of records that wait for a flow, and what came
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("flow", String(63), nullable=False),
    Column("author", BIG),                                     # empty: a service
    Column("at", Moment, nullable=False),
    Column("given", DOCUMENT, nullable=False),                 # what is to be changed, as REST takes it
    Column("changes", DOCUMENT, nullable=False),               # path → [before, after]; `lines.7.qty`, `lines.+1.qty`
    Column("status", String(15), nullable=False),              # waiting | approved | rejected | withdrawn | terminated
    Column("ended_at", Moment),
    Index("ix_sys_amendment_record", "object", "record", "status"),
)
ABSENCES = Table(
    "sys_absence", METADATA,                                   # who is away, and who stands in; `until` is exclusive
    identity(),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("to", BIG, ForeignKey("sys_user.id")),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("flows", DOCUMENT, nullable=False),                 # `app.flow` or `app`; [] = all
    Column("created_at", Moment, nullable=False),
    Column("created_by", BIG),
    Index("ix_sys_absence_user", "user", "until"),
)
LINKS = Table(
    "sys_flow_link", METADATA,                                 # links of mails by which a task is decided, once
    identity(),
    Column("token", String(64), unique=True),                  # sha256; none until the mail is written
    Column("app", String(63), nullable=False),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("task", BIG, nullable=False),
    Column("version", Integer, nullable=False),                # of the task: another one ends the link
    Column("expires_at", Moment, nullable=False, index=True),
    Column("used_at", Moment),
)
