"""The command that runs the declared tests of a definition, on databases of their own."""

from __future__ import annotations

from pathlib import Path

import click

from engine.builder import trials
from engine.cli.sites import compiled


@click.command(name="test")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-k", "name", default="", help="Only tests whose name contains this.")
def run_tests(file: Path, name: str) -> int:
    """Run the tests that a definition declares, each on a database of its own."""
    app = compiled(file)
    passed = failed = 0
    for result in trials.run(app, only=name):
        if result.problem:
            failed += 1
            click.echo(f"FAILED {result.name}\n  {result.at.file}:{result.at.line}: {result.problem}")
        else:
            passed += 1
    click.echo(f"{app.name}: {passed} passed, {failed} failed")
    return 1 if failed else 0
