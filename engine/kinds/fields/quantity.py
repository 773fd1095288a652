"""`quantity`: an exact amount of something in a unit. Knows no other units and converts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.fields.base import Literal
from engine.kinds.fields.number import Number

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression

SCALE = 6


@dataclass(frozen=True, kw_only=True)
class Quantity(Number):
    """Six decimals are kept; a literal `unit` is shown after the number."""

    kind: ClassVar[str] = "quantity"
    unit_name: ClassVar[str] = "quantity"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "unit": {"type": "string", "slot": "V", "description": "the unit: a text, or =expression over the row"},
        "decimals": {"type": "integer", "minimum": 0, "maximum": SCALE, "description": "decimals always shown"},
    }

    unit: Literal | Expression | None = None
    decimals: int = 0

    @property
    def typed_unit(self) -> str:
        """The unit is part of the type where it is fixed."""
        name = str(self.unit.value or "") if isinstance(self.unit, Literal) else ""
        return f"{self.unit_name}:{name}" if name else self.unit_name

    @property
    def scale(self) -> int:
        return SCALE

    @property
    def shown(self) -> int:
        return self.decimals

    def format(self, value: Any, language: str) -> str:
        shown = super().format(value, language)
        unit = self.unit.value if isinstance(self.unit, Literal) else ""
        return f"{shown} {unit}" if shown and unit else shown
