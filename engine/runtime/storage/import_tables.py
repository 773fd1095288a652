"""The tables of imports: the uploaded file, its mapping, how far it has got, what is wrong with which row."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

IMPORTS = Table(
    "sys_import",
    METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", String(200), nullable=False),
    Column("user", BIG, nullable=False),                     # who imports, with the rights of the moment it runs
    Column("file", String(200), nullable=False),
    Column("content", Text, nullable=False),                 # base64: backups are lines of JSON
    Column("mapping", DOCUMENT, nullable=False),
    Column("state", String(12), nullable=False),             # new rehearsing rehearsed running done failed
    Column("cursor", DOCUMENT, nullable=False),              # where it stands: see `services/imports/background`
    Column("counts", DOCUMENT, nullable=False),
    Column("message", DOCUMENT, nullable=False),             # language → why it failed as a whole
    Column("done", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("ix_sys_import_user", "app", "user", "id"),
)
IMPORT_ERRORS = Table(
    "sys_import_error",
    METADATA,
    identity(),
    Column("import", BIG, ForeignKey("sys_import.id"), nullable=False),
    Column("file", String(200), nullable=False),
    Column("row", Integer, nullable=False),
    Column("column", String(500), nullable=False),
    Column("message", DOCUMENT, nullable=False),             # language → text
    Index("ix_sys_import_error_import", "import", "id"),
)
