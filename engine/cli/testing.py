"""`formwork test`: runs the tests that definitions declare and tells what failed, where, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click

from engine.builder import trials
from engine.builder.coverage import Coverage
from engine.builder.selecting import Choice, Unclear, choice
from engine.builder.trials import Result
from engine.cli.excerpts import excerpt
from engine.cli.sites import compiled
from engine.definitions.app import App


@click.command(name="test")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-k", "names", default="", metavar="WORDS", help="Only tests with these words; and, or, not, brackets.")
@click.option("--durations", type=click.IntRange(0), default=None, help="Tell the slowest N tests (0: all).")
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Also write a JUnit report there.")
@click.option("--coverage", is_flag=True, help="Tell what no test reaches: branches, guards, checks, access, actions …")
@click.option("--fail-under", type=click.FloatRange(0, 100), default=0.0, help="Fail below this share in percent.")
def run_tests(
    files: tuple[Path, ...],
    names: str,
    durations: int | None,
    json_: bool,
    junit: Path | None,
    coverage: bool,
    fail_under: float,
) -> int:
    """Run the tests that definitions declare, each on a database of its own."""
    chosen = _choice(names)
    runs = []
    for file in files:
        app, reached = compiled(file), Coverage() if coverage or fail_under else None
        results = list(_told(app, trials.run(app, chosen=chosen, coverage=reached), quiet=json_))
        runs.append(Outcome(app, results, reached))
        if not json_:
            _summary(app, results, durations)
            for line in covered(reached, results) if reached is not None else ():
                click.echo(line)
    if json_:
        click.echo(json.dumps({"apps": [_document(one) for one in runs]}, ensure_ascii=False, indent=2))
    if junit is not None:
        junit.write_bytes(report(runs))
    return 1 if any(one.failed(fail_under) for one in runs) else 0


def covered(coverage: Coverage, results: Iterable[Result] = ()) -> list[str]:
    """What no test reaches, place by place, and how much is reached by kind.

    After a failure only the shares: what a test that broke off did not reach would hide the failure among its lines."""
    lines = []
    for place in () if any(result.problem for result in results) else coverage.unreached():
        at = f"{place.at.file}:{place.at.line}:{place.at.column}"
        lines.append(f"{at}: {place.kind}: {place.text}: never {' or '.join(place.missing)}")
    for kind, (reached, everything) in coverage.counts().items():
        if everything:
            lines.append(f"{kind:<10}{reached:>5} of {everything:<5}{100 * reached / everything:6.1f} %")
    return [*lines, f"coverage{coverage.percent():21.1f} %"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the tests of one app."""

    app: App
    results: Sequence[Result]
    coverage: Coverage | None = None

    def failed(self, fail_under: float) -> bool:
        """Whether a test failed, or too little is reached."""
        low = self.coverage is not None and self.coverage.percent() < fail_under
        return low or any(result.problem for result in self.results)


def _choice(names: str) -> Choice:
    try:
        return choice(names)
    except Unclear as reason:
        raise click.UsageError(f"-k: {reason}") from None


def _told(app: App, results: Iterable[Result], *, quiet: bool) -> Iterable[Result]:
    """Each result as it comes; failures are told at once."""
    for result in results:
        if not quiet and result.problem:
            click.echo(told(app, result))
        yield result


def told(app: App, result: Result) -> str:
    """A failure: the test, the place with the line, what was expected and what it was."""
    lines = [f"FAILED {result.name}", f"  {_place(result)}: {result.problem}", *_excerpt(app, result)]
    lines += [f"  {word:<9}{value}" for word, value in (("expected", result.expected), ("got", result.got)) if value]
    return "\n".join(lines)


def _place(result: Result) -> str:
    step = f": step {result.step}" if result.step else ""
    return f"{result.at.file}:{result.at.line}:{result.at.column}{step}"


def _excerpt(app: App, result: Result) -> list[str]:
    shown = excerpt(app.texts.get(result.at.file, ""), result.at, result.width)
    return [shown] if shown else []


def _summary(app: App, results: Sequence[Result], durations: int | None) -> None:
    skipped = [result for result in results if result.skipped]
    for result in skipped:
        click.echo(f"SKIPPED {result.name}\n  {_place(result)}: {result.skipped}")
    if durations is not None:
        slowest = sorted(results, key=lambda one: -one.seconds)
        for result in slowest[: durations or None]:
            click.echo(f"{result.seconds:8.3f} s  {result.name}")
    counts = {word: sum(one.outcome == word for one in results) for word in ("passed", "failed", "skipped")}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count or word != "skipped")
    click.echo(f"{app.name}: {told} in {sum(one.seconds for one in results):.2f} s")


def _document(outcome: Outcome) -> dict[str, Any]:
    """The results as programs read them."""
    results, coverage = outcome.results, outcome.coverage
    return {
        "app": outcome.app.name,
        **{word: sum(one.outcome == word for one in results) for word in ("passed", "failed", "skipped")},
        "tests": [
            {
                "name": one.name,
                "outcome": one.outcome,
                "seconds": round(one.seconds, 4),
                "file": one.at.file,
                "line": one.at.line if one.at.file else None,
                "column": one.at.column if one.at.file else None,
                "step": one.step or None,
                "message": one.problem or one.skipped,
                "expected": one.expected,
                "got": one.got,
            }
            for one in results
        ],
        **({} if coverage is None else {"coverage": _reached(coverage)}),
    }


def _reached(coverage: Coverage) -> dict[str, Any]:
    return {
        "percent": round(coverage.percent(), 1),
        "kinds": {kind: {"reached": one, "all": all_} for kind, (one, all_) in coverage.counts().items()},
        "unreached": [
            {
                "file": place.at.file,
                "line": place.at.line,
                "column": place.at.column,
                "kind": place.kind,
                "text": place.text,
                "missing": list(place.missing),
            }
            for place in coverage.unreached()
        ],
    }


def report(runs: Iterable[Outcome]) -> bytes:
    """The results as a JUnit report: one suite per app."""
    root = ET.Element("testsuites")
    for run in runs:
        app, results = run.app, run.results
        suite = ET.SubElement(
            root,
            "testsuite",
            name=app.name,
            tests=str(len(results)),
            failures=str(sum(bool(one.problem) for one in results)),
            skipped=str(sum(bool(one.skipped) for one in results)),
            time=f"{sum(one.seconds for one in results):.3f}",
        )
        for one in results:
            took = f"{one.seconds:.3f}"
            case = ET.SubElement(suite, "testcase", classname=app.name, name=one.name, time=took)
            if one.at.file:
                case.set("file", one.at.file)
                case.set("line", str(one.at.line))
            if one.problem:
                ET.SubElement(case, "failure", message=one.problem).text = told(app, one)
            elif one.skipped:
                ET.SubElement(case, "skipped", message=one.skipped)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
