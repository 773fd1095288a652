"""A process that publishes a definition and dies at a chosen point of it; forked from one that has imported all."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import event

from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database

COMMIT, COMMITTED = -1, -2                     # points by name: just before the commit, and just after it
PROCESSES = multiprocessing.get_context("forkserver")


class Doom:
    """Kills the process before the n-th statement of a publishing, or at a point with a name."""

    def __init__(self, at: int) -> None:
        self.at, self.met = at, 0

    def point(self, name: int) -> None:
        if name == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, database: Database) -> None:
        engine = database.engine
        commit: Callable[[Any], None] = engine.dialect.do_commit

        def before(*_: object) -> None:
            self.met += 1
            self.point(self.met)

        def committing(connection: Any) -> None:
            self.point(COMMIT)
            commit(connection)
            self.point(COMMITTED)

        event.listen(engine, "before_cursor_execute", before)
        engine.dialect.do_commit = committing  # type: ignore[method-assign]


def publish(at: int, url: str, texts: Mapping[str, str]) -> None:
    """The body of the process: exit code 0 if it lived to the end."""
    database = Database(url)
    site = Site(database)
    Doom(at).watch(database)
    site.publish(texts, by="the doomed")
    database.close()


def died(body: Callable[..., None], *args: Any, at: int) -> bool:
    """Whether a process of this body was killed at the point; False if it ended before it came so far."""
    PROCESSES.set_forkserver_preload(["tests.faults.publishers", "tests.faults.upkeep", "engine.definitions.compile"])
    process = PROCESSES.Process(target=body, args=(at, *args))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def publish_and_die(url: str, texts: Mapping[str, str], at: int) -> bool:
    """Whether the process was killed; False if it had published before it came so far."""
    return died(publish, url, dict(texts), at=at)
