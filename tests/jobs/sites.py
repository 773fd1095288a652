"""The least that a worker needs of a site: a database with the job table, and one transaction at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Column, Integer, String, Table

from engine.definitions.app import App
from engine.runtime.storage import system, tables
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.schedule_tables import SCHEDULES
from engine.runtime.storage.site_tables import FACTS, WORKERS
from engine.texts import plain

T = TypeVar("T")
START = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
EFFECTS = Table("effect", system.MetaData(), Column("id", Integer, primary_key=True), Column("what", String(40)))


def empty_app() -> App:
    nothing: dict[str, object] = {}
    return App("shop", plain("Shop"), ("en",), "UTC", "EUR", *([nothing] * 9), ())  # type: ignore[arg-type]


class SmallSite:
    """A database, an app without anything in it, and a clock that is turned by hand."""

    def __init__(self, url: str, *, fresh: bool = True) -> None:
        """`fresh`: its tables are to be made."""
        self.database = Database(url)
        self.now = START
        app = empty_app()
        self.live = Live(app, tables.build(app), {})
        if not fresh:
            return
        with self.database.write() as connection:
            system.JOBS.create(connection)
            SCHEDULES.create(connection)
            WORKERS.create(connection)
            FACTS.create(connection)
            EFFECTS.create(connection)

    def apps(self) -> list[Live]:
        return [self.live]

    def clock(self) -> dt.datetime:
        return self.now

    def later(self, **span: float) -> dt.datetime:
        self.now += dt.timedelta(**span)
        return self.now

    def run(self, app_name: str, actor: Actor, function: Callable[[Tx], T]) -> T:
        with self.database.write() as connection:
            tx = Tx(connection, self.live, actor, self.now)
            result = function(tx)
        for call in tx.after_commit:
            call()
        return result

    def write(self, function: Callable[[Tx], T]) -> T:
        return self.run("shop", SERVICE, function)

    def effects(self) -> list[str]:
        with self.database.read() as connection:
            return [row.what for row in connection.execute(EFFECTS.select().order_by(EFFECTS.c.id))]

    def states(self) -> list[str]:
        with self.database.read() as connection:
            return [row.state for row in connection.execute(system.JOBS.select().order_by(system.JOBS.c.id))]
