"""`integer`: a whole number. Knows no unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.number import Number
from engine.texts import say

LARGEST = 10**15                               # below this every JSON reader, browsers included, keeps it exact


@dataclass(frozen=True, kw_only=True)
class Integer(Number):
    """A whole number below 10^15."""

    kind: ClassVar[str] = "integer"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def scale(self) -> int:
        return 0

    def parse(self, raw: object) -> Decimal | None:
        """A fraction is refused, not rounded: nobody means it."""
        value = super().parse(raw)
        if value is not None and value != value.to_integral_value():
            raise Unfit(self._too_fine())
        return value

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is not None and abs(value) >= LARGEST:
            raise Unfit(say("数字过大：最多 15 位", "the number is too large: 15 digits at most"))

    def _too_fine(self) -> Any:
        return say("需要整数", "a whole number is needed here")

    def to_json(self, value: Any) -> Any:
        """A JSON number where the value is whole (a stored one always is), else exact notation."""
        return int(value) if value is not None and value == int(value) else super().to_json(value)
