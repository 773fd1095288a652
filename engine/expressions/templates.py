"""Texts with `{expression}` and `{expression:format}` in them, per language; what shows them escapes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import Location, Problem
from engine.expressions import evaluate
from engine.expressions.checker import shown
from engine.expressions.faults import fault, place
from engine.expressions.formats import format_problem, format_value
from engine.expressions.nodes import Get, Node
from engine.expressions.operations import Run
from engine.expressions.reading import reads
from engine.expressions.scope import Frame, Names
from engine.expressions.typing import check_expression
from engine.expressions.values import ErrorValue, Ref
from engine.expressions.walking import with_budget

OPENING, CLOSING = "{", "}"
MOST_HOLES = 500                               # of one text; each is an expression to check and to compute
QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’"}


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{expression:format}` of a template."""

    node: Node
    format: str = ""

    def show(self, frame: Frame, language: str) -> str:
        """The value as people read it; blank and errors give nothing."""
        closure = _closure(self.node)
        value = closure(frame)
        if value is None or type(value) is ErrorValue:
            return ""
        if self.node.type.name == "choice" and isinstance(self.node, Get) and isinstance(value, str):
            return _label(self.node, value, frame, language)
        return format_value(value, self.node.type, self.format, language, frame.world)


def _closure(node: Node) -> Run:
    closure = evaluate.closure_of(node)
    return with_budget(closure) if evaluate.loops(node) else closure


def _label(node: Get, code: str, frame: Frame, language: str) -> str:
    """A choice by its label, if the row it stands in offers labels; else its code."""
    owner: Any = evaluate.evaluate(node.owner, frame)
    row = frame.world.record(owner) if isinstance(owner, Ref) else owner
    label = getattr(row, "label", None)
    return str(label(node.name, language) or code) if callable(label) else code


Piece: TypeAlias = "str | Hole"


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text with holes, in one or several languages."""

    forms: Mapping[str, tuple[Piece, ...]]
    texts: Mapping[str, str]
    at: Location
    reads: tuple[tuple[str, ...], ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The expressions in its holes, of every language."""
        return tuple(piece.node for form in self.forms.values() for piece in form if isinstance(piece, Hole))

    def render(self, frame: Frame, language: str) -> str:
        """The text with its values, in `language`, else in English, else in the first language given."""
        form = (
            self.forms.get(language)
            or self.forms.get("")
            or self.forms.get("en")
            or next(iter(self.forms.values()), ())
        )
        return "".join(piece if isinstance(piece, str) else piece.show(frame, language) for piece in form)


def check_template(
    text: str | Mapping[str, str], at: Location | Mapping[str, Location], names: Names
) -> Template | list[Problem]:
    """The checked template of a text, or of a map of languages (then `at` may be a map too), or every problem in it."""
    texts = {"": text} if isinstance(text, str) else dict(text)
    forms: dict[str, tuple[Piece, ...]] = {}
    problems: list[Problem] = []
    for language, form in texts.items():
        where = at if isinstance(at, Location) else at[language]
        pieces, found = _pieces(form, where, names)
        forms[language] = tuple(pieces)
        problems += found
    if problems:
        return problems
    nodes = [piece.node for pieces in forms.values() for piece in pieces if isinstance(piece, Hole)]
    first = at if isinstance(at, Location) else next(iter(at.values()), Location(""))
    return Template(forms, texts, first, reads(*nodes))


def _pieces(text: str, at: Location, names: Names) -> tuple[list[Piece], list[Problem]]:
    pieces: list[Piece] = []
    problems: list[Problem] = []
    plain, offset, holes = "", 0, 0
    while offset < len(text):
        character = text[offset]
        if text[offset : offset + 2] in ("{{", "}}"):
            plain += character
            offset += 2
        elif character == OPENING:
            holes += 1
            if holes > MOST_HOLES:
                hint = f"a text takes {MOST_HOLES} {{expressions}} at most"
                return pieces, [*problems, fault("E-SYN-008", text, at, offset, hint, {"limit": MOST_HOLES})]
            end, colon = _end(text, offset)
            if end < 0:
                return pieces, [
                    *problems,
                    fault("E-TPL-001", text, at, offset, "close it with `}`; write `{{` for a brace"),
                ]
            pieces += [plain] if plain else []
            plain = ""
            pieces += _hole(text, offset + 1, colon if colon > 0 else end, end, at, names, problems)
            offset = end + 1
        elif character == CLOSING:
            return pieces, [*problems, fault("E-TPL-002", text, at, offset, "write `}}` for a brace")]
        else:
            plain += character
            offset += 1
    return pieces + ([plain] if plain else []), problems


def _end(text: str, offset: int) -> tuple[int, int]:
    """The offsets of the closing brace and of the colon before the format (-1: none); quotes hide both."""
    colon, place_ = -1, offset + 1
    while place_ < len(text):
        character = text[place_]
        if character in QUOTES and colon < 0:
            closing = text.find(QUOTES[character], place_ + 1)
            if closing < 0:
                return -1, -1
            place_ = closing
        elif character == CLOSING:
            return place_, colon
        elif character == OPENING:
            return -1, -1
        elif character == ":" and colon < 0:
            colon = place_
        place_ += 1
    return -1, -1


def _hole(
    text: str, start: int, stop: int, end: int, at: Location, names: Names, problems: list[Problem]
) -> list[Piece]:
    written, format_ = text[start:stop], text[stop + 1 : end] if stop < end else ""
    node = check_expression(written, place(text, at, start), names)
    if isinstance(node, list):
        problems += node
        return []
    if node.type.name == "rows":
        hint = "take a value: `join(rows, name)`, `count(rows)`"
        problems.append(fault("E-TPL-004", text, at, start, hint, {"found": shown(node.type)}))
    hint_ = format_problem(format_, node.type) if format_ else None
    if hint_ is not None:
        problems.append(fault("E-TPL-003", text, at, stop + 1, hint_, {"format": format_, "found": shown(node.type)}))
    return [Hole(node, format_)]
