"""The table of alerts that fired, among the site's own. Executes nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint, text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

OPEN = text("resolved_at IS NULL")

ALERTS = Table(
    "sys_alert", METADATA,                                     # one row per episode: from firing to resolved
    identity(),
    Column("app", String(63), nullable=False),
    Column("rule", String(63), nullable=False),
    Column("key", String(500), nullable=False),                # what it is about: record, or keys at the grain
    Column("labels", DOCUMENT, nullable=False),                # key name → value, see `alerts.coded`
    Column("object", String(200), nullable=False, server_default=""),
    Column("record", BIG),
    Column("severity", String(12), nullable=False),
    Column("text", DOCUMENT, nullable=False),                  # language → text, as last evaluated
    Column("receivers", DOCUMENT, nullable=False),             # users that were told
    Column("fired_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("told", Integer, nullable=False, server_default="1"),
    Column("resolved_at", Moment),
    Column("reason", String(20), nullable=False, server_default=""),
    Column("acknowledged_by", BIG),
    Column("acknowledged_at", Moment),
    Column("level", Integer, nullable=False, server_default="0"),     # how far it has been escalated
    Column("muted", Boolean, nullable=False, server_default=text("false")),    # nobody was told, see `inhibits`
    Column("quiet_since", Moment),                             # since when the condition does not hold any more
    Column("silenced_until", Moment),
    Column("silenced_by", BIG),
    Column("bundle", String(500), nullable=False, server_default=""),     # the key of its group; blank: told alone
    Column("bundle_title", DOCUMENT),                          # language → what the group has in common
)
ALERT_GROUPS = Table(
    "sys_alert_group", METADATA,                               # alerts that are told together, while there is a reason
    identity(),
    Column("app", String(63), nullable=False),
    Column("rule", String(63), nullable=False),
    Column("key", String(500), nullable=False),
    Column("waiting", DOCUMENT, nullable=False),               # what is to be said, see `alert_messages.Word`
    Column("due_at", Moment),                                  # when it is said; blank: nothing waits
    Column("free_at", Moment),                                 # not before this moment is anything said again
    UniqueConstraint("app", "rule", "key"),
)
Index(
    "uq_sys_alert_open", ALERTS.c.app, ALERTS.c.rule, ALERTS.c.key,
    unique=True, postgresql_where=OPEN, sqlite_where=OPEN,
)
