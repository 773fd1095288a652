"""The table of further memberships: the departments besides the main one that a person belongs to."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from engine.runtime.storage.system import BIG, METADATA

MEMBERSHIPS = Table(
    "sys_membership",
    METADATA,
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("department", String(200), ForeignKey("sys_department.name", onupdate="CASCADE"), nullable=False,
           index=True),
    Column("position", String(100), nullable=False, server_default=""),
    UniqueConstraint("user", "department"),
)
