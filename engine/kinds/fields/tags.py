"""`tags`: free words. Knows no list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import TEXT, Type, list_of
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.text import BREAKS, read_text
from engine.texts import listed, say

if TYPE_CHECKING:
    from sqlalchemy import Column

LONGEST = 100
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Several(Field):
    """What the kinds that hold several short texts share."""

    operators: ClassVar[tuple[str, ...]] = ("contains", "is blank", "is not blank")

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column

        from engine.kinds.fields.columns import Words

        return (Column(self.name, Words),)

    def parse(self, raw: object) -> tuple[str, ...] | None:
        """A list of texts, or one text whose parts stand between commas (`,`, `，`, `、`); each part is kept once."""
        if isinstance(raw, str):
            raw = raw.replace("，", ",").replace("、", ",").split(",")
        if raw is None:
            return None
        if not isinstance(raw, (list, tuple)):
            raise Unfit(say("需要列表", "a list is needed here"))
        words = (read_text(part) for part in raw)
        return tuple(dict.fromkeys(BREAKS.sub(" ", word) for word in words if word)) or None

    def check_value(self, value: Any) -> None:
        if value is not None and (len(value) > MOST or any(len(word) > LONGEST for word in value)):
            raise Unfit(say("最多 {most} 项，每项最多 {longest} 个字", "{most} at most, of {longest} characters each",
                            most=MOST, longest=LONGEST))

    def format(self, value: Any, language: str) -> str:
        return listed(value or (), language)

    def to_json(self, value: Any) -> list[str] | None:
        return None if value is None else list(value)

    def to_input(self, value: Any) -> str:
        return ",".join(value or ())


@dataclass(frozen=True, kw_only=True)
class Tags(Several):
    """Free words, each once, in the order given; a word holds no comma."""

    kind: ClassVar[str] = "tags"
    widget: ClassVar[str] = "tags"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return list_of(TEXT)

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if any(mark in word for word in value or () for mark in ",，、"):
            raise Unfit(say("标签中不能有逗号", "a tag may not hold a comma"))
