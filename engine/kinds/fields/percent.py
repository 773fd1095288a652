"""`percent`: a fraction that people read and write per hundred. Knows no rounding beyond its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from engine.kinds.fields.locales import show_percent
from engine.kinds.fields.number import WIDE, Number, plain_notation, read_number

SCALE = 6
COMPUTED = 2
HUNDRED = Decimal(100)
SIGNS = "%％"


@dataclass(frozen=True, kw_only=True)
class Percent(Number):
    """The value is the fraction: 0.3 for 30 %; six decimals are kept, that is four of the percentage."""

    kind: ClassVar[str] = "percent"
    widget: ClassVar[str] = "percent"
    unit_name: ClassVar[str] = "percent"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "decimals": {"type": "integer", "minimum": 0, "maximum": 4, "description": "its decimals always shown"},
    }

    decimals: int = 0

    @property
    def scale(self) -> int:
        return SCALE

    def parse(self, raw: object) -> Decimal | None:
        """`30%` and `0.3` are the same; a bare number is the fraction."""
        text = raw.strip() if isinstance(raw, str) else ""
        if not text or text[-1] not in SIGNS:
            return super().parse(raw)
        number = read_number(text[:-1])
        return None if number is None else super().parse(WIDE.divide(number, HUNDRED))

    def parse_input(self, text: str) -> Decimal | None:
        """A person who types `30` into a percent control means 30 %."""
        bare = text.strip()
        return self.parse(bare if not bare or bare[-1] in SIGNS else bare + "%")

    def format(self, value: Any, language: str) -> str:
        """A computed share is shown to two decimals; what was typed is shown as it is."""
        most = max(self.decimals, COMPUTED) if self.computed or not self.stored else SCALE - 2
        return "" if value is None else show_percent(value, language, self.decimals, most)

    def to_input(self, value: Any) -> str:
        """The percentage with its sign: `12.5%`."""
        return "" if value is None else plain_notation(WIDE.multiply(value, HUNDRED)) + "%"
