"""How long one statement may take: for pages a few seconds, for exports and commands a minute, for publishing as
long as it takes. PostgreSQL counts by itself; on SQLite a watch at each connection does."""

from __future__ import annotations

import math
import time
from typing import Any

from sqlalchemy import Connection, text

QUICK, PATIENT, ENDLESS = 5, 60, 0             # seconds
STEPS = 100_000                                # of SQLite's machine between two looks at the clock: some milliseconds
WATCH = "watch"


class Watch:
    """Breaks off a statement on one SQLite connection that takes longer than `seconds` (`ENDLESS`: never)."""

    def __init__(self, connection: Any) -> None:
        self.seconds: float = ENDLESS
        self._until = math.inf
        connection.set_progress_handler(self._late, STEPS)

    def begin(self) -> None:
        """A statement begins."""
        self._until = time.monotonic() + self.seconds if self.seconds else math.inf

    def _late(self) -> bool:
        return time.monotonic() > self._until


def install(connection: Any, record: Any) -> None:
    """Watch a new connection of the driver."""
    record.info[WATCH] = Watch(connection)


def begin(connection: Connection, cursor: object, statement: object, parameters: object, context: object,
          many: object) -> None:
    """Before each statement."""
    connection.info[WATCH].begin()


def allow(connection: Connection, seconds: float | None) -> None:
    """So long may each statement of the transaction that begins take, on SQLite; None for what nobody waits for."""
    connection.info[WATCH].seconds = seconds or ENDLESS


def unhurried(connection: Connection) -> None:
    """This transaction may take as long as it takes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    else:
        allow(connection, ENDLESS)
