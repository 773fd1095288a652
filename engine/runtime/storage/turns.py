"""Turns: one transaction at a time does a thing that rows alone do not guard. Knows no rule."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select

from engine.runtime.storage.live import Tx


def hold(tx: Tx, what: str) -> None:
    """Wait until nobody else holds the turn of this name in this app, and hold it until the commit: what the one before
    has written is seen then. SQLite writes one at a time anyway."""
    if tx.postgres:
        digest = hashlib.sha256(f"{what} {tx.app.name}".encode()).digest()
        tx.connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))
