"""Chooses tests by their names: words joined by `and`, `or`, `not` and brackets. Runs none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Choice: TypeAlias = Callable[[str], bool]
TOKEN = re.compile(r"""\s*(?:(?P<bracket>[()])|"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s()"']+))""")
WORDS = ("and", "or", "not")


class Unclear(ValueError):
    """A choice that cannot be read."""


def everything(name: str) -> bool:
    """Chooses every test."""
    return True


def choice(text: str) -> Choice:
    """Whether a name is chosen: `credit and not (finance or "the manager")`. Raises `Unclear`.

    Words beside each other are one phrase; case does not matter."""
    if not text.strip():
        return everything
    parser = _Parser(_tokens(text))
    found = parser.either()
    if parser.rest:
        raise Unclear(f"`{parser.rest[0][1]}` does not fit here")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    """Brackets and the words `and or not` as themselves, all else as `phrase`."""
    found: list[tuple[str, str]] = []
    place = 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            raise Unclear("a quote is not closed")
        place = match.end()
        if match["bracket"] is not None:
            found.append((match["bracket"], match["bracket"]))
        elif match["word"] is not None and match["word"].lower() in WORDS:
            found.append((match["word"].lower(), match["word"]))
        else:
            found.append(("phrase", match["word"] or match["quoted"] or match["single"] or ""))
    return found


class _Parser:
    """Reads from the front of `rest`."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens

    def _is(self, kind: str) -> bool:
        return bool(self.rest) and self.rest[0][0] == kind

    def either(self) -> Choice:
        found = self.both()
        while self._is("or"):
            self.rest.pop(0)
            found = _any(found, self.both())
        return found

    def both(self) -> Choice:
        found = self.one()
        while self._is("and"):
            self.rest.pop(0)
            found = _all(found, self.one())
        return found

    def one(self) -> Choice:
        if self._is("not"):
            self.rest.pop(0)
            inner = self.one()
            return lambda name: not inner(name)
        if self._is("("):
            self.rest.pop(0)
            inner = self.either()
            if not self._is(")"):
                raise Unclear("a bracket is not closed")
            self.rest.pop(0)
            return inner
        words = []
        while self._is("phrase"):
            words.append(self.rest.pop(0)[1])
        if not words:
            where = f"before `{self.rest[0][1]}`" if self.rest else "at the end"
            raise Unclear(f"words are missing {where}")
        phrase = " ".join(words).lower()
        return lambda name: phrase in name.lower()


def _any(one: Choice, other: Choice) -> Choice:
    return lambda name: one(name) or other(name)


def _all(one: Choice, other: Choice) -> Choice:
    return lambda name: one(name) and other(name)
