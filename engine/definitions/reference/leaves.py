"""What a page of the reference is made of. Knows neither Markdown nor HTML, and nothing of the language.

Texts hold two marks only: `code` between backticks, and [text](anchor) for a link to another topic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

MARKS = re.compile(r"`(?P<code>[^`]+)`|\[(?P<text>[^\]]+)\]\((?P<anchor>[^)]+)\)")


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A passage of a definition (`yaml`), an expression or what the checker prints (`text`)."""

    text: str
    language: str = "yaml"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has a cell per heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = "Prose | Code | Table"


@dataclass(frozen=True, slots=True)
class Topic:
    """What stands below one heading. `anchor` is unique in the whole reference; `level` 2 is a noun, 3 a key of it."""

    anchor: str
    title: str
    level: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `name` is its file and address."""

    name: str
    title: str
    intro: tuple[Block, ...]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: plain, code, or a link to `anchor`."""

    text: str
    code: bool = False
    anchor: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The stretches of a text with marks."""
    done = 0
    for found in MARKS.finditer(text):
        if found.start() > done:
            yield Piece(text[done : found.start()])
        if found["code"]:
            yield Piece(found["code"], code=True)
        else:
            yield Piece(found["text"], anchor=found["anchor"])
        done = found.end()
    if done < len(text):
        yield Piece(text[done:])


def anchor_of(*names: str) -> str:
    """The anchor of a key, a kind or a code: `object-unique`, `e-ref-003`."""
    return "-".join(name.lower().replace("_", "-") for name in names if name)
