"""Patterns with `?` (one character) and `*` (any), as spreadsheets have them; `~` before one of them takes it as it is.

Linear in the text for each part of a pattern, so that no pattern hangs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 255  # spreadsheets take no longer patterns either


class TooLongAPattern(ValueError):
    """A pattern above the limit."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The stretches between the stars; each has a fixed length."""

    parts: tuple[re.Pattern[str], ...]
    widths: tuple[int, ...]


def folded(text: str) -> str:
    """A text in which large and small letters are alike, with every character in its place."""
    whole = text.casefold()
    return whole if len(whole) == len(text) else "".join(c if len(f := c.casefold()) != 1 else f for c in text)


@lru_cache(maxsize=512)
def pattern(text: str) -> Pattern:
    """A pattern read; raises `TooLongAPattern`."""
    if len(text) > LONGEST:
        raise TooLongAPattern
    parts: list[list[str]] = [[]]
    place = 0
    text = folded(text)
    while place < len(text):
        character = text[place]
        if character == "~" and text[place + 1 : place + 2] in ("?", "*", "~"):
            place += 1
            parts[-1].append(re.escape(text[place]))
        elif character == "*":
            parts.append([])
        else:
            parts[-1].append("." if character == "?" else re.escape(character))
        place += 1
    return Pattern(tuple(re.compile("".join(part), re.DOTALL) for part in parts), tuple(len(part) for part in parts))


def place_in(text: str, wanted: str, start: int = 0) -> int:
    """Where a pattern first stands in a text from `start` on, -1 if nowhere."""
    whole = folded(text)
    first, end = -1, start
    if end > len(whole):
        return -1
    for part in pattern(wanted).parts:
        found = part.search(whole, end)
        if found is None:
            return -1
        first, end = found.start() if first < 0 else first, found.end()
    return first


def fits(text: str, wanted: str) -> bool:
    """Whether a whole text fits a pattern; large and small letters alike."""
    whole, read = folded(text), pattern(wanted)
    if len(read.parts) == 1:
        return read.parts[0].fullmatch(whole) is not None
    first, last = read.parts[0].match(whole), len(whole) - read.widths[-1]
    if first is None:
        return False
    end = first.end()
    for part in read.parts[1:-1]:
        found = part.search(whole, end)
        if found is None:
            return False
        end = found.end()
    return last >= end and read.parts[-1].match(whole, last) is not None
