"""The tokens of one text and a place among them, with the problems of what stands there. Knows no grammar."""

from __future__ import annotations

from typing import TypeVar

from engine.errors import Location
from engine.expressions.faults import END
from engine.expressions.tokens import SyntaxFault, Token, Tokenizer
from engine.expressions.trees import Tree

LIMIT_NODES = 500
SPELLED = {
    "equals": "=",
    "eq": "=",
    "neq": "!=",
    "mod": "mod(a, b)",
    "div": "quotient(a, b)",
    "xor": "xor(a, b)",
    "like": "contains(text, part)",
    "then": "if(condition, a, b)",
    "且": "and",
    "或": "or",
    "非": "not",
}
AnyTree = TypeVar("AnyTree", bound=Tree)


class Cursor:
    """A place among the tokens of one text."""

    def __init__(self, text: str, at: Location) -> None:
        self.source = Tokenizer(text, at)
        self.tokens = self.source.tokens()
        self.position = 0
        self.nodes = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def next(self) -> Token:
        return self.tokens[min(self.position + 1, len(self.tokens) - 1)]

    def at_end(self) -> bool:
        return self.token.kind == "end"

    def take(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def at_sign(self, sign: str) -> bool:
        return self.token.kind == "sign" and self.token.text == sign

    def at_word(self, word: str) -> bool:
        return self.token.kind in ("word", "name") and self.token.text.lower() == word

    def fail(self, code: str, offset: int, hint: str = "", **holes: object) -> SyntaxFault:
        return self.source.fail(code, offset, hint, **holes)

    def unexpected(self, wanted: str, hint: str = "") -> SyntaxFault:
        token = self.token
        found = END if token.start >= len(self.source.text) else f"`{self.source.text[token.start : token.end]}`"
        return self.fail("E-SYN-003", token.start, hint, found=found, wanted=wanted)

    def close(self, sign: str, opener: Token) -> Token:
        if self.at_sign(sign):
            return self.take()
        if self.token.kind == "end":
            raise self.fail("E-SYN-006", opener.start, f"add `{sign}`", opener=f"`{self.source.text[opener.start]}`")
        raise self.unexpected(f"a `,` or `{sign}` is", self.foreign_hint())

    def name(self, wanted: str) -> Token:
        if self.token.kind == "word":
            raise self.fail("E-SYN-011", self.token.start, f"{wanted} is wanted", word=self.token.text)
        if self.token.kind != "name":
            raise self.unexpected(f"{wanted} is")
        return self.take()

    def made(self, tree: AnyTree) -> AnyTree:
        self.nodes += 1
        if self.nodes > LIMIT_NODES:
            raise self.fail(
                "E-SYN-008", tree.start, "give parts of it a name of their own as formulas", limit=LIMIT_NODES
            )
        return tree

    def foreign_hint(self) -> str:
        """What the token at hand, out of place here, was meant to be."""
        word = self.token.text.lower()
        if word in SPELLED:
            return f"write `{SPELLED[word]}`"
        return "join texts with `&`" if self.token.kind == "text" else ""
