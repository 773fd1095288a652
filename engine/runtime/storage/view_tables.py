"""The tables of saved views of lists, and of how each person has arranged a list."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, DOCUMENT, METADATA, identity

SAVED_VIEWS = Table(
    "sys_saved_view",
    METADATA,
    identity(),
    Column("app", String(63), nullable=False),
    Column("object", String(200), nullable=False),
    Column("owner", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("question", DOCUMENT, nullable=False),  # what the address of the list asks: filter, search, sort, view …
    Column("roles", DOCUMENT, nullable=False),     # with whom it is shared: names of roles; none = own
    Column("changed_at", Moment, nullable=False),
    Index("ix_sys_saved_view_object", "app", "object", "id"),
)
ARRANGEMENTS = Table(
    "sys_arrangement",
    METADATA,
    Column("user", BIG, ForeignKey("sys_user.id"), primary_key=True),
    Column("app", String(63), primary_key=True),
    Column("object", String(200), primary_key=True),
    Column("view", String(100), primary_key=True),  # a declared view, `~12` a saved one, `*` the one opened first
    Column("settings", DOCUMENT, nullable=False),   # columns, widths, density, totals; of `*`: {"first": view}
)
