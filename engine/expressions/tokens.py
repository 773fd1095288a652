"""Cuts the text of an expression into tokens. Knows no grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from unicodedata import normalize

from engine.errors import Location, Problem
from engine.expressions.faults import fault

LIMIT_CHARACTERS = 2000
LIMIT_DIGITS = 38

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")     # most names; letters of other scripts are looked at one by one

TokenKind = Literal["number", "text", "name", "word", "sign", "end"]

RESERVED = frozenset(
    (
        "and",
        "or",
        "not",
        "in",
        "is",
        "as",
        "at",
        "between",
        "where",
        "true",
        "false",
        "blank",
        "this",
        "parent",
        "me",
        "old",
    )
)
WIDE = {"（": "(", "）": ")", "，": ",", "＝": "=", "［": "[", "］": "]"}
SIGNS = ("<=", ">=", "<>", "!=", "=", "<", ">", "+", "-", "*", "/", "^", "&", "(", ")", "[", "]", ",", ".", "%")
FOREIGN = {
    "==": "write `=`",
    "===": "write `=`",
    "!==": "write `!=`",
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not`",
    "**": "write `^`",
    "//": "write `quotient(a, b)`",
    "=<": "write `<=`",
    "=>": "write `>=`",
    "|": "write `or`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "×": "write `*`",
    "÷": "write `/`",
    "?": "write `if(condition, a, b)`",
    "＋": "write `+`",
    "－": "write `-`",
    "＊": "write `*`",
    "／": "write `/`",
    "＞": "write `>`",
    "＜": "write `<`",
    "％": "write `%`",
    "。": "write `.`",
    "；": "write `,`",
    ";": "write `,`",
    "：": "remove it",
    "{": "write `[` for a list",
    "}": "write `]` for a list",
    "≥=": "write `>=`",
    "@": "remove it",
    "#": "remove it",
    "$": "remove it",
    "~": "remove it",
}
QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is normalised: words in lower case, quotes resolved, full-width signs made narrow."""

    kind: TokenKind
    text: str
    start: int
    end: int


class SyntaxFault(Exception):
    """Carries the first problem out of the tokenizer and the parser."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Tokenizer:
    """One pass over one text."""

    def __init__(self, text: str, at: Location) -> None:
        self.text = text
        self.at = at

    def fail(self, code: str, offset: int, hint: str = "", **holes: object) -> SyntaxFault:
        return SyntaxFault(fault(code, self.text, self.at, offset, hint, holes))

    def tokens(self) -> list[Token]:
        """All tokens, an `end` last; raises `SyntaxFault`."""
        if len(self.text) > LIMIT_CHARACTERS:
            raise self.fail("E-SYN-007", 0, "give parts of it a name of their own as formulas", limit=LIMIT_CHARACTERS)
        found: list[Token] = []
        offset = 0
        while offset < len(self.text):
            if self.text[offset].isspace():
                offset += 1
                continue
            token = self._token(offset)
            found.append(token)
            offset = token.end
        found.append(Token("end", "", len(self.text), len(self.text)))
        return found

    def _token(self, start: int) -> Token:
        character = self.text[start]
        if character in QUOTES:
            return self._quoted(start)
        if is_digit(character):
            return self._number(start)
        if is_letter(character):
            return self._name(start)
        return self._sign(start)

    def _quoted(self, start: int) -> Token:
        closing = QUOTES[self.text[start]]
        pieces: list[str] = []
        offset = start + 1
        while True:
            end = self.text.find(closing, offset)
            if end < 0:
                raise self.fail("E-SYN-002", start, f"close it with {closing}; a quote inside is doubled")
            pieces.append(self.text[offset:end])
            if self.text[end + 1 : end + 2] != closing:
                return Token("text", closing.join(pieces), start, end + 1)
            offset = end + 2

    def _number(self, start: int) -> Token:
        end = self._digits(start)
        if self.text[end : end + 1] == "." and is_digit(self.text[end + 1 : end + 2]):
            end = self._digits(end + 1)
        written = self.text[start:end]
        if len(written) > LIMIT_DIGITS:
            raise self.fail("E-SYN-013", start, f"at most {LIMIT_DIGITS} digits", found=written)
        if is_letter(self.text[end : end + 1]) and self.text[end] in "eE" and is_digit(self.text[end + 1 : end + 2]):
            raise self.fail("E-SYN-013", start, "write it out in digits", found=self.text[start : end + 2])
        return Token("number", written, start, end)

    def _digits(self, offset: int) -> int:
        while is_digit(self.text[offset : offset + 1]):
            offset += 1
        return offset

    def _name(self, start: int) -> Token:
        plain = PLAIN_NAME.match(self.text, start)
        end = plain.end() if plain else start
        while end < len(self.text) and (is_letter(self.text[end]) or is_digit(self.text[end])):
            end += 1
        written = self.text[start:end]
        lower = written.lower()
        return Token("word", lower, start, end) if lower in RESERVED else Token("name", written, start, end)

    def _sign(self, start: int) -> Token:
        for length in (3, 2):
            written = self.text[start : start + length]
            if written in FOREIGN:
                raise self.fail("E-SYN-005", start, FOREIGN[written], found=written)
        narrow = "".join(WIDE.get(character, character) for character in self.text[start : start + 2])
        for sign in SIGNS:
            if narrow.startswith(sign):
                if sign == "." and is_digit(self.text[start + 1 : start + 2]) and not self._after_value(start):
                    raise self.fail(
                        "E-SYN-013",
                        start,
                        "write `0` before the point",
                        found=self.text[start : self._digits(start + 1)],
                    )
                return Token("sign", "!=" if sign == "<>" else sign, start, start + len(sign))
        character = self.text[start]
        if character in FOREIGN:
            raise self.fail("E-SYN-005", start, FOREIGN[character], found=character)
        shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
        usual = normalize("NFKC", character)   # of a full-width digit or sign the usual one
        hint = f"write `{usual}`" if usual != character and usual.isascii() and usual.strip() else ""
        raise self.fail("E-SYN-001", start, hint, character=shown)

    def _after_value(self, offset: int) -> bool:
        before = self.text[:offset].rstrip()[-1:]
        return bool(before) and (is_letter(before) or is_digit(before) or before in ")]）］")


def is_digit(character: str) -> bool:
    """An ASCII digit (other scripts' digits are refused)."""
    return len(character) == 1 and character in "0123456789"


def is_letter(character: str) -> bool:
    return character.isalpha() or character == "_"


def is_name(text: str) -> bool:
    """Whether a text can be a name in an expression."""
    return (
        bool(text)
        and is_letter(text[0])
        and all(is_letter(c) or is_digit(c) for c in text)
        and text.lower() not in RESERVED
    )
