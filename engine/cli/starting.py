"""`formwork new`: a new app from a template. Needs no site."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.builder import starters
from engine.definitions.schema import json_schema
from engine.suggest import did_you_mean

SCHEMA = "formwork.schema.json"


@click.command()
@click.argument("name", default="")
@click.option("--template", default="starter", help="The template to begin with; --list names all.")
@click.option("--list", "list_", is_flag=True, help="Only list the templates.")
def new(name: str, template: str, list_: bool) -> int:
    """Make a new app NAME.yaml here, with the schema that editors complete and check by."""
    if list_:
        click.echo("\n".join(starters.templates()))
        return 0
    if not starters.NAME.match(name):
        raise click.UsageError(f"“{name}” is no name: it has small letters, digits and _, and begins with a letter")
    if template not in starters.templates():
        hint = did_you_mean(template, starters.templates()) or f"there is {', '.join(starters.templates())}"
        raise click.UsageError(f"there is no template “{template}” ({hint})")
    files = starters.started(name, template)
    there = [path for path in files if Path(path).exists()]
    if there:
        raise click.UsageError(f"there is {', '.join(there)} already")
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", newline="\n")
        click.echo(path)
    Path(SCHEMA).write_text(json.dumps(json_schema(), ensure_ascii=False, indent=1), encoding="utf-8")
    click.echo(f"{SCHEMA}  (editors complete and check by it)")
    main = next(iter(files))
    click.echo(f"\nNext:\n  formwork check {main}\n  formwork test {main}\n  formwork serve {main}")
    return 0
