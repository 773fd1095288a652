"""Commands `backup` and `restore`: a whole site into one file, and back into an empty database of either kind."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.sites import address, open_database, open_site, store
from engine.runtime.services import backups
from engine.runtime.services import outbox as letters
from engine.runtime.services.backups import Manifest
from engine.settings import Settings, load


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> int:
    """Write the whole site into FILE, while it runs; FILE is there once it is whole.

    It holds all that the database holds (apps with their versions, records, history, people, jobs), the contents of
    files, and no secret of the environment. Whoever can read it can read everything: only its owner may."""
    settings = load()
    site = open_site(settings)
    if not file.resolve().parent.is_dir():
        raise click.UsageError(f"there is no folder {file.resolve().parent}")
    manifest = backups.make(site, file, settings=shown(settings), progress=_progress)
    _tell(manifest, f"are in {file} ({file.stat().st_size / 1e6:.1f} MB)")
    site.database.close()
    return 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only read the file and compare its checksums; no database is touched.")
def restore(file: Path, check: bool) -> int:
    """Fill the empty database of DATABASE_URL from FILE, and verify it.

    The backup may come from SQLite or PostgreSQL, whichever the new database is."""
    if not file.is_file():
        raise click.UsageError(f"there is no file {file}")
    if check:
        _tell(backups.check(file, _progress), f"in {file} are whole")
        return 0
    settings = load()
    _clear_remains(settings)
    database = open_database(settings)
    _tell(backups.restore(database, file, _progress, files=store(settings)), "are restored")
    found = backups.verified(database)
    for one in found:
        click.echo(str(one))
    click.echo(f"verify: {len(found)} differences")
    with database.read() as connection:
        waiting = letters.held(connection) or 0
    click.echo(f"outbox: held, {waiting} letters and webhooks wait (formwork outbox --release, or --discard)")
    database.close()
    return 1 if found else 0


@click.command()
@click.option("--release", is_flag=True, help="Send what waits, and all that comes.")
@click.option("--discard", is_flag=True, help="Take back what waits; what comes is sent.")
def outbox(release: bool, discard: bool) -> int:
    """Tell whether mails are held back, as they are in a restored site, and let them go.

    Some of what waits may have been sent after the backup was made: look before you release it."""
    if release and discard:
        raise click.UsageError("either --release or --discard")
    site = open_site(load())
    with site.database.write() as connection:
        kept = letters.held(connection)
        if kept is None:
            click.echo("the outbox is open")
        elif release or discard:
            count = letters.release(connection, site.now(), discard=discard)
            done = "taken back" if discard else "on their way"
            click.echo(f"{count} letters and webhooks are {done}; the outbox is open")
        else:
            waits = f"the outbox is held, {kept} letters and webhooks wait"
            click.echo(f"{waits}: --release sends them, --discard takes them back")
    site.database.close()
    return 0


def shown(settings: Settings) -> dict[str, object]:
    """The settings without secrets, to be read by whoever restores."""
    return {
        "public_url": settings.public_url, "trusted_hosts": list(settings.trusted_hosts),
        "proxy_hops": settings.proxy_hops, "threads": settings.threads,
    }


def _clear_remains(settings: Settings) -> None:
    """A write-ahead log without its database is of another one: SQLite would play it into the new file."""
    url = address("DATABASE_URL", settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        for suffix in ("-wal", "-shm"):
            Path(url.database + suffix).unlink(missing_ok=True)


def _progress(table: str, rows: int) -> None:
    if rows:
        click.echo(f"  {table} {rows}", err=True)


def _tell(manifest: Manifest, what: str) -> None:
    apps = ", ".join(f"{name} version {number}" for name, number in manifest.apps.items()) or "no app"
    files = f" and {len(manifest.files)} files" if manifest.files else ""
    click.echo(f"{manifest.rows} rows of {len(manifest.tables)} tables{files} {what}: {apps}, of {manifest.made_at}")
    if manifest.lost:
        click.echo(f"{len(manifest.lost)} files were lost before the backup: {', '.join(manifest.lost)}", err=True)
