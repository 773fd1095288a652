"""Commands that keep running: the web server (with the worker in it) and the worker alone."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click
import waitress

from engine.builder.pages import blueprint
from engine.cli.sites import compiled, open_site
from engine.errors import BadDefinition
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker
from engine.runtime.services.identity.identities import Provider, mapping
from engine.runtime.services.site import Site
from engine.runtime.web.app import WebSettings, create_app
from engine.runtime.web.present import prints
from engine.settings import BadSetting, Settings, load

FIGURES_EVERY = 5.0                            # seconds between two handings over of what a process has counted
YOUNG = 10_000                                 # new objects after which garbage is looked for


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--publish", is_flag=True, help="Publish the files even if something else is live.")
@click.option("--host", default=None)
@click.option("--port", type=int, default=None)
@click.option("--workers", type=int, default=1, help="Processes; more than one needs PostgreSQL.")
@click.option("--no-worker", is_flag=True, help="Run no background jobs in this process.")
def serve(
    files: tuple[Path, ...], publish: bool, host: str | None, port: int | None, workers: int, no_worker: bool
) -> None:
    """Serve the site. Files are published into an empty site, or with --publish; else the live version is served."""
    settings = load()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    site = open_site(settings)
    live = {one.app.name: one.app.version for one in site.apps()}
    for file in files:
        app = compiled(file)
        if publish or app.name not in live:
            done = site.publish(app.texts, by="serve")
            click.echo(f"{app.name} version {done.number} is live")
        elif live[app.name] != app.version:
            click.echo(
                f"{file} differs from the live version of {app.name}, which is served; --publish makes the file live",
                err=True,
            )
    if workers > 1:
        site.database.close()
        _fork(settings, workers, not no_worker)
    else:
        run(site, settings, worker=not no_worker)


def run(site: Site, settings: Settings, *, worker: bool = True) -> None:
    """Serve until told to stop; the worker's threads live beside the server's."""
    working = Worker(site, handlers(site, press=prints.of)) if worker else None
    if working is not None:
        working.start()
    application = create_app(site, web_settings(settings), blueprint())
    settle(site)
    server = waitress.create_server(
        application, host=settings.host, port=settings.port, threads=settings.threads, ident="formwork"
    )
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    click.echo(f"serving on http://{settings.host}:{settings.port}")
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        if working is not None:
            working.stop()
        site.database.close()


def settle(site: Site) -> None:
    """What is compiled lives as long as the process: the collector of garbage need not look at it again and again,
    and not after every few hundred objects, which is less than one list makes."""
    with suppress(BadDefinition):              # of a time that this engine cannot read: told where it is used
        site.apps()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def web_settings(settings: Settings) -> WebSettings:
    """What the web floor needs of the settings."""
    return WebSettings(
        public_url=settings.public_url,
        trusted_hosts=settings.trusted_hosts,
        proxy_hops=settings.proxy_hops,
        rate=settings.rate,
        rate_strangers=settings.rate_strangers,
        hand_over=FIGURES_EVERY,
        provider=provider_of(settings),
    )


def provider_of(settings: Settings) -> Provider | None:
    """The provider of identities that the settings name. Raises `BadSetting` for one that is not whole."""
    given = settings.oidc
    if not given.get("issuer"):
        return None
    missing = [f"FORMWORK_OIDC_{name.upper()}" for name in ("client", "secret") if not given.get(name)]
    if missing:
        raise BadSetting(f"FORMWORK_OIDC_ISSUER is set, and {', '.join(missing)} is not")
    try:
        roles = mapping(given.get("roles", ""))
    except ValueError as error:
        text = f"FORMWORK_OIDC_ROLES takes group=app:role, group=admin, …, not “{error}”"
        raise BadSetting(text) from None
    return Provider(
        given["issuer"], given["client"], given["secret"], given.get("label", ""), given.get("groups") or "groups",
        roles, given.get("private", "").lower() in ("1", "true", "yes"),
    )


def _fork(settings: Settings, workers: int, working: bool) -> None:
    """Serve from several processes on one port; the first runs the jobs. Needs a database that several may write."""
    if settings.database_url.startswith("sqlite"):
        raise click.UsageError("several processes need PostgreSQL: set DATABASE_URL")
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            self.cfg.set("bind", f"{settings.host}:{settings.port}")
            self.cfg.set("workers", workers)
            self.cfg.set("threads", settings.threads)

        def load(self) -> object:
            site = open_site(settings)
            application = create_app(site, web_settings(settings), blueprint())
            settle(site)
            return application

    if working and os.fork() == 0:
        _work(open_site(settings))
        sys.exit(0)
    Server().run()


def _work(site: Site) -> None:
    worker = Worker(site, handlers(site, press=prints.of))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    worker.start()
    ended.wait()
    worker.stop()
    site.database.close()


@click.command()
def worker() -> None:
    """Run background jobs until told to stop; any number of these may run on any number of machines."""
    click.echo("working")
    _work(open_site())
