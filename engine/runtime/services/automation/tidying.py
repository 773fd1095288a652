"""What is kept for a time only: answers under the keys of requests, jobs that are done, shares that have ended. Removed
at night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from engine.runtime.storage import job_rows, mail_link_rows, open_link_rows, replies, share_rows
from engine.runtime.storage.live import Tx

ANSWERS = dt.timedelta(days=7)                 # how long a request with the same key gets the same answer
DONE = dt.timedelta(days=30)                   # how long people can look up what a job did
BATCH = 5_000                                  # rows that go at once: a night has many


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Forget the oldest of each; failed jobs stay until somebody has seen to them."""
    mail_link_rows.forget(tx.connection, tx.now - DONE)
    open_link_rows.forget(tx.connection, tx.now - DONE)
    replies.forget(tx, tx.now - ANSWERS, BATCH)
    share_rows.forget(tx.connection, tx.now)
    job_rows.purge(tx.connection, tx.now - DONE, BATCH)
