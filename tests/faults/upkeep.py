"""What is run in processes that die in the middle of it: a backup, a restore, the purge of a night."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from engine.runtime.services import backups, keeping
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.faults.publishers import Doom


def back_up(at: int, url: str, path: Path) -> None:
    database = Database(url)
    site = Site(database)
    Doom(at).watch(database)
    backups.make(site, path)
    database.close()


def restore(at: int, url: str, path: Path) -> None:
    database = Database(url)
    Doom(at).watch(database)
    backups.restore(database, path)
    database.close()


def purge(at: int, url: str, now: dt.datetime) -> None:
    database = Database(url)
    site = Site(database, now=lambda: now)
    Doom(at).watch(database)
    site.run("shop", SERVICE, lambda tx: keeping.run(tx, {}, site.bin_days))
    database.close()
