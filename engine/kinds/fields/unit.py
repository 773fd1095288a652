"""`unit`: the name of a unit. Converts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.kinds.fields.choice import Option, read_code
from engine.kinds.fields.text import PlainText


@dataclass(frozen=True, kw_only=True)
class Unit(PlainText):
    """One of the app's `units` where it declares any (the builder fills them in), else a short word."""

    kind: ClassVar[str] = "unit"
    widget: ClassVar[str] = "unit"
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}
    longest: ClassVar[int] = 30

    options: Mapping[str, Option] = field(default_factory=dict)

    def parse(self, raw: object) -> str | None:
        text = super().parse(raw)
        return read_code(text, self.options) if text is not None and self.options else text

    def format(self, value: Any, language: str) -> str:
        option = self.options.get(value)
        return super().format(value, language) if option is None else option.label.to(language)
