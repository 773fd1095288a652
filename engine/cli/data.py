"""Commands over data: export, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine.cli.sites import open_site, the_app
from engine.runtime.services import sealing
from engine.runtime.services.lists import exports
from engine.runtime.services.registers import verification
from engine.runtime.services.registers.verification import Difference
from engine.runtime.services.releases import recomputing
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE


@click.command()
@click.argument("target")
@click.option("--filter", "filter_", default="", help="An expression over the object's fields.")
@click.option("--sort", default="", help="Fields, separated by commas; - in front for descending.")
@click.option(
    "--plain", is_flag=True, help="Names, codes and keys for programs instead of labels and titles for people."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file: .csv, .xlsx or .jsonl.")
def export(target: str, filter_: str, sort: str, plain: bool, output: Path | None) -> None:
    """Export records of APP.OBJECT to CSV, XLSX or JSON lines (by the file's ending; CSV to the screen without one)."""
    app, _, name = target.partition(".")
    site = open_site()
    kind = "csv" if output is None else output.suffix.lstrip(".").lower()
    if kind not in ("csv", "xlsx", "jsonl"):
        raise click.UsageError(f"{output}: the ending must be .csv, .xlsx or .jsonl")
    keys = tuple(key.strip() for key in sort.split(",") if key.strip())
    with site.read(the_app(site, app), SERVICE) as tx:
        if output is None:
            exports.write(tx, name, kind, sys.stdout.buffer, filter=filter_, sort=keys, plain=plain)
            return
        partial = output.with_name(output.name + ".partial")       # what was there stays until the new file is whole
        try:
            with partial.open("wb") as target_file:
                count = exports.write(tx, name, kind, target_file, filter=filter_, sort=keys, plain=plain)
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)
    click.echo(f"{count} records in {output}")


@click.command()
@click.option("--repair", is_flag=True, help="Put right what differs.")
@click.option("--app", default="", help="Only this app.")
@click.option("--search", is_flag=True, help="Make the index of searches anew first.")
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
def verify(repair: bool, app: str, search: bool, json_: bool) -> int:
    """Recompute every balance from movements and documents, and what records are found by, and compare."""
    site = open_site()
    names = [app] if app else [live.app.name for live in site.apps()]
    for name in names if search else ():
        site.run(name, SERVICE, recomputing.index_all)
    found = [difference for name in names for difference in verification.verify(site, name, repair=repair)]
    broken, heads = trails(site)
    if json_:
        found += broken
        click.echo(
            json.dumps(
                [{"app": d.app, "what": d.what, "place": d.place, "text": d.text} for d in found], ensure_ascii=False
            )
        )
    else:
        for difference in (*found, *broken):
            click.echo(str(difference))
        click.echo(
            f"{len(found)} differences in {', '.join(names) or 'no app'}" + (", repaired" if repair and found else "")
        )
        for trail, head in heads.items():
            click.echo(f"chain of {trail}: {head}" + ("" if broken else " (keep it elsewhere to compare)"))
    return 1 if broken or (found and not repair) else 0


def trails(site: Site) -> tuple[list[Difference], dict[str, str]]:
    """Seals of the audit trail and of the events that do not hold, and the newest link of each chain. What nobody has
    sealed yet is sealed first."""
    sealing.keep(site.database, site.now())
    with site.database.read() as connection:
        return sealing.differences(connection), sealing.heads(connection)
