"""Opening the site that the settings name; which app a command means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from engine.definitions.app import App
from engine.definitions.compile import load as load_app
from engine.errors import BadDefinition, Busy
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.storage.file_stores import Store, store_of
from engine.settings import BadSetting, Settings, load


def open_site(settings: Settings | None = None) -> Site:
    """The site of the effective settings; its own tables are made if they are missing. `BadSetting` if the database
    cannot be opened."""
    chosen = settings or load()
    with _readable():
        return Site(_database(chosen), files=store(chosen), bin_days=chosen.bin_days,
                    second_factor=chosen.second_factor, public_url=home(chosen),
                    audit_days=chosen.audit_days, secrets=chosen.secret)


def home(settings: Settings) -> str:
    """The address that letters lead to: the public one, on loopback this machine's; blank where nobody has said it."""
    return settings.public_url or (f"http://{settings.host}:{settings.port}" if settings.loopback else "")


def store(settings: Settings) -> Store:
    """Where the contents of files lie. `BadSetting` for an address that is none, or without the library for S3."""
    try:
        return store_of(settings.files or str(settings.data_dir / "files"), settings.s3_endpoint)
    except ImportError:
        raise BadSetting("files in a bucket need the library for S3: pip install 'formwork[s3]'") from None
    except ValueError as error:
        raise BadSetting(str(error)) from None


def open_database(settings: Settings) -> Database:
    """The database of the settings, with whatever is in it. `BadSetting` if it cannot be opened."""
    with _readable():
        database = _database(settings)
        with database.read():                  # it answers
            return database


def address(setting: str, text: str) -> URL:
    """The address of a database or a mail server in its parts. `BadSetting` for what is none."""
    try:
        return make_url(text)
    except (ArgumentError, ValueError):        # not the text itself: it may hold a password
        raise BadSetting(f"{setting} is no address such as kind://user:password@host:port/name") from None


def _database(settings: Settings) -> Database:
    """The database's folder is made if it is missing, readable by its owner alone."""
    address("DATABASE_URL", settings.database_url)
    if settings.database_url.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Database(settings.database_url)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (ArgumentError, OperationalError, Busy) as error:  # only here: later ones are defects, not settings
        known = error.__cause__ if isinstance(error, Busy) else error
        why = known.orig if isinstance(known, DBAPIError) else known
        raise BadSetting(f"the database of DATABASE_URL cannot be opened: {why}") from None


def compiled(path: Path) -> App:
    """The app of a definition file; `BadDefinition` with all problems if it does not check."""
    if not path.is_file():
        raise click.UsageError(f"there is no file {path}")
    loaded = load_app(path)
    if loaded.app is None:
        raise BadDefinition(loaded.problems)
    return loaded.app


def the_app(site: Site, name: str) -> str:
    """The app of this name, or the only one."""
    live = [one.app.name for one in site.apps()]
    if name:
        return name
    if len(live) != 1:
        raise click.UsageError(f"name the app: {', '.join(live) or 'none is published'}")
    return live[0]
