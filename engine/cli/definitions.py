"""The command that checks definitions. It loads nothing of the runtime, so it starts at once."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine.cli import excerpts
from engine.definitions.compile import load
from engine.errors import Problem

SEVERITIES = ("error", "warning", "note")
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))


def excerpt(problem: Problem, folder: Path) -> str:
    """The line in question with carets under what is wrong in it."""
    try:
        text = (folder / problem.at.file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    return excerpts.excerpt(text, problem.at, problem.width)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No looking for garbage meanwhile: what an app is made of stays, and looking at all of it again takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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
        with undisturbed():
            found.extend((problem, file.parent) for problem in load(file).problems)
    if json_:
        click.echo(json.dumps({"problems": [problem.document() for problem, _ in found]}, ensure_ascii=False, indent=2))
    else:
        for problem, folder in found:
            click.echo(str(problem))
            shown = excerpt(problem, folder)
            if shown:
                click.echo(shown)
        counts = {s: sum(p.severity == s for p, _ in found) for s in SEVERITIES}
        click.echo(
            ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts.items() if n) or "no problems", err=True
        )
        if found:
            worst = min((problem for problem, _ in found), key=lambda one: SEVERITIES.index(one.severity))
            click.echo(f"`formwork reference {worst.code}` explains the code", err=True)
    bad = ("error", "warning") if strict else ("error",)
    return 1 if any(problem.severity in bad for problem, _ in found) else 0
