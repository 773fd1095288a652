"""JSON texts with exact numbers: what a text says in digits stays so. The standard writer knows floats only."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

MARK = uuid.uuid4().hex                        # nobody outside of this process can write it into a text
MARKED = re.compile(f'"{MARK}([^"]*)"')


class JsonNumber(Decimal):
    """A number that goes into JSON as a number with all its digits (a plain Decimal is given as a text)."""


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None, **options: Any) -> str:
    """Like `json.dumps`, and with numbers of any length."""
    found = False

    def other(one: Any) -> Any:
        nonlocal found
        if isinstance(one, JsonNumber):
            found = True
            return f"{MARK}{one}"
        if default is None:
            raise TypeError(f"{type(one).__name__} is no JSON")
        return default(one)

    text = json.dumps(value, default=other, **options)
    return MARKED.sub(r"\1", text) if found else text


def loads(text: str | bytes) -> Any:
    """Like `json.loads`; a number that a float cannot hold is a `JsonNumber`."""
    return json.loads(text, parse_float=_number)


def loads_as_written(text: str) -> Any:
    """The same with the very digits of every number that has a point or an exponent: `1.10`."""
    return json.loads(text, parse_float=JsonNumber)


def _number(text: str) -> float | JsonNumber:
    rounded, exact = float(text), JsonNumber(text)
    return rounded if Decimal(repr(rounded)) == exact else exact
