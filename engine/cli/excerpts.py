"""A line of a definition with carets under the place in question. Reads no file."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from engine.errors import Location

BEFORE, SHOWN = 60, 120  # letters before the place, and in all


def excerpt(text: str, at: Location, width: int = 1) -> str:
    """The line of `text` that `at` names, with `width` letters marked; blank where there is no such line."""
    lines = text.splitlines()
    if not 0 < at.line <= len(lines):
        return ""
    line, place = lines[at.line - 1], at.column - 1
    start = max(0, place - BEFORE)
    marked = line[place : min(place + max(width, 1), start + SHOWN)]
    shown = line[start : start + SHOWN].expandtabs(1)
    return f"    {shown}\n    {' ' * _cells(line[start:place])}{'^' * max(_cells(marked), 1)}"


def _cells(text: str) -> int:
    """The cells of a terminal that a text takes: a Chinese letter takes two."""
    return sum(2 if east_asian_width(letter) in ("W", "F") else 1 for letter in text if not combining(letter))
