"""Every code that the checker can give is documented and has a golden case."""

from __future__ import annotations

import re
from pathlib import Path

from engine.definitions.codes import CODES

DEFINITIONS = Path(__file__).parents[2] / "engine" / "definitions"
OTHERS = ("test_files.py", "test_never_crash.py")
GOLDEN = (
    *Path(__file__).parent.glob("test_*.py"),
    *(Path(__file__).parents[1] / "definitions" / name for name in OTHERS),
)
CODE = re.compile(r"\b([EW]-[A-Z]+-\d{3}|N-[A-Z]+(?:-\d{3})?)\b")


def codes_in(*paths: Path) -> set[str]:
    return {code for path in paths for code in CODE.findall(path.read_text("utf-8"))}


def test_every_code_is_documented() -> None:
    given = codes_in(*(path for path in DEFINITIONS.rglob("*.py") if path.name != "codes.py"))
    assert given == set(CODES)


def test_every_code_has_a_golden_case() -> None:
    assert not set(CODES) - codes_in(*(path for path in GOLDEN if path.name != "test_codes.py"))
