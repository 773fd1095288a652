"""The columns of a file as the names of an expression. Knows no stored data: only what stands in the row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.expressions.scope import Names, Signature, Symbol
from engine.expressions.types import ANY, Type
from engine.expressions.values import Row, Value
from engine.runtime.services.imports.rows import Cell

ODD = re.compile(r"\W+")


def name_of(column: str) -> str:
    """How an expression calls a column: `Order ID` is `Order_ID`, `2024` is `_2024`."""
    name = ODD.sub("_", column).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The names that an expression of a mapping may use. Implements `Names`."""

    columns: tuple[str, ...]

    def head(self, name: str) -> Symbol | None:
        known = {name_of(column) for column in self.columns}
        return Symbol("field", name, ANY) if name in known else None

    def heads(self) -> Sequence[str]:
        return [name_of(column) for column in self.columns]

    def member(self, owner: Type, name: str) -> Type | None:
        return None

    def members(self, owner: Type) -> Sequence[str]:
        return ()

    def source(self, name: str) -> Type | None:
        return None

    def decision(self, name: str) -> Signature | None:
        return None

    def roles(self) -> Sequence[str]:
        return ()

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> Names:
        return self


@dataclass(frozen=True, slots=True)
class ColumnRow(Row):
    """One row of a file for an expression. Implements `Row`; nested data are out of its reach."""

    cells: Mapping[str, Cell]
    blanks: frozenset[str] = frozenset()
    object: str = "file"
    id: int | None = None
    _by_name: dict[str, Value] = field(default_factory=dict)

    def get(self, name: str) -> Value:
        """The cell of a column: texts trimmed, blank ones None; a column that the row lacks is blank."""
        if not self._by_name:
            self._by_name.update({name_of(column): self._value(cell) for column, cell in self.cells.items()})
        return self._by_name.get(name)

    def _value(self, cell: Cell) -> Value:
        if isinstance(cell, str):
            text = cell.strip()
            return None if not text or text in self.blanks else text
        if isinstance(cell, int) and not isinstance(cell, bool):
            return Decimal(cell)
        return cell if isinstance(cell, (bool, Decimal, dt.date, dt.time)) else None
