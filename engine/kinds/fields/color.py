"""`color`: one color of the screen. Knows no palette."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say

FULL = re.compile(r"#[0-9a-f]{6}")
SHORT = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")


@dataclass(frozen=True, kw_only=True)
class Color(PlainText):
    """Red, green and blue in hexadecimal, kept as `#1e90ff`; `#abc` and capitals are read too."""

    kind: ClassVar[str] = "color"
    widget: ClassVar[str] = "color"
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def parse(self, raw: object) -> str | None:
        text = super().parse(raw)
        if text is None:
            return None
        low = text.lower() if text.startswith("#") else f"#{text.lower()}"
        short = SHORT.fullmatch(low)
        return "#" + "".join(2 * digit for digit in short.groups()) if short else low

    def check_value(self, value: Any) -> None:
        if value is not None and not FULL.fullmatch(value):
            raise Unfit(say("颜色请写作 #1e90ff", "write the color as #1e90ff"))
