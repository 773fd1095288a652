"""What the checker makes of slips: reported where they were made, elsewhere, not at all, or with a crash."""

from __future__ import annotations

import fnmatch
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.definitions.compile import load
from engine.errors import Problem
from tests.mutations.slips import Slip

ALLOWED = Path(__file__).with_name("allowed.txt")
REPORTS = Path(__file__).parents[2] / "test-results"


@dataclass(frozen=True, slots=True)
class Verdict:
    """caught, misplaced, silent or crashed; `said` is what the checker said instead."""

    name: str
    slip: Slip
    said: str = ""


def judged(texts: Mapping[str, str], slips: Iterable[Slip]) -> Iterator[Verdict]:
    """The verdict on each slip, made alone."""
    before = {(problem.code, problem.message) for problem in load(texts).problems}
    for slip in slips:
        try:
            problems = load({**texts, slip.file: slip.text}).problems
        except Exception:  # the very thing that must not happen
            yield Verdict("crashed", slip, traceback.format_exc(limit=-3))
            continue
        new = [one for one in problems if one.severity != "note" and (one.code, one.message) not in before]
        here = any(one.at.file == slip.file and one.at.line in slip.lines for one in new)
        yield Verdict("caught" if here else "misplaced" if new else "silent", slip, _said(new))


def _said(problems: list[Problem]) -> str:
    return "; ".join(str(problem) for problem in problems[:2])


def allowed() -> list[tuple[str, str, str]]:
    """(kind of slip, pattern of its path, why it need not be told at its line) out of the list."""
    lines = (line for line in ALLOWED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return [(kind, path, why) for kind, path, why in (line.split(maxsplit=2) for line in lines)]


def excused(verdict: Verdict, excuses: list[tuple[str, str, str]]) -> bool:
    """Whether the list gives a reason for it; a crash has none."""
    return verdict.name != "crashed" and any(
        verdict.slip.kind == kind and fnmatch.fnmatchcase(verdict.slip.path, path) for kind, path, _ in excuses
    )


def report(app: str, verdicts: list[Verdict]) -> str:
    """Rates by kind of slip, and every slip that was not caught; also written to a file that nobody commits."""
    lines = [f"{app}: {len(verdicts)} slips, {_rate(verdicts)} reported at their own line"]
    for kind in sorted({verdict.slip.kind for verdict in verdicts}):
        some = [verdict for verdict in verdicts if verdict.slip.kind == kind]
        lines.append(f"  {kind:<10} {len(some):>5}  {_rate(some)}")
    for verdict in verdicts:
        if verdict.name != "caught":
            lines.append(f"{verdict.name:<10}{verdict.slip}\n    {verdict.said or 'nothing was said'}")
    text = "\n".join(lines) + "\n"
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / f"mutations-{app}.txt").write_text(text, encoding="utf-8")
    return text


def _rate(verdicts: list[Verdict]) -> str:
    counts = Counter(verdict.name for verdict in verdicts)
    return f"{100 * counts['caught'] / len(verdicts):.1f} %"
