"""The flagship app with its sample company in a database of one's choice, served for a browser. Knows no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.builder.furnishing import furnish, samples_of
from engine.builder.rehearsals import moment_of
from engine.definitions.app import App
from engine.definitions.compile import load
from engine.runtime.services import commands, inputs
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site, utc_now
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.faults.servers import serving

APP = Path(__file__).parents[2] / "apps" / "sales_erp.yaml"
PASSWORD = "demo"


class Running:
    """A clock that goes on from a moment of one's choice as fast as any other."""

    def __init__(self, start: dt.datetime) -> None:
        self.ahead = start - utc_now()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.ahead


@dataclass(frozen=True)
class Company:
    """A served site: its address for a browser, the site itself for what a test does not play."""

    url: str
    site: Site

    def made(self, login: str, object: str, act: str, **values: Any) -> int:
        """A record that a person has made and then taken an action on; its id."""
        actor = people.actor_for(self.site, people.find(self.site, login), "sales_erp")

        def carry_out(tx: Tx) -> int:
            record = commands.create(tx, object, inputs.read(tx, object, values))
            assert record.id is not None
            commands.act(tx, object, record.id, act)
            return record.id

        return self.site.run("sales_erp", actor, carry_out)


@cache
def sales_erp() -> App:
    """The compiled app; once for the whole run."""
    app = load(APP).app
    assert app is not None, "apps/sales_erp.yaml does not compile"
    return app


@contextmanager
def company(database_url: str) -> Iterator[Company]:
    """A server over the app with its samples, from the day of the samples on; everybody's password is `demo`."""
    app = sales_erp()
    samples = samples_of(app)
    site = Site(Database(database_url), now=Running(moment_of(app, str(samples["now"]))))
    try:
        site.publish(app.texts, by="test")
        furnish(site, app, password=PASSWORD)
        for one in samples["people"]:
            if "director" in one.get("role", ()):
                roles = {app.name: one["role"]}
                people.add_user(site, one["id"], one["name"], PASSWORD, roles=roles, builder=True, rules=False)
        with serving(site, threads=8) as port:
            yield Company(f"http://127.0.0.1:{port}", site)
    finally:
        site.database.close()
