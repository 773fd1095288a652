"""Explains the slips that people make in YAML in their words; knows the parser's messages, no key of the language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.definitions.nodes import Node, Scalar

QUOTE = "put the whole text in double quotes"


@dataclass(frozen=True, slots=True)
class Slip:
    """What went wrong. `line` and `column` as its maker counts: 0-based from `explain`, 1-based from nodes."""

    code: str
    message: str
    line: int
    column: int
    hint: str = ""


def cut_by_comma(before: Sequence[Node], node: Node, flow: bool) -> Slip | None:
    """A comma inside `{ }` or `[ ]` that cut an expression in two: the part before it still has an open bracket."""
    if not flow or not before or not isinstance(node, Scalar) or not node.plain:
        return None
    last = before[0]
    if not isinstance(last, Scalar) or not last.plain or not opened(last.text):
        return None
    whole = f"{last.text}, {node.text}"
    message = f"the comma cut `{shorten(whole)}` in two: inside {{ }} and [ ] a comma separates entries"
    return Slip("E-YAML-011", message, last.at.line, last.at.column, f'quote the expression: "{shorten(whole)}…"')


def opened(text: str) -> bool:
    """Whether a round bracket or a quote is still open at the end of the text."""
    depth, quote = 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "(（":
            depth += 1
        elif letter in ")）":
            depth -= 1
    return depth > 0 or bool(quote)


def shorten(text: str, limit: int = 60) -> str:
    """The text, cut at `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def explain(
    problem: str, context: str, lines: Sequence[str], line: int, column: int, began: tuple[int, int] | None = None
) -> Slip:
    """The parser's complaint in the words of an analyst; `line` and `column` 0-based, `began` where the thing began."""
    text = lines[line] if line < len(lines) else ""
    letter = text[column] if column < len(text) else ""
    if "\t" in text[: column + 1] and not text[:column].strip(" \t"):
        return Slip("E-YAML-002", "this line is indented by a tab", line, text.index("\t"), "indent with spaces")
    if "cannot start any token" in problem:
        return Slip("E-YAML-001", f"a text may not begin with `{letter}`", line, column, QUOTE)
    if "mapping values are not allowed" in problem:
        return _second_colon(lines, line, column)
    if "could not find expected ':'" in problem and began is not None:
        return _no_colon(*began)
    if "flow" in context:
        if letter.strip() and letter not in "[]{},:\"'(" and text[:column].rstrip()[-1:] in ("]", "}"):
            return _goes_on("[" if text[:column].rstrip()[-1:] == "]" else "{", line, column)
        return _in_brackets(letter, line, column, began)
    if "block mapping" in context and column > _indent(text) and ": {" in text[:column]:
        return Slip("E-YAML-012", "a text that begins with `{` looks like a map", line, column, QUOTE)
    if "quoted scalar" in context:
        return Slip("E-YAML-001", "the quote of a text is not closed", *(began or (line, column)), "")
    if "block mapping" in context or "block collection" in context:
        return _misfit(lines, line, column)
    return Slip("E-YAML-001", f"this is not YAML: {problem or context}", line, column, "")


def _in_brackets(letter: str, line: int, column: int, began: tuple[int, int] | None) -> Slip:
    if letter in ("[", "{", "(", '"', "'") and letter:
        message = f"inside {{ }} and [ ] an unquoted text may not hold `{letter}`"
        return Slip("E-YAML-012", message, line, column, QUOTE)
    if began is not None and began[0] < line:
        return Slip("E-YAML-001", "this `{` or `[` is not closed, or a comma is missing in it", *began, "")
    return Slip("E-YAML-001", "a `{` or `[` is not closed, or a comma is missing", line, column, "")


def _second_colon(lines: Sequence[str], line: int, column: int) -> Slip:
    """A colon where a value goes on: in the text itself, or because the line above is a key without its colon."""
    above = _above(lines, line)
    if above is not None and ":" not in lines[above] and _indent(lines[above]) == _indent(lines[line]):
        return _no_colon(above, _indent(lines[above]))
    key, _, value = lines[line].strip().partition(": ") if line < len(lines) else ("", "", "")
    if ": " in value and value[0] not in "\"'{[|>&*!" and column > _indent(lines[line]) + len(key):
        message = f"`{shorten(value)}` holds a colon followed by a space: it looks like a key of its own"
        return Slip("E-YAML-001", message, line, column, f'{QUOTE}: {key}: "{shorten(value)}"')
    message = "a colon followed by a space separates key and value, and here it cannot"
    if above is not None and _indent(lines[above]) < _indent(lines[line]) and lines[above].rstrip()[-1:] != ":":
        message = "this line is indented below one that has its value already"
        return Slip("E-YAML-001", message, line, column, "indent it like the line above, or quote a text of two lines")
    return Slip("E-YAML-001", message, line, column, f"{QUOTE} if it holds `: `; else check the indentation")


def _no_colon(line: int, column: int) -> Slip:
    return Slip("E-YAML-001", "this key has no colon", line, column, "a key is followed by `:` and a space")


def _misfit(lines: Sequence[str], line: int, column: int) -> Slip:
    """A line that is no neighbour of those above; blamed is the one of the two whose indentation is odd in the file."""
    own = _indent(lines[line]) if line < len(lines) else 0
    if line < len(lines) and column > own:
        return _goes_on(lines[line][:column].partition(": ")[2].lstrip()[:1], line, column)
    odd = _deeper_than_usual(lines, line, own)
    odd = _shallower_than_usual(lines, line, own) if odd is None else odd
    at, wanted = (line, own) if odd is None else (odd, _indent(lines[odd]))
    message = "this line does not fit: is it indented like its neighbours, and has its key a colon?"
    return Slip("E-YAML-001", message, at, wanted)


def _goes_on(begun: str, line: int, column: int) -> Slip:
    """A value that is complete and goes on: `[A-Z]+` begins like a list."""
    hint = f"a text that begins with `{begun}` needs quotes: {QUOTE}" if begun and begun in "[{" else QUOTE
    return Slip("E-YAML-001", "something follows a value that is complete already", line, column, hint)


def _deeper_than_usual(lines: Sequence[str], line: int, own: int) -> int | None:
    """The first of the lines above that stand deeper than `own` though `own` is the usual step below their parent."""
    first, place = None, _above(lines, line)
    while place is not None and _indent(lines[place]) > own:
        if first is None or _indent(lines[place]) <= _indent(lines[first]):
            first = place
        place = _above(lines, place)
    if first is None or place is None or _indent(lines[place]) == own:
        return None
    return first if own - _indent(lines[place]) == _usual_step(lines) else None


def _shallower_than_usual(lines: Sequence[str], line: int, own: int) -> int | None:
    """The first neighbour above that stands less deep than `own` though `own` is the usual step below their parent."""
    place = _above(lines, line)
    while place is not None and _indent(lines[place]) >= own:
        place = _above(lines, place)
    if place is None or not _indent(lines[place]):
        return None
    first, depth = place, _indent(lines[place])
    while place is not None and _indent(lines[place]) >= depth:
        first = place if _indent(lines[place]) == depth else first
        place = _above(lines, place)
    step = _usual_step(lines)
    return first if place is not None and own - _indent(lines[place]) == step else None


def _usual_step(lines: Sequence[str]) -> int:
    """By how many columns most lines stand deeper than the one above."""
    depths = [_indent(text) for text in lines if text.strip() and text.lstrip()[:1] != "#"]
    steps = Counter(inner - outer for outer, inner in pairwise(depths) if inner > outer)
    return max(steps, key=lambda step: (steps[step], step == 2), default=2)


def _above(lines: Sequence[str], line: int) -> int | None:
    """The nearest line above that holds more than a comment."""
    places = range(min(line, len(lines)) - 1, -1, -1)
    return next((place for place in places if lines[place].strip() and lines[place].lstrip()[:1] != "#"), None)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
