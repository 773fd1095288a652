"""Explains the slips that people make in YAML in their words; knows the parser's messages, no key of the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def explain(problem: str, context: str, lines: Sequence[str], line: int, column: int) -> Slip:
    """The parser's complaint in the words of an analyst; `line` and `column` 0-based."""
    text = lines[line] if line < len(lines) else ""
    letter = text[column] if column < len(text) else ""
    if "\t" in text[: column + 1] and not text[:column].strip(" \t"):
        return Slip("E-YAML-002", "this line is indented by a tab", line, text.index("\t"), "indent with spaces")
    if "cannot start any token" in problem:
        return Slip("E-YAML-001", f"a text may not begin with `{letter}`", line, column, QUOTE)
    if "mapping values are not allowed" in problem:
        message = "a colon followed by a space separates key and value, and here it cannot"
        return Slip("E-YAML-001", message, line, column, f"{QUOTE} if it holds `: `; else check the indentation")
    if "flow" in context and letter in ("[", "{", "(", '"', "'"):
        message = f"inside {{ }} and [ ] an unquoted text may not hold `{letter}`"
        return Slip("E-YAML-012", message, line, column, QUOTE)
    if "flow" in context:
        return Slip("E-YAML-001", "a `{` or `[` is not closed, or a comma is missing", line, column, "")
    if "block mapping" in context and text.lstrip()[:1] not in ("-", "") and "{" in text:
        return Slip("E-YAML-012", "a text that begins with `{` looks like a map", line, column, QUOTE)
    if "quoted scalar" in context:
        return Slip("E-YAML-001", "the quote of a text is not closed", line, column, "")
    if "block mapping" in context or "block collection" in context:
        message = "this line does not fit: is it indented like its neighbours, and has its key a colon?"
        return Slip("E-YAML-001", message, line, column)
    return Slip("E-YAML-001", f"this is not YAML: {problem or context}", line, column, "")
