"""The flagship app with its sample company in a database of one's choice, served for a browser. Knows no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from engine.builder.rehearsals import moment_of
from engine.definitions.app import App
from engine.definitions.compile import load
from engine.definitions.nodes import plain_of
from engine.runtime.services import commands, inputs, people
from engine.runtime.services.seeding import sow
from engine.runtime.services.site import Site, utc_now
from engine.runtime.storage.actors import SERVICE
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
    samples: Mapping[str, Any] = plain_of(app.samples)
    site = Site(Database(database_url), now=Running(moment_of(app, str(samples["now"]))))
    try:
        site.publish(app.texts, by="test")
        _employ(site, app.name, samples)
        for object, rows in samples["rows"].items():
            for row in rows:
                site.run(app.name, SERVICE, partial(sow, object=object, raw=row))
        with serving(site, threads=8) as port:
            yield Company(f"http://127.0.0.1:{port}", site)
    finally:
        site.database.close()


def _employ(site: Site, app: str, samples: Mapping[str, Any]) -> None:
    """Departments and people; who is to head a department is named once everybody is there."""
    for name in samples["departments"]:
        people.add_department(site, name)
    for one in samples["people"]:
        people.add_user(
            site,
            one["id"],
            one["name"],
            PASSWORD,
            roles={app: [one["role"]]},
            department=one.get("department", ""),
            builder=one["role"] == "director",
            rules=False,
        )
    for one in samples["people"]:
        if "heads" in one:
            people.add_department(site, one["heads"], head=one["id"])
