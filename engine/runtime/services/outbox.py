"""What is to be done after commit: jobs entered in the business transaction, so that both stand or neither does."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from engine.runtime.storage import job_rows, site_rows
from engine.runtime.storage.live import Tx


class Bell:
    """Tells workers of this process that something was entered. Nothing depends on it: they also look by themselves."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung = 0

    def ring(self) -> None:
        with self._changed:
            self._rung += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Wait until it rings again after `heard`, at most so long; what to pass as `heard` next time."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung != heard, seconds)
            return self._rung


BELL = Bell()


def hold(connection: Connection) -> None:
    """Let nothing leave the site until somebody has looked: of what waits, some was sent before it was restored."""
    site_rows.put_fact(connection, job_rows.HELD, {}, dt.datetime.now(dt.UTC))


def held(connection: Connection) -> int | None:
    """How many letters are held back; None where the outbox is open."""
    return None if site_rows.fact(connection, job_rows.HELD) is None else job_rows.kept_back(connection)


def release(connection: Connection, now: dt.datetime, *, discard: bool = False) -> int:
    """Open the outbox: what waits is sent, or taken back. How many letters that were."""
    count = job_rows.discard(connection, now) if discard else job_rows.kept_back(connection)
    site_rows.forget_fact(connection, job_rows.HELD)
    return count


def enqueue(
    tx: Tx, kind: str, args: Mapping[str, Any], *, dedup_key: str | None = None, run_at: dt.datetime | None = None,
    queue: str = "default", priority: int = 0, max_attempts: int = 8, lane: str | None = None, gathers: str = "",
) -> int | None:
    """Enter a job of this app: `args` is JSON; it runs after commit, not before `run_at` (aware).

    The job's id, or None if there is one with this `dedup_key` already. Jobs of one `lane` run one after the other;
    one that waits under the key `gathers` takes over the `args` instead of another beside it."""
    later = run_at is not None and run_at > tx.now
    key = f"{job_rows.GATHERED}{gathers}"[:200] if gathers else dedup_key
    values = {
        "kind": kind, "app": tx.app.name, "args": dict(args), "dedup_key": key, "queue": queue,
        "priority": priority, "state": "delayed" if later else "ready", "run_at": run_at or tx.now,
        "created_at": tx.now, "max_attempts": max_attempts, "lane": lane,
    }
    id = job_rows.gather(tx.connection, values) if gathers else job_rows.add(tx.connection, values)
    if id is not None and BELL.ring not in tx.after_commit:
        tx.after_commit.append(BELL.ring)
    return id


def cancel(tx: Tx, dedup_key: str) -> bool:
    """Take back a job that has not begun; False if there is none or it is too late."""
    return job_rows.cancel(tx.connection, tx.now, dedup_key=dedup_key)
