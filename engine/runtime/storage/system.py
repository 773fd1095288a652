"""The site's own tables: apps and versions, people, sessions, audit, jobs, counters, keys of idempotency."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.runtime.storage.moments import Moment

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=NAMING)
BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite gives row ids to INTEGER PRIMARY KEY only
DOCUMENT = JSON().with_variant(JSONB, "postgresql")


def identity() -> Column[Any]:
    """A generated primary key."""
    return Column("id", BIG, primary_key=True, autoincrement=True)


APPS = Table(
    "sys_app",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)
LAYOUTS = Table(
    "sys_layout",                              # how the tables of an app are laid out, see `versions.LAYOUT`
    METADATA,
    Column("app", String(63), primary_key=True),
    Column("layout", Integer, nullable=False),
)
VERSIONS = Table(
    "sys_app_version",
    METADATA,
    Column("app", String(63), nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("texts", DOCUMENT, nullable=False),
    Column("plan", DOCUMENT, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String(200), nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    UniqueConstraint("app", "number"),
)
OBJECTS = Table(
    "sys_object",
    METADATA,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("app", String(63), nullable=False),
    Column("name", String(200), nullable=False),
    UniqueConstraint("app", "name"),
)
DEPARTMENTS = Table(
    "sys_department",
    METADATA,
    Column("name", String(200), primary_key=True),
    Column("above", String(200), ForeignKey("sys_department.name", onupdate="CASCADE")),
    Column("head", BIG),
)
USERS = Table(
    "sys_user",
    METADATA,
    identity(),
    Column("login", String(100), nullable=False, unique=True),
    Column("name", String(200), nullable=False, server_default=""),
    Column("email", String(320)),
    Column("department", String(200), ForeignKey("sys_department.name", onupdate="CASCADE")),   # the main one
    Column("position", String(100), nullable=False, server_default=""),    # held there
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("admin", Boolean, nullable=False, server_default=text("false")),
    Column("builder", Boolean, nullable=False, server_default=text("false")),
    Column("service", Boolean, nullable=False, server_default=text("false")),  # of a program: tokens, no sign-in
    Column("password", String(300)),
    Column("language", String(10), nullable=False, server_default="zh"),
    Column("theme", String(10), nullable=False, server_default="auto"),
    Column("density", String(10), nullable=False, server_default="normal"),
    Column("timezone", String(60), nullable=False, server_default=""),     # blank: each app's own
    Column("mail_mentions", Boolean, nullable=False, server_default=text("true")),   # mails of comments that name one
    Column("quiet_from", String(5), nullable=False, server_default=""),    # no mails from HH:MM …
    Column("quiet_until", String(5), nullable=False, server_default=""),   # … until; blank: at any time
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Moment),
)
ROLES = Table(
    "sys_user_role",
    METADATA,
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("app", String(63), nullable=False),
    Column("role", String(63), nullable=False),
    UniqueConstraint("user", "app", "role"),
)
SESSIONS = Table(
    "sys_session",
    METADATA,
    Column("token", String(64), primary_key=True),  # sha256 of the cookie's value
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("agent", String(300), nullable=False, server_default=""),
    Column("stage", String(10), nullable=False, server_default=""),            # what is still asked, see `signing`
    Column("tries", Integer, nullable=False, server_default="0"),              # codes that were given
    Column("address", String(64), nullable=False, server_default=""),
    Column("how", String(20), nullable=False, server_default="password"),
)
TOKENS = Table(
    "sys_token",
    METADATA,
    identity(),
    Column("token", String(64), nullable=False, unique=True),  # sha256 of the bearer token
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("name", String(100), nullable=False, server_default=""),
    Column("scopes", DOCUMENT),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)
LOGINS = Table(
    "sys_login",
    METADATA,
    identity(),
    Column("login", String(100), nullable=False),
    Column("address", String(64), nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)
AUDIT = Table(
    "sys_audit",
    METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", SmallInteger, nullable=False),
    Column("record", BIG, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", BIG),  # user, None = the app itself or the public
    Column("actor_name", String(200), nullable=False),
    Column("event", String(40), nullable=False),  # created updated action deleted posted flow …
    Column("action", String(63), nullable=False, server_default=""),
    Column("changes", DOCUMENT, nullable=False),  # {"field": [old, new]}, lines as {"lines.17.qty": …}
    Column("comment", Text, nullable=False, server_default=""),
    Column("seal", BIG),                       # the seal over it, see `sealing`
    Index("ix_sys_audit_record", "object", "record", "id"),
    Index("ix_sys_audit_unsealed", "id", postgresql_where=text("seal IS NULL"), sqlite_where=text("seal IS NULL")),
)
COUNTERS = Table(
    "sys_counter",
    METADATA,
    Column("app", String(63), primary_key=True),
    Column("series", String(200), primary_key=True),  # object.field and the rendered prefix
    Column("last", BIG, nullable=False),
)
REPLIES = Table(
    "sys_reply",
    METADATA,
    Column("actor", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body", String(64), nullable=False),  # sha256 of route and body
    Column("status", Integer),
    Column("reply", DOCUMENT),
    Column("at", Moment, nullable=False, index=True),
)
JOBS = Table(
    "sys_job",
    METADATA,
    identity(),
    Column("queue", String(40), nullable=False, server_default="default"),
    Column("kind", String(60), nullable=False),
    Column("app", String(63), nullable=False, server_default=""),
    Column("args", DOCUMENT, nullable=False),
    Column("dedup_key", String(200), unique=True),
    Column("lane", String(200)),                  # jobs of one lane run one after the other, see `job_rows`
    Column("state", String(12), nullable=False),  # delayed ready running done failed cancelled
    Column("run_at", Moment, nullable=False),
    Column("priority", SmallInteger, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False, server_default="8"),
    Column("lease_token", String(40)),
    Column("lease_until", Moment),
    Column("worker", String(100)),
    Column("progress", DOCUMENT),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)
Index(
    "ix_sys_job_ready",
    JOBS.c.queue,
    JOBS.c.priority,
    JOBS.c.id,
    postgresql_where=text("state = 'ready'"),
    sqlite_where=text("state = 'ready'"),
)
# What stands in a lane, without all that it ever held. `job_rows` says it in the same words, so that both databases see
# that the indexes serve.
LANE_OPEN, LANE_FAILED = "state IN ('delayed', 'ready', 'running')", "state = 'failed'"
for _name, _which in (("open", LANE_OPEN), ("failed", LANE_FAILED)):
    _where = text(f"lane IS NOT NULL AND {_which}")
    Index(f"ix_sys_job_lane_{_name}", JOBS.c.lane, JOBS.c.id, postgresql_where=_where, sqlite_where=_where)
Index(
    "ix_sys_job_delayed",
    JOBS.c.run_at,
    postgresql_where=text("state = 'delayed'"),
    sqlite_where=text("state = 'delayed'"),
)
Index(
    "ix_sys_job_running",
    JOBS.c.lease_until,
    postgresql_where=text("state = 'running'"),
    sqlite_where=text("state = 'running'"),
)
NOTICES = Table(
    "sys_notice",
    METADATA,
    identity(),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("app", String(63), nullable=False),
    Column("text", DOCUMENT, nullable=False),  # language → text
    Column("object", String(200), nullable=False, server_default=""),
    Column("record", BIG),
    Column("kind", String(40), nullable=False),  # notice alert task
    Column("at", Moment, nullable=False),
    Column("read_at", Moment),
    Index("ix_sys_notice_user", "user", "id"),
)
