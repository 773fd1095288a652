"""`choices`: several of the codes that the definition lists. Knows no other list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.expressions.types import Type, choice_of, list_of
from engine.kinds.fields.choice import OPTIONS_SCHEMA, Option, no_option, read_code
from engine.kinds.fields.tags import Several
from engine.texts import listed


@dataclass(frozen=True, kw_only=True)
class Choices(Several):
    """Codes out of `options`, each once, in the order in which the definition lists them."""

    kind: ClassVar[str] = "choices"
    widget: ClassVar[str] = "choices"
    options_schema: ClassVar[Mapping[str, Any]] = OPTIONS_SCHEMA

    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def type(self) -> Type:
        return list_of(choice_of(*self.options))

    def parse(self, raw: object) -> tuple[str, ...] | None:
        chosen = {read_code(part, self.options) for part in super().parse(raw) or ()}
        return tuple(code for code in self.options if code in chosen) or None

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        for code in value or ():
            if code not in self.options:
                raise no_option(str(code), self.options)

    def format(self, value: Any, language: str) -> str:
        shown = (self.options[code].label.to(language) if code in self.options else code for code in value or ())
        return listed(shown, language)
