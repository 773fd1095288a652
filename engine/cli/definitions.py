"""Commands over definition files: check, test, eval, schema. They need no site."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine.builder import trials
from engine.cli.evaluating import evaluate
from engine.cli.sites import compiled
from engine.definitions.compile import load
from engine.definitions.schema import json_schema
from engine.errors import Problem

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))


def excerpt(problem: Problem, folder: Path) -> str:
    """The line in question with a caret under the place."""
    try:
        lines = (folder / problem.at.file).read_text(encoding="utf-8").splitlines()
        line = lines[problem.at.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return ""
    start = max(0, problem.at.column - 1 - 60)
    wide = sum(2 if ord(char) > 0x2E7F else 1 for char in line[start : problem.at.column - 1])
    return f"    {line[start : start + 120]}\n    {' ' * wide}^"


@click.command()
@FILES
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
@click.option("--strict", is_flag=True, help="Warnings count as problems.")
def check(files: tuple[Path, ...], json_: bool, strict: bool) -> int:
    """Check definitions: every problem in one run."""
    found: list[tuple[Problem, Path]] = []
    for file in files:
        if not file.is_file():
            raise click.UsageError(f"there is no file {file}")
        found.extend((problem, file.parent) for problem in load(file).problems)
    if json_:
        click.echo(json.dumps({"problems": [problem.document() for problem, _ in found]}, ensure_ascii=False, indent=2))
    else:
        for problem, folder in found:
            click.echo(str(problem))
            shown = excerpt(problem, folder)
            if shown:
                click.echo(shown)
        counts = {s: sum(p.severity == s for p, _ in found) for s in ("error", "warning", "note")}
        click.echo(
            ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts.items() if n) or "no problems", err=True
        )
    bad = ("error", "warning") if strict else ("error",)
    return 1 if any(problem.severity in bad for problem, _ in found) else 0


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


@click.command(name="eval")
@click.argument("expression")
@click.option("--sql", is_flag=True, help="Evaluate it in the database instead of Python.")
@click.option("--app", "app_file", type=click.Path(path_type=Path), help="The app whose names it may use.")
@click.option("--object", "object_", default="", help="The object that it belongs to.")
@click.option("--record", type=int, help="The id of the record at hand (in the site of the settings).")
def evaluate_expression(expression: str, sql: bool, app_file: Path | None, object_: str, record: int | None) -> int:
    """Evaluate an expression; prints the value as JSON."""
    found = evaluate(
        expression, sql=sql, app=None if app_file is None else compiled(app_file), thing=object_, record=record
    )
    if isinstance(found, list):
        for problem in found:
            click.echo(str(problem), err=True)
        return 1
    click.echo(json.dumps(found[0], ensure_ascii=False))
    return 0


@click.command()
def schema() -> None:
    """Print the JSON Schema of the definition language."""
    json.dump(json_schema(), sys.stdout, ensure_ascii=False, indent=1)
    click.echo()


COMMANDS: tuple[click.Command, ...] = (check, run_tests, evaluate_expression, schema)
