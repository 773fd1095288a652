"""Where each character of a text stands in its file: escapes, folded lines and blocks. Knows no meaning of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from typing import NamedTuple

BLOCKS = ("|", ">")
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
BLANKS = " \t"


class Spot(NamedTuple):
    """A place in a file, both 0-based."""

    line: int
    column: int


class Source(NamedTuple):
    """A character as it was read: `letter` is None where an escape stands for it."""

    spot: Spot
    letter: str | None


def linear(text: str, style: str | None, start: Spot, end: Spot) -> bool:
    """Whether the characters of a scalar stand side by side, as many as there are in its text."""
    quotes = 2 if style in ("'", '"') else 0
    return style not in BLOCKS and start.line == end.line and end.column - start.column == len(text) + quotes


def finder(
    text: str, style: str | None, lines: Sequence[str], start: Spot, end: Spot
) -> Callable[[int], tuple[int, int]]:
    """Line and column, 1-based, of any character of a scalar; the file is looked at when the first is asked for."""

    @cache
    def found() -> list[Spot]:
        return spots(text, style, lines, start, end)

    def at(offset: int) -> tuple[int, int]:
        spot = found()[min(offset, len(text))]
        return spot.line + 1, spot.column + 1

    return at


def spots(text: str, style: str | None, lines: Sequence[str], start: Spot, end: Spot) -> list[Spot]:
    """The place of every character of `text`, and of the end behind the last one.

    The scalar begins at `start` (its quote, or the sign of its block) and ends before `end`."""
    read = _block(lines, start, end) if style in BLOCKS else _flow(lines, style or "", start, end)
    return list(_aligned(text, list(read), _inside(style, start, end)))


def _inside(style: str | None, start: Spot, end: Spot) -> Spot:
    """Where a text ends of which no character was read."""
    return Spot(start.line, start.column + 1) if style in ("'", '"') else end


def _aligned(text: str, read: Sequence[Source], otherwise: Spot) -> Iterator[Spot]:
    """Goes through text and source side by side: a line end is a line end, a folded space, or has gone."""
    place, last = 0, otherwise
    for letter in text:
        while place < len(read) and read[place].letter == "\n" and letter not in ("\n", " "):
            place += 1
        if place < len(read):
            last = read[place].spot
            place += 1
        yield last
    yield read[place].spot if place < len(read) else Spot(last.line, last.column + 1) if text else otherwise


def _block(lines: Sequence[str], start: Spot, end: Spot) -> Iterator[Source]:
    """The lines of a block below its sign, without their common indentation."""
    header = lines[start.line][start.column :]
    rows = range(start.line + 1, min(max(end.line, start.line + 1) + 1, len(lines)))
    indent = _indentation(header, lines, start.line, rows)
    for row in rows:
        line = lines[row]
        for column in range(indent, len(line)):
            yield Source(Spot(row, column), line[column])
        yield Source(Spot(row, max(len(line), indent)), "\n")


def _indentation(header: str, lines: Sequence[str], line: int, rows: range) -> int:
    """The columns that all lines of a block stand in: told by a digit behind its sign, else as its first line's."""
    told = re.match(r"[|>][-+]?([1-9])", header)
    if told is None:
        first = next((lines[row] for row in rows if lines[row].strip(" ")), "")
        return len(first) - len(first.lstrip(" "))
    outer = lines[line]
    return len(outer) - len(outer.lstrip(" -")) + int(told[1])


def _flow(lines: Sequence[str], quote: str, start: Spot, end: Spot) -> Iterator[Source]:
    """The characters of a plain or quoted text; blanks around a line end belong to it."""
    open_line = False
    for row in range(start.line, min(end.line, len(lines) - 1) + 1):
        line = lines[row]
        first = start.column + len(quote) if row == start.line else len(line) - len(line.lstrip(BLANKS))
        last = end.column - len(quote) if row == end.line else len(line)
        if row > start.line and not open_line:
            yield Source(Spot(row - 1, len(lines[row - 1].rstrip(BLANKS))), "\n")
        open_line = yield from _row(line, row, first, last, quote, final=row == end.line)


def _row(line: str, row: int, first: int, last: int, quote: str, *, final: bool) -> Generator[Source, None, bool]:
    """The characters of one line; gives whether its end is escaped, so that nothing stands for it."""
    column, kept = first, len(line[:last].rstrip(BLANKS)) if not final else last
    while column < kept:
        letter = line[column]
        if quote == '"' and letter == "\\":
            if column == len(line) - 1:
                return True
            found = ESCAPE.match(line, column)
            yield Source(Spot(row, column), None)
            column += len(found[0]) if found else 2
        else:
            yield Source(Spot(row, column), letter)
            column += 2 if quote == "'" and letter == "'" else 1
    return False
