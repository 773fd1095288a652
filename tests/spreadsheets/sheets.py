"""Works out an expression as a cell shows it: a text, the code of an error. Knows no function."""

from __future__ import annotations

from engine.expressions.arithmetic import text_of
from engine.expressions.functions import FUNCTIONS
from engine.expressions.values import ErrorValue
from tests.expressions.worlds import value_of

Cell = tuple[str, str]


def shown(text: str) -> str:
    """The value as text, or the code of the error."""
    found = value_of(text)
    return found.code if isinstance(found, ErrorValue) else text_of(found)


def known(names: set[str]) -> bool:
    """Whether the language has a function for each of these spreadsheet names."""
    return {name.lower() for name in names} <= set(FUNCTIONS)
