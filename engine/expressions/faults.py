"""The problems of expressions: every code with its sentence, and where in the definition a place of the text lies."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.errors import Location, Problem, Severity

CODES: Mapping[str, str] = {
    "E-SYN-001": "the character {character} has no meaning here",
    "E-SYN-002": "the text that starts here is not closed",
    "E-SYN-003": "{found} is not expected here; {wanted}",
    "E-SYN-004": "comparisons cannot be chained",
    "E-SYN-005": "`{found}` is not an operator of this language",
    "E-SYN-006": "the {opener} is not closed",
    "E-SYN-007": "the expression is longer than {limit} characters",
    "E-SYN-008": "the expression has more than {limit} parts",
    "E-SYN-009": "the expression is nested deeper than {limit} levels",
    "E-SYN-010": "the expression is empty",
    "E-SYN-011": "`{word}` is a word of the language and cannot be a name here",
    "E-SYN-012": "`{word}` stands in the wrong place of a source",
    "E-SYN-013": "`{found}` is not a number",
    "E-SYN-014": "`{found}` is not a unit of time",
    "E-SYN-015": "a source stands where a single value is wanted",
    "E-NAM-001": "there is no name `{name}` here",
    "E-NAM-002": "{owner} has no `{name}`",
    "E-NAM-003": "there is no function `{name}`",
    "E-NAM-004": "there is no object, register or report `{name}`",
    "E-NAM-005": "`{name}` is a field and also an object",
    "E-NAM-006": "there is no role `{name}`",
    "E-NAM-007": "'{name}' is not among the options",
    "E-NAM-008": "{owner} can never be `{name}`",
    "E-NAM-009": "`{name}` stands for a name of the definition and is not quoted",
    "E-NAM-010": "the alias `{name}` is a name already",
    "E-TYP-001": "`{op}` does not work with {types}",
    "E-TYP-002": "{left} and {right} cannot be mixed by `{op}`",
    "E-TYP-003": "`{function}` takes {wanted} as its {place} argument, not {found}",
    "E-TYP-004": "`{function}` takes {wanted} arguments, not {found}",
    "E-TYP-005": "{found} is not a source of rows",
    "E-TYP-006": "{found} has no members",
    "E-TYP-007": "{wanted} is wanted here, not {found}",
    "E-TYP-008": "{left} cannot be compared with {right}",
    "E-TYP-009": "the value is given twice: by the path and after the comma",
    "E-TYP-010": "a condition is wanted here, not {found}",
    "E-TYP-011": "rows cannot be sorted by {found}",
    "E-TYP-012": "`at` and `between` take a date, not {found}",
    "E-TYP-013": "the items of a list must be alike: {left} and {right}",
    "E-TYP-014": "a bare name of the definition is wanted here",
    "E-TYP-015": "{found} has no one above it: its records make no tree",
    "E-TYP-016": "`{function}` gives {left} in one case and {right} in another",
    "E-TYP-017": "`{function}` looks at the other rows of a report: only its columns can",
    "E-TYP-018": "`{function}` takes a measure of a register in a span of days",
    "E-TPL-001": "the `{{` is not closed",
    "E-TPL-002": "a lone `}}` stands in the text",
    "E-TPL-003": "`{format}` is not a format for {found}",
    "E-TPL-004": "{found} cannot be shown in a text",
}


TOKEN = re.compile(
    r"""'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*"|“[^”\n]*”|‘[^’\n]*’|\d+(?:\.\d+)?%?|[^\W\d]\w*|<=|>=|<>|!=|==|\S"""
)
NO_HOLES: Mapping[str, object] = {}


def place(text: str, at: Location, offset: int) -> Location:
    """The place of the character `offset` of an expression whose first character stands at `at`."""
    return at.within(text, offset)


def width(text: str, at: Location, offset: int) -> int:
    """How many columns the token at `offset` takes in its file; 1 where it goes on in the next line."""
    token = TOKEN.match(text, offset)
    first, last = at.within(text, offset), at.within(text, offset + len(token[0]) - 1 if token else offset)
    return last.column - first.column + 1 if first.line == last.line else 1


def fault(
    code: str,
    text: str,
    at: Location,
    offset: int,
    hint: str = "",
    holes: Mapping[str, object] = NO_HOLES,
    severity: Severity = "error",
) -> Problem:
    """The problem `code` at the character `offset` of `text`."""
    message = CODES[code].format(**holes)
    return Problem(code, message, place(text, at, offset), hint, severity, width(text, at, offset))
