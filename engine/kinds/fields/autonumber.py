"""`autonumber`: a number that the engine gives from a pattern. Counts nothing itself: the sequence service does."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say

PieceKind = Literal["text", "yyyy", "yy", "mm", "dd", "seq", "field"]
HOLE = re.compile(r"\{([^{}]*)\}")
WIDTHS = {"yyyy": 4, "yy": 2, "mm": 2, "dd": 2}
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a pattern: fixed text, a part of the date, the counter (`width` digits at least), a field's path."""

    kind: PieceKind
    text: str = ""
    width: int = 1


def pieces(pattern: str) -> tuple[Piece, ...]:
    """`SO{yyyy}{mm}{seq:4}` in pieces. Raises `Unfit` where a hole is unknown or there is not exactly one `{seq}`."""
    found: list[Piece] = []
    end = 0
    for match in HOLE.finditer(pattern):
        if match.start() > end:
            found.append(Piece("text", pattern[end:match.start()]))
        found.append(_piece(match[1].strip()))
        end = match.end()
    if end < len(pattern):
        found.append(Piece("text", pattern[end:]))
    if sum(piece.kind == "seq" for piece in found) != 1:
        raise Unfit(say("编号格式必须恰有一个 {seq}，如 SO{yyyy}{seq:4}",
                        "the pattern needs exactly one {seq}, as in SO{yyyy}{seq:4}"))
    if any(mark in piece.text for piece in found if piece.kind == "text" for mark in "{}"):
        raise Unfit(say("编号格式中的花括号不成对", "a brace in the pattern has no partner"))
    return tuple(found)


def _piece(hole: str) -> Piece:
    name, _, width = hole.partition(":")
    if name == "seq":
        if width and (not width.isascii() or not width.isdigit() or not 1 <= int(width) <= MOST_DIGITS):
            raise Unfit(say("位数应在 1 到 {most} 之间", "between 1 and {most} digits", most=MOST_DIGITS))
        return Piece("seq", width=int(width or 1))
    if width or not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
        raise Unfit(say("编号格式不认识 {hole}", "the pattern does not know {hole}", hole="{" + hole + "}"))
    if name in ("yyyy", "yy", "mm", "dd"):
        return Piece(name, width=WIDTHS[name])  # type: ignore[arg-type]
    return Piece("field", name)


PLAIN = (Piece("seq"),)


@dataclass(frozen=True, kw_only=True)
class Autonumber(PlainText):
    """A number given by the engine: at creation, or by the action named in `at`. `gapless`: none is ever skipped.

    Each combination of everything around the counter has a counter of its own, so `SO{yyyy}{seq:4}` starts anew with
    every year. The pieces come from the pattern that the definition gives as `format`."""

    kind: ClassVar[str] = "autonumber"
    told: ClassVar[bool] = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "format": {"type": "string", "slot": "pattern", "attribute": "pieces", "maxLength": 100,
                   "description": "text with {yyyy} {yy} {mm} {dd} {seq:N} {field}"},
        "at": {"type": "string", "slot": "N", "description": "the action that gives the number, else creation does"},
        "gapless": {"type": "boolean", "description": "no number is ever skipped"},
    }

    pieces: tuple[Piece, ...] = PLAIN
    at: str = ""
    gapless: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that the pattern reads."""
        return tuple(piece.text for piece in self.pieces if piece.kind == "field")

    def around(self, day: dt.date, texts: Callable[[str], str]) -> tuple[str, str]:
        """What stands before and after the counter on that day; `texts` gives a field's text by its path."""
        sides: tuple[list[str], list[str]] = ([], [])
        after = 0
        for piece in self.pieces:
            if piece.kind == "seq":
                after = 1
            else:
                sides[after].append(_shown(piece, day, texts))
        return "".join(sides[0]), "".join(sides[1])

    def number(self, around: tuple[str, str], count: int) -> str:
        """The number itself: `around` with the counter in between, filled up with zeros."""
        return f"{around[0]}{count:0{self.width}d}{around[1]}"

    def count_in(self, around: tuple[str, str], number: str) -> int | None:
        """The counter in a number that was given by hand or import; None where it is none of this series."""
        before, after = around
        inner = number[len(before):len(number) - len(after)]
        fits = number.startswith(before) and number.endswith(after) and self.width <= len(inner) <= MOST_DIGITS
        return int(inner) if fits and inner.isascii() and inner.isdigit() else None

    @property
    def width(self) -> int:
        """The least count of digits of the counter."""
        return next(piece.width for piece in self.pieces if piece.kind == "seq")


def _shown(piece: Piece, day: dt.date, texts: Callable[[str], str]) -> str:
    if piece.kind == "text":
        return piece.text
    if piece.kind == "field":
        return texts(piece.text)
    part = {"yyyy": day.year, "yy": day.year % 100, "mm": day.month, "dd": day.day}[piece.kind]
    return f"{part:0{piece.width}d}"
