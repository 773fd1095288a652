"""`formwork demo`: a company to play with, made once and kept, served on loopback."""

from __future__ import annotations

import datetime as dt
import gc
import importlib
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from engine.builder.furnishing import furnish, roles_of, samples_of
from engine.cli.serving import run
from engine.cli.sites import compiled, open_site
from engine.definitions.app import App
from engine.errors import Refused
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import notices
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import counters, site_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import prints
from engine.settings import APPS, Settings, load

APP = "sales_erp"
PASSWORD = "demo"
BY = "demo"                                    # who has published what is shown
READY = "demo company"                         # a series that is counted once, when the company is complete
SHOWN = "demo"                                 # a fact of the site: the app that it shows, and whether it is ready
UNREAD = 5                                     # notices that wait for each person at the start
Users = Sequence[tuple[str, str]]              # (login, role)
USERS = (
    ("admin", "administrator 管理员"),
    ("analyst", "builder 业务分析师"),
    ("li", "sales 销售"),
    ("sun", "sales 销售"),
    ("wang", "sales manager 销售经理"),
    ("zhao", "warehouse 仓管"),
    ("qian", "finance 财务"),
    ("zhou", "purchasing 采购"),
    ("chen", "director 总经理"),
)


@click.command()
@click.argument("app", required=False)
@click.option("--reset", is_flag=True, help="Start anew: the data in the demo's folder are deleted.")
@click.option("--no-serve", is_flag=True, help="Only make the company.")
def demo(app: str | None, reset: bool, no_serve: bool) -> int:
    """A sample company full of data on http://127.0.0.1:8000; a second run keeps its data.

    APP is a template (`expenses`) or a definition file, shown with its samples; without it, the sales ERP."""
    settings = replace(load(), demo=True)
    if app is not None:
        return _demo_of(_definition(app), settings, reset, no_serve)
    _refuse_strangers(settings)
    if reset:
        _reset(settings)
    site = open_site(settings)
    if _half_made(site):
        site = _start_anew(site, settings)
    if APP not in {one.app.name for one in site.apps()}:
        _make(site)
    else:
        _renew(site, compiled(APPS / f"{APP}.yaml"))
    _open_doors(site, settings, USERS, no_serve)
    return 0


def _definition(name: str) -> App:
    """A definition file, or the template of this name."""
    path = Path(name)
    template = APPS / "templates" / f"{name}.yaml"
    if not path.is_file() and not template.is_file():
        known = ", ".join(sorted(one.stem for one in template.parent.glob("*.yaml")))
        raise click.UsageError(f"there is neither a file nor a template {name}; the templates are {known}")
    return compiled(path if path.is_file() else template)


def _demo_of(app: App, settings: Settings, reset: bool, no_serve: bool) -> int:
    """Serve an app with its samples; on SQLite it has a folder of its own."""
    if settings.database_url.startswith("sqlite"):
        folder = settings.data_dir / app.name
        settings = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder / 'formwork.db'}")
    _refuse_strangers(settings)
    if reset:
        _reset(settings)
    site = open_site(settings)
    if _noted(site) == {"app": app.name, "ready": False}:
        site = _start_anew(site, settings)
    if app.name not in {one.app.name for one in site.apps()}:
        _note(site, app.name, ready=False)
        click.echo(f"Publishing {app.label.to('en')} with its samples …")
        site.publish(app.texts, by=BY)
        people.add_user(site, "admin", "系统管理员", PASSWORD, admin=True, builder=True, rules=False)
        furnish(site, app, password=PASSWORD)
        drain(site, handlers(site, press=prints.of), dt.datetime.now(dt.UTC))
        _note(site, app.name, ready=True)
    else:
        _renew(site, app)
    staff = [(str(one["id"]), _roles(app, one)) for one in samples_of(app).get("people") or ()]
    _open_doors(site, settings, (("admin", "administrator 管理员"), *staff), no_serve)
    return 0


def _renew(site: Site, app: App) -> None:
    """Publish a definition that has changed since it was shown last, unless somebody has changed the live one."""
    live = max(site.versions(app.name), key=lambda one: one.number)
    if site.texts(app.name, live.number) == app.texts:
        return
    if live.published_by != BY:
        click.echo(f"Version {live.number} of {app.name} was made here, and stays; `formwork publish` takes the file.")
        return
    click.echo(f"The definition of {app.name} has changed. Publishing; what follows from it is computed anew …")
    try:
        site.publish(app.texts, by=BY)
        click.echo(f"{app.name} is published anew.")
    except Refused as refused:
        click.echo(f"It does not fit the data: {refused.message.to('en')}")
        click.echo("It is shown as it was; --reset starts anew.")


