"""Answers under keys are kept for a week, jobs that are done for a month; what failed stays."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from engine.runtime.jobs.handlers import handlers
from engine.runtime.services import drafts
from engine.runtime.services.automation import tidying
from engine.runtime.storage import job_rows, replies
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS, REPLIES
from tests.services.shops import Shop


def test_what_is_kept_for_a_time_only_goes(database_url: str) -> None:
    shop = Shop(database_url)

    def fill(tx: Tx) -> None:
        for days, key in ((8, "old"), (6, "fresh")):
            replies.claim(tx, "user:1", key, "digest")
            at = tx.now - dt.timedelta(days=days)
            tx.connection.execute(update(REPLIES).where(REPLIES.c.key == key).values(at=at))
        for days, kind, state in ((31, "a", "done"), (29, "b", "done"), (31, "c", "failed")):
            at = tx.now - dt.timedelta(days=days)
            job_rows.add(tx.connection, {
                "kind": kind, "app": "shop", "args": {}, "run_at": at, "created_at": at, "state": state,
                "finished_at": at,
            })

    shop.site.run("shop", SERVICE, fill, now=shop.now)
    assert drafts.JOB in handlers(shop.site)
    shop.site.run("shop", SERVICE, lambda tx: tidying.run(tx, {}), now=shop.now)
    with shop.site.database.read() as connection:
        assert connection.execute(select(REPLIES.c.key)).scalars().all() == ["fresh"]
        kinds = select(JOBS.c.kind).where(JOBS.c.kind.in_(["a", "b", "c"]))
        assert sorted(connection.execute(kinds).scalars()) == ["b", "c"]
    shop.site.database.close()
