"""A furnished site on which every kind of page has something to show: for pictures and for checks of all pages.

Knows the sample company and one starter app; no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint

from demo import company
from engine.builder.furnishing import furnish
from engine.builder.pages import blueprint
from engine.definitions.app import App
from engine.definitions.compile import load
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, drafts
from engine.runtime.services.identity import people
from engine.runtime.services.imports import background
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app
from engine.runtime.web.routes import Access, route
from tests.apps.asking import ask
from tests.faults.servers import running

APPS = Path(__file__).parents[2] / "apps"
SALES, PROJECTS = "sales_erp", "projects"
PASSWORD = "demo"
TODAY = dt.date(2026, 3, 13)
NOW = dt.datetime(2026, 3, 13, 1, 30, tzinfo=dt.UTC)        # half past nine in Shanghai; the clock stands still
REGIONS = "名称,上级\n西北区,\n西南区,不存在的大区\n,\n".encode()


@dataclass(frozen=True)
class Stage:
    """A served site: its address for a browser, the site itself for what nobody plays."""

    url: str
    site: Site
    apps: tuple[App, ...]

    def id(self, question: str, app: str = SALES) -> int:
        """The id of the record that an expression finds (`first(all quote where state = 'draft')`)."""
        found = ask(self.site, app, question)
        assert found is not None, f"nobody has prepared {question}"
        return int(found.id)

    def speak(self, language: str) -> None:
        """Everybody reads this language."""
        for row in people.all_users(self.site):
            people.set_language(self.site, int(row["id"]), language)

    def run(self, login: str, work: Callable[[Tx], Any]) -> Any:
        """Carry out a command as somebody."""
        return run(self.site, login, work)


def run(site: Site, login: str, work: Callable[[Tx], Any], app: str = SALES) -> Any:
    """Carry out a command of a person in an app."""
    return site.run(app, people.actor_for(site, people.find(site, login), app), work)


def build(url: str, scale: float = 0.3, months: int = 2) -> None:
    """Fill an empty database: the company, a starter app, and something for each page that is empty in a company."""
    site = Site(Database(url))
    try:
        # The starter app first: whoever works in both stays in the company's departments.
        for name in (f"templates/{PROJECTS}.yaml", f"{SALES}.yaml"):
            app = load(APPS / name).app
            assert app is not None, f"{name} does not compile"
            site.publish(app.texts, by="test")
            if app.name == SALES:
                company.build(site, TODAY, scale, months=months)
            else:
                furnish(site, app, password=PASSWORD)
        people.add_user(site, "ma", "马丽", PASSWORD, roles={SALES: ["importer", "warehouse"]}, rules=False)
        site.now = lambda: NOW
        lay_out(site)
    finally:
        site.database.close()


def lay_out(site: Site) -> None:
    """What a company has by chance only: something in the bin, in the archive, half-typed, half-imported."""
    drain(site, handlers(site), NOW)
    gone = ask(site, SALES, "first(all quote where state = 'draft')").id
    run(site, "li", lambda tx: commands.delete(tx, "quote", gone))
    run(site, "li", lambda tx: drafts.keep(tx, "customer", 0, 0, [("name", "写到一半的客户"), ("city", "杭州")]))
    imports = [run(site, "ma", lambda tx: background.upload(tx, "region", "regions.csv", REGIONS)) for _ in range(3)]
    for number in imports[1:]:
        run(site, "ma", lambda tx, n=number: background.start(tx, n, dry_run=True))
        drain(site, handlers(site), NOW)
    run(site, "ma", lambda tx: background.start(tx, imports[2], dry_run=False))
    drain(site, handlers(site), NOW)


@contextmanager
def opened(url: str) -> Iterator[Stage]:
    """A server over a database that was built."""
    site = Site(Database(url), now=lambda: NOW)
    try:
        with running(create_app(site, None, blueprint(), faults()), threads=6) as port:
            yield Stage(f"http://127.0.0.1:{port}", site, tuple(live.app for live in site.apps()))
    finally:
        site.database.close()


def faults() -> Blueprint:
    """A page that always fails: the page of errors is a page too."""
    made = Blueprint("faults", __name__)

    def broken() -> str:
        raise RuntimeError("asked for")

    route(made, "/broken", Access.PUBLIC)(broken)
    return made
