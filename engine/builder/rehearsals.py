"""A throw-away site with an app's samples in it: where declared tests run. Each test gets a copy of its own."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.builder.furnishing import furnish, samples_of
from engine.definitions.app import App
from engine.runtime.services import people
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live

NOON = dt.time(9, 0)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


class Stage:
    """A site for tests of one app: published, with the sample people and rows, its clock at the samples' `now`."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.samples = samples_of(app)
        self.start = moment_of(app, str(self.samples.get("now") or "2026-01-05"))
        self._base = folder / "base.db"
        self._live: Live | None = None
        self._actors: dict[str, Actor] = {}
        self._prepare()

    def _prepare(self) -> None:
        site = Site(Database(f"sqlite:///{self._base}"), now=Clock(self.start))
        site.publish(self.app.texts, by="test")
        furnish(site, self.app)
        self._live = site.apps()[0]
        self._actors = {str(p["id"]): self._actor(site, str(p["id"])) for p in self.samples.get("people") or ()}
        site.database.close()

    def _actor(self, site: Site, login: str) -> Actor:
        return people.actor_for(site, people.find(site, login), self.app.name)

    def actor(self, login: str) -> Actor:
        """The sample person of this id; KeyError for somebody unknown."""
        return self._actors[login]

    def copy(self, number: int) -> tuple[Site, Clock]:
        """A site on a copy of the prepared database, with a clock of its own."""
        target = self.folder / f"test{number}.db"
        shutil.copyfile(self._base, target)
        clock = Clock(self.start)
        site = Site(Database(f"sqlite:///{target}"), now=clock)
        if self._live is not None:
            site.adopt(self._live)
        return site, clock

    def discard(self, site: Site, number: int) -> None:
        """Close a copy and delete its files."""
        site.database.close()
        for path in self.folder.glob(f"test{number}.db*"):
            path.unlink()


def moment_of(app: App, text: str) -> dt.datetime:
    """`2026-05-04` (at nine) or `2026-05-04 14:30` in the app's time zone."""
    day, _, time = text.strip().partition(" ")
    at = dt.time.fromisoformat(time) if time else NOON
    return dt.datetime.combine(dt.date.fromisoformat(day), at, ZoneInfo(app.timezone)).astimezone(dt.UTC)
