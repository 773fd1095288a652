"""What people write by the habits of other tools, and how it is written here. Knows no names of an app."""

from __future__ import annotations

import re

from engine.expressions.types import Type

WORDS = {
    **dict.fromkeys(("null", "nil", "none", "undefined", "empty"), "blank"),
    **dict.fromkeys(("yes", "on"), "true"),
    **dict.fromkeys(("no", "off"), "false"),
}
ITSELF = ("self", "owner_self", "itself", "record")
DAY = re.compile(r"['\"]?(\d{4})\s*[-/]\s*(\d{1,2})\s*[-/]\s*(\d{1,2})['\"]?")
SPAN = re.compile(r"['\"]((?:\d+(?:\.\d+)?) (?:working )?(?:minute|hour|day|week|month|quarter|year)s?)['\"]")
BETWEEN = re.compile(r"([^\W\d][\w.]*)\s+between\s+([\w.]+)\s+and\s+([\w.]+)", re.IGNORECASE)


def spoken(word: str) -> str:
    """How a word of other languages is written: ``write `blank` `` for `null`; "" for all others."""
    meant = WORDS.get(word.lower())
    return f"write `{meant}`" if meant else ""


def day(written: str) -> str:
    """How a day is written: `date(2026, 1, 1)` for `2026-01-01`, quoted or not; "" for all else."""
    found = DAY.fullmatch(written.strip())
    return f"write `date({', '.join(str(int(part)) for part in found.groups())})`" if found else ""


def duration(written: str) -> str:
    """A quoted duration without its quotes; "" for all else."""
    found = SPAN.fullmatch(written.strip())
    return f"write `{found[1]}` without quotes" if found else ""


def span(text: str) -> str:
    """Two comparisons for `n between 1 and 5` in a text; "" where it holds none."""
    found = BETWEEN.search(text)
    return f"write `{found[1]} >= {found[2]} and {found[1]} <= {found[3]}`" if found else ""


def one_of_many(written: str, kind: Type) -> str:
    """How one value is made of a list."""
    if kind.name == "number":
        return f"write `sum({written})`, or `max`, `min`, `average`"
    return f"write `first({written})`" + (f" or `join({written}, ', ')`" if kind.name == "text" else "")
