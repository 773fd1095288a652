"""`money`: an exact amount of one currency. Knows no rates and converts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.fields.base import Literal
from engine.kinds.fields.locales import show_money
from engine.kinds.fields.number import Number

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression

SCALE = 4


@dataclass(frozen=True, kw_only=True)
class Money(Number):
    """At least `decimals` are shown, four are kept. `currency` is the app's unless said; the builder fills it in."""

    kind: ClassVar[str] = "money"
    widget: ClassVar[str] = "money"
    unit_name: ClassVar[str] = "money"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "currency": {"type": "string", "slot": "V", "description": "ISO 4217 code, or =expression over the row"},
        "decimals": {"type": "integer", "minimum": 0, "maximum": 8, "description": "decimals always shown (2)"},
    }

    currency: Literal | Expression | None = None
    decimals: int = 2

    @property
    def typed_unit(self) -> str:
        """The currency is part of the type where it is fixed."""
        code = str(self.currency.value or "") if isinstance(self.currency, Literal) else ""
        return f"{self.unit_name}:{code}" if code else self.unit_name

    @property
    def scale(self) -> int:
        return max(SCALE, self.decimals)

    @property
    def shown(self) -> int:
        return self.decimals

    @property
    def smallest(self) -> int:
        return self.decimals

    def format(self, value: Any, language: str) -> str:
        """With the currency's sign where it is fixed; plain where an expression gives it."""
        if value is None:
            return ""
        currency = str(self.currency.value) if isinstance(self.currency, Literal) else ""
        return show_money(value, language, currency, self.shown, self.scale)
