"""Commands over data: import, export, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine.cli.sites import open_site, the_app
from engine.runtime.services import verification
from engine.runtime.services.imports import exports, runs
from engine.runtime.services.imports.mappings import read_mapping
from engine.runtime.storage.actors import SERVICE


@click.command(name="import")
@click.argument("target")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="The mapping file.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the data files are; else beside the mapping.")
@click.option("--app", default="", help="The app, if there are several.")
@click.option("--dry-run", is_flag=True, help="Apply every rule and write nothing.")
def import_(target: str, file: Path | None, map_file: Path | None, folder: Path | None, app: str, dry_run: bool) -> int:
    """Import records: `import MAP.yaml`, or `import APP.OBJECT FILE [--map MAP.yaml]`."""
    site = open_site()
    path = map_file or (Path(target) if file is None else None)
    name = app or (target.partition(".")[0] if file is not None else "")
    mapping = read_mapping(path, file=file, object=target.partition(".")[2] if file is not None else "")
    base = folder or (path.parent if path is not None else Path())
    report = runs.run(site, the_app(site, name), mapping, base, SERVICE, dry_run=dry_run, progress=_progress)
    click.echo("", err=True)
    for error in report.errors:
        click.echo(f"{error.file}:{error.row}: {error.column}: {error.message.to('en')}")
    done = "would be " if dry_run else ""
    click.echo(
        f"{done}created {report.created}, updated {report.updated}, unchanged {report.unchanged}, acted {report.acted}, errors {len(report.errors)}"
    )
    return 1 if report.errors else 0


def _progress(done: int) -> None:
    click.echo(f"\r{done} rows", nl=False, err=True)


@click.command()
@click.argument("target")
@click.option("--filter", "filter_", default="", help="An expression over the object's fields.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file: .csv, .xlsx or .jsonl.")
def export(target: str, filter_: str, output: Path | None) -> None:
    """Export records of APP.OBJECT to CSV, XLSX or JSON lines (by the file's ending; CSV to the screen without one)."""
    app, _, name = target.partition(".")
    site = open_site()
    with site.read(the_app(site, app), SERVICE) as tx:
        exports.write(tx, name, output or sys.stdout.buffer, filter=filter_)


@click.command()
@click.option("--repair", is_flag=True, help="Put right what differs.")
@click.option("--app", default="", help="Only this app.")
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
def verify(repair: bool, app: str, json_: bool) -> int:
    """Recompute every balance from movements and documents and compare."""
    site = open_site()
    names = [app] if app else [live.app.name for live in site.apps()]
    found = [difference for name in names for difference in verification.verify(site, name, repair=repair)]
    if json_:
        click.echo(
            json.dumps(
                [{"app": d.app, "what": d.what, "place": d.place, "text": d.text} for d in found], ensure_ascii=False
            )
        )
    else:
        for difference in found:
            click.echo(f"{difference.app}: {difference.what} {difference.place}: {difference.text}")
        click.echo(
            f"{len(found)} differences in {', '.join(names) or 'no app'}" + (", repaired" if repair and found else "")
        )
    return 1 if found and not repair else 0


COMMANDS: tuple[click.Command, ...] = (import_, export, verify)
