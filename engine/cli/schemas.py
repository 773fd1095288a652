"""The command that prints the JSON Schema of the language."""

from __future__ import annotations

import json
import sys

import click

from engine.definitions.schema import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of the definition language."""
    json.dump(json_schema(), sys.stdout, ensure_ascii=False, indent=1)
    click.echo()