def _note(site: Site, app: str, *, ready: bool) -> None:
    """Remember which app is being shown, and whether all of its samples are there."""
    with site.database.write() as connection:
        site_rows.put_fact(connection, SHOWN, {"app": app, "ready": ready}, site.now())


def _noted(site: Site) -> Mapping[str, Any]:
    with site.database.read() as connection:
        found = site_rows.fact(connection, SHOWN)
    return {} if found is None else found[1]


def _roles(app: App, person: Mapping[str, Any]) -> str:
    """A sample person's roles in both languages."""
    labels = [app.roles[name].label for name in roles_of(person) if name in app.roles]
    return ", ".join(" ".join(dict.fromkeys((label.to("en"), label.to("zh")))) for label in labels)


def _refuse_strangers(settings: Settings) -> None:
    if not settings.loopback and os.environ.get("FORMWORK_DEMO_OPEN") != "1":
        raise click.UsageError(
            f"HOST={settings.host} is not loopback, and the demo's passwords are known: "
            "FORMWORK_DEMO_OPEN=1 serves it with random ones"
        )


def _open_doors(site: Site, settings: Settings, users: Users, no_serve: bool) -> None:
    """Tell who may sign in, and serve."""
    passwords = _open_passwords(site, users) if not settings.loopback else {}
    _tell(settings, users, passwords)
    if no_serve:
        site.database.close()
    else:
        run(site, settings)


def _reset(settings: Settings) -> None:
    if not settings.database_url.startswith("sqlite"):
        raise click.UsageError("--reset deletes SQLite data only; drop and create the PostgreSQL database yourself")
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    for suffix in ("", "-wal", "-shm", ".lock"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _half_made(site: Site) -> bool:
    """Whether an earlier run was stopped while it made the company."""
    if APP not in {one.app.name for one in site.apps()}:
        return False
    with site.read(APP, SERVICE) as tx:
        return counters.current(tx, READY) == 0


def _start_anew(site: Site, settings: Settings) -> Site:
    click.echo("The last run was stopped before everything was there: making it anew.")
    site.database.close()
    _reset(settings)
    return open_site(settings)


def _make(site: Site) -> None:
    """Publish the app and let the generator fill it."""
    started = time.monotonic()
    click.echo("Publishing the sales ERP …")
    site.publish(compiled(APPS / f"{APP}.yaml").texts, by=BY)
    click.echo("Making the company: 18 months of documents …")
    company = importlib.import_module("demo.company")  # knows sales; the engine does not, so it is found by name
    today = dt.datetime.now(site.apps()[0].zone).date()
    gc.freeze()                                # what is loaded stays: it is not searched for garbage again and again
    company.build(site, today, progress=Progress())
    drain(site, handlers(site, press=prints.of), dt.datetime.now(dt.UTC))
    site.run(APP, SERVICE, lambda tx: counters.take(tx, READY))
    for login, _ in USERS:
        site.run(APP, people.actor_for(site, people.find(site, login), APP), _read_history)
    click.echo(f"\rThe company is ready after {time.monotonic() - started:.0f} s." + " " * 30)


def _read_history(tx: Tx) -> None:
    """A person's notices of the months before have been read; the newest wait."""
    newest = {message.id for message in notices.inbox(tx, limit=UNREAD)}
    while older := [m.id for m in notices.inbox(tx, before=min(newest), limit=500) if not m.read] if newest else []:
        notices.mark_read(tx, older)


class Progress:
    """Shows how far the generator is: on a terminal in one line, elsewhere a line every tenth part."""

    def __init__(self) -> None:
        self._tenths = 0

    def __call__(self, message: str, done: float) -> None:
        if sys.stdout.isatty():
            click.echo(f"\r  {done:4.0%} {message:<60}", nl=False)
        elif int(done * 10) > self._tenths:
            self._tenths = int(done * 10)
            click.echo(f"  {done:4.0%} {message}")


def _open_passwords(site: Site, users: Users) -> dict[str, str]:
    """Off loopback nobody signs in with a known password."""
    chosen = {login: secrets.token_urlsafe(9) for login, _ in users}
    for login, password in chosen.items():
        people.set_password(site, login, password)
    return chosen


def _tell(settings: Settings, users: Users, passwords: dict[str, str]) -> None:
    click.echo(f"\n  http://{settings.host}:{settings.port}\n")
    click.echo("  user       password     role")
    for login, role in users:
        click.echo(f"  {login:<10} {passwords.get(login, PASSWORD):<12} {role}")
    where = (
        settings.data_dir.resolve() if settings.database_url.startswith("sqlite") else "the database of DATABASE_URL"
    )
    click.echo(f"\n  The data are in {where}; `make demo-reset`, or here `--reset`, starts anew.\n", nl=True)
