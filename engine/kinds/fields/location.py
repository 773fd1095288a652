"""`location`: a point on the earth. Knows no map and no address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.number import plain_notation, read_number
from engine.kinds.fields.text import PlainText
from engine.texts import Text, say

PLACES = Decimal("0.000001")                   # a tenth of a metre
NAMES = (("lat", "lon"), ("lat", "lng"), ("latitude", "longitude"))


@dataclass(frozen=True, kw_only=True)
class Location(PlainText):
    """Latitude and longitude in degrees, kept as the text `31.2304, 121.4737` that `distance` and `nearest` read."""

    kind: ClassVar[str] = "location"
    operators: ClassVar[tuple[str, ...]] = ("is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def parse(self, raw: object) -> str | None:
        """A text, a list of two numbers, or `{lat, lon}` (also `lng`, or the whole words)."""
        if raw is None:
            return None
        parts = raw
        if isinstance(raw, str):
            text = super().parse(raw)
            if text is None:
                return None
            parts = text.replace("，", ",").replace(";", ",").split(",")
        elif isinstance(raw, Mapping):
            parts = next(([raw[one], raw[other]] for one, other in NAMES if raw.keys() == {one, other}), None)
        if not isinstance(parts, (list, tuple)) or len(parts) != 2:
            raise Unfit(_form())
        return ", ".join(_degrees(part, most) for part, most in zip(parts, (90, 180), strict=True))


def _degrees(raw: object, most: int) -> str:
    value = read_number(raw)
    if value is None:
        raise Unfit(_form())
    if abs(value) > most:
        raise Unfit(say("纬度在 -90 到 90 之间，经度在 -180 到 180 之间",
                        "a latitude is from -90 to 90, a longitude from -180 to 180"))
    return plain_notation(value.quantize(PLACES, ROUND_HALF_UP)) if value else "0"


def _form() -> Text:
    return say("位置请写作“纬度, 经度”，例如 31.2304, 121.4737",
               "write a place as “latitude, longitude”: 31.2304, 121.4737")
