"""`boolean`: yes or no. Knows nothing in between but blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import BOOLEAN, Type
from engine.kinds.fields.base import Field, Unfit
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

WORDS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
MEANT = {
    **dict.fromkeys(("yes", "y", "是"), "true"),
    **dict.fromkeys(("no", "n", "否"), "false"),
}                                              # read by people, not by `parse`
SHOWN: Mapping[bool, Text] = {True: say("是", "yes"), False: say("否", "no")}


@dataclass(frozen=True, kw_only=True)
class Truth(Field):
    """True, false or blank."""

    kind: ClassVar[str] = "boolean"
    widget: ClassVar[str] = "checkbox"
    operators: ClassVar[tuple[str, ...]] = ("is true", "is false", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return BOOLEAN

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Boolean, Column

        return (Column(self.name, Boolean),)

    def from_row(self, row: Mapping[str, Any]) -> bool | None:
        value = row[self.name]
        return None if value is None else bool(value)

    def parse(self, raw: object) -> bool | None:
        """Only true, false, 1, 0, on and off: `yes` and `是` differ from file to file and are mapped by imports."""
        if raw is None or isinstance(raw, bool):
            return raw
        text = raw.strip().lower() if isinstance(raw, str) else ""
        if isinstance(raw, str) and not text:
            return None
        if isinstance(raw, (int, float, Decimal)) and str(raw) in ("0", "1", "0.0", "1.0"):
            return str(raw).startswith("1")
        if text not in WORDS:
            raise Unfit(say("只能是 true 或 false", "only true or false"))
        return WORDS[text]

    def meant(self, text: str) -> str:
        return f"write `{MEANT[text.strip().lower()]}`" if text.strip().lower() in MEANT else super().meant(text)

    def format(self, value: Any, language: str) -> str:
        return "" if value is None else SHOWN[value].to(language)

    def to_input(self, value: Any) -> str:
        return "" if value is None else "true" if value else "false"
