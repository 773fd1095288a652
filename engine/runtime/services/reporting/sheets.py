"""A sheet of figures: what reports, queries and registers answer, in one shape for page, API and file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.expressions.types import Type
from engine.expressions.values import Value
from engine.texts import Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the type of its values, its heading."""

    name: str
    type: Type
    label: Text


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of values in the order of the columns; links carry their titles. `next` continues a long one."""

    columns: tuple[Column, ...]
    rows: tuple[Sequence[Value], ...]
    next: str | None = None
