"""`decimal`: an exact number with a fixed count of decimals. Knows no unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.number import Number

FREE_SCALE = 6


@dataclass(frozen=True, kw_only=True)
class Decimals(Number):
    """`decimals` are kept and shown; without it up to six are kept and only those needed are shown."""

    kind: ClassVar[str] = "decimal"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "decimals": {"type": "integer", "minimum": 0, "maximum": 12, "description": "decimals that are kept and shown"},
    }

    decimals: int | None = None

    @property
    def scale(self) -> int:
        return FREE_SCALE if self.decimals is None else self.decimals

    @property
    def shown(self) -> int:
        return self.decimals or 0
