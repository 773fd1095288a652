"""The command that imports: a mapping is read or guessed, what was recognised is said, errors are listed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from engine import json_texts
from engine.cli.sites import open_site, the_app
from engine.digits import SMALL_DIGITS, whole
from engine.errors import Invalid, NotFound
from engine.runtime.services import imports
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.texts import say

COUNTS = ("created", "updated", "unchanged", "acted", "failed", "skipped")
LISTS = ("dates", "blank", "accept")
SETTINGS = ("sheet", "encoding", "separator", "numbers")


@click.command(name="import")
@click.argument("target")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="The mapping file.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the data files are; else beside the mapping.")
@click.option("--app", default="", help="The app, if there are several.")
@click.option("--dry-run", is_flag=True, help="Apply every rule and write nothing.")
@click.option("--guess", "show", is_flag=True, help="Print the mapping that the columns' names suggest, and stop.")
@click.option("--yes", is_flag=True, help="Use a guessed mapping without asking.")
@click.option("--anew", is_flag=True, help="Begin again where an import of the same file was interrupted.")
@click.option("--errors", "errors_file", type=click.Path(path_type=Path), help="A workbook (.xlsx) of the failed rows.")
@click.option("--json", "as_json", is_flag=True, help="For programs: counts, and errors by file, row and column.")
@click.option("--sheet", help="The sheet of a spreadsheet.")
@click.option("--header", help="The row with the columns' names; several levels as 1-3.")
@click.option("--until", type=int, help="The last row of the table.")
@click.option("--encoding", help="utf-8, gbk, cp1252 …")
@click.option("--separator", help="What separates columns.")
@click.option("--dates", multiple=True, help="How days are written: D/M/YYYY.")
@click.option("--numbers", help="How numbers are written: 1,234.5 or 1.234,5 or 1 234,5.")
@click.option("--blank", multiple=True, help="A text that means nothing, as NULL.")
@click.option("--accept", multiple=True, help="A warning that lets rows pass, as similar:name.")
def import_(
    target: str, file: Path | None, map_file: Path | None, folder: Path | None, app: str, dry_run: bool, show: bool,
    yes: bool, anew: bool, errors_file: Path | None, as_json: bool, **settings: Any,
) -> int:
    """Import records: `import MAP.yaml`, or `import APP.OBJECT FILE [--map MAP.yaml]`."""
    path = map_file or (Path(target) if file is None else None)
    mapping = {} if path is None else imports.read_mapping(_text(path), str(path))
    if file is not None:
        named, _, object_ = target.partition(".")
        app = app or named
        mapping |= {"object": object_ or mapping.get("object"), "file": file.name}
    mapping |= _given(settings)
    base = folder or (file.parent if file is not None else path.parent if path is not None else Path())
    site = open_site()
    name = the_app(site, app)
    if show or path is None and "fields" not in mapping and base.joinpath(str(mapping["file"])).suffix[1:4] != "json":
        guessed, text = _guessed(site, name, mapping, base)
        if show:
            click.echo(text, nl=False)
            return 0
        if not guessed.fields:
            raise Invalid(say(zh="没有一列与字段对应，请写映射文件并用 --map 指定",
                              en="no column belongs to a field: write a mapping and give it by --map"), code="mapping")
        if not _agreed(guessed, text, yes or dry_run):
            return 1
        mapping = guessed.mapping() | {k: v for k, v in mapping.items() if k != "fields"}
    if dry_run:
        report, after = imports.run(site, name, mapping, base, SERVICE, dry_run=True, progress=_progress), 0
    else:
        report, after = imports.resuming.run(site, name, mapping, base, SERVICE, _progress, anew=anew)
    if after:
        click.echo(f"\nthis import was interrupted after {after} rows and went on from there", err=True)
    (_tell_programs if as_json else _tell)(report, dry_run)
    if errors_file is not None and report.errors:
        with errors_file.open("wb") as target_file:
            imports.write_errors(base, report.files, report.errors, target_file, "en")
        click.echo(f"the failed rows are in {errors_file}", err=True)
    return 1 if report.failed else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is no mapping in UTF-8; data are imported as APP.OBJECT {path}") from None


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    """The mapping's keys that the options answer."""
    found = {name: settings[name] for name in (*SETTINGS, "until") if settings[name]}
    found |= {name: list(settings[name]) for name in LISTS if settings[name]}
    if settings["header"]:
        first, _, last = settings["header"].partition("-")
        top, bottom = whole(first, SMALL_DIGITS), whole(last, SMALL_DIGITS)
        if top is None or (last and bottom is None):
            raise click.UsageError("--header takes a row as 5, or several levels as 1-3")
        found["header"] = top if bottom is None else list(range(top, bottom + 1))
    return found


def _guessed(site: Site, name: str, mapping: dict[str, Any], base: Path) -> tuple[imports.Guess, str]:
    with site.read(name, SERVICE) as tx:
        obj = tx.app.objects.get(str(mapping.get("object")))
        if obj is None or obj.owner:
            raise NotFound(say("没有对象 {name}", "there is no object {name}", name=mapping.get("object")))
        found = imports.look(base, imports.file_of(mapping), imports.known_names(obj))
        if found.questions:
            raise imports.Unclear(found.questions)
        guessed = imports.guess(tx.app, obj, found)
        spec = found.spec
        header: Any = spec.header[0] if len(spec.header) == 1 else spec.header
        settings = {"sheet": spec.sheet, "header": header, "until": spec.until, "encoding": spec.encoding,
                    "separator": spec.separator}
        settings |= {key: mapping[key] for key in ("dates", "numbers", "blank", "accept") if key in mapping}
        return guessed, imports.mapping_text(guessed, settings)


def _agreed(guessed: imports.Guess, text: str, yes: bool) -> bool:
    """Whether the guessed mapping may be used: it is certain, or somebody says so."""
    click.echo(text, nl=False, err=True)
    if guessed.certain or yes:
        return True
    if sys.stdin.isatty():
        return click.confirm("Import with this mapping?", err=True)
    click.echo("part of this mapping is a guess: keep it (--guess > MAP.yaml), put it right and give it by --map, "
               "or take it as it is with --yes", err=True)
    return False


def _tell(report: imports.Report, dry_run: bool) -> None:
    click.echo("", err=True)
    for note in report.notes:
        click.echo(note.to("en"), err=True)
    for error in report.errors:
        click.echo(f"{error.file}:{error.row}: {error.column}: {error.message.to('en')}")
    if report.failed > len(report.errors):
        click.echo(f"… and more: {report.failed} records failed", err=True)
    counts = (
        f"created {report.created}, updated {report.updated}, unchanged {report.unchanged}, acted {report.acted}, "
        f"failed {report.failed}" + (f", left out {report.skipped}" if report.skipped else "")
    )
    click.echo(f"{'rehearsed: ' if dry_run else ''}{counts}")


def _tell_programs(report: imports.Report, dry_run: bool) -> None:
    counts = {name: getattr(report, name) for name in COUNTS}
    errors = [
        {"file": one.file, "row": one.row, "column": one.column, "message": one.message.to("en")}
        for one in report.errors
    ]
    notes = [note.to("en") for note in report.notes]
    click.echo("", err=True)
    click.echo(json_texts.dumps({"rehearsed": dry_run, **counts, "errors": errors, "notes": notes}))


def _progress(done: int) -> None:
    click.echo(f"\r{done} rows", nl=False, err=True)
