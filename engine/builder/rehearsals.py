"""A throw-away site with an app's samples in it: where declared tests run. Each test finds it as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.builder.furnishing import Unfit, address_of, furnish, samples_of
from engine.definitions.app import App
from engine.definitions.samples import BEGINNING, moment
from engine.errors import Failure, Location
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live


class Failed(Exception):
    """A test that did not hold, or samples that cannot be planted, with the place that says so.

    `expected` and `got` are the two sides where something was compared; `width` is how many letters are in question."""

    def __init__(
        self, message: str, at: Location | None = None, *, expected: str = "", got: str = "", width: int = 1
    ) -> None:
        super().__init__(message)
        self.at = at
        self.width = width
        self.expected = expected
        self.got = got


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


class Stage:
    """A site for tests of one app: published, with the sample people and rows, its clock at the samples' `now`.

    The engine and its compiled statements are kept from test to test; the contents are copied back for each.

    `watched` may replace the compiled app by one that notes what is reached. Raises `Failed` for samples that the app's
    own rules refuse."""

    def __init__(self, app: App, folder: Path, watched: Callable[[App], App] = lambda app: app) -> None:
        self.app = app
        self.folder = folder
        self.samples = samples_of(app)
        self.start = moment_of(app, str(self.samples.get("now") or BEGINNING))
        self._people = {str(person["id"]): person for person in self.samples.get("people") or ()}
        self._base = folder / "base.db"
        live, self._actors = self._prepare(watched)
        self._site = Site(Database(f"sqlite:///{folder / 'test.db'}", scratch=True))
        self._site.adopt(live)

    def _prepare(self, watched: Callable[[App], App]) -> tuple[Live, dict[str, Actor]]:
        site = Site(Database(f"sqlite:///{self._base}", scratch=True), now=Clock(self.start))
        try:
            site.publish(self.app.texts, by="test")
            furnish(site, self.app)
            live = site.apps()[0]
            actors = {login: self._actor(site, login) for login in self._people}
            return replace(live, app=watched(live.app)), actors
        except Unfit as unfit:
            raise Failed(words_of(unfit), unfit.at) from unfit
        except Failure as failure:             # seed rows that the rules refuse
            raise Failed(words_of(failure), Location(self.app.samples.at.file)) from failure
        finally:
            site.database.close()

    def _actor(self, site: Site, login: str) -> Actor:
        return people.actor_for(site, people.find(site, login), self.app.name)

    def actor(self, login: str) -> Actor:
        """The sample person of this id; KeyError for somebody unknown."""
        return self._actors[login]

    def address(self, login: str) -> str:
        """The mail address of a sample person."""
        return address_of(self._people[login])

    def fresh(self) -> tuple[Site, Clock]:
        """The site as it was prepared, with its clock at the beginning. The one before is gone: one test at a time."""
        self._site.database.restore(self._base)
        clock = Clock(self.start)
        self._site.now = clock
        return self._site, clock

    def close(self) -> None:
        """Give back what is open; the files go with their folder."""
        self._site.database.close()


def words_of(failure: Failure) -> str:
    """A refusal in the app's languages, with what is wrong in which field."""
    forms = dict.fromkeys((failure.message.to("zh"), failure.message.to("en")))
    reasons = [f"{one.field}: {one.message.to('en')}" for one in failure.errors if one.told != failure.message]
    return " / ".join(forms) + (f" ({'; '.join(reasons)})" if reasons else "")


def moment_of(app: App, written: str) -> dt.datetime:
    """A moment as tests write it, in the app's time zone; `ValueError` for what is none."""
    return moment(written).replace(tzinfo=ZoneInfo(app.timezone)).astimezone(dt.UTC)
