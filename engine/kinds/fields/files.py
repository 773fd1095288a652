"""`files`: several files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import TEXT, Type, list_of
from engine.kinds.fields.attached import Attachment, read_one
from engine.kinds.fields.base import Unfit
from engine.texts import listed, say

if TYPE_CHECKING:
    from sqlalchemy import Column

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Files(Attachment):
    """Several files, each once, in the order given; the value is a tuple of them, as texts their names."""

    kind: ClassVar[str] = "files"
    widget: ClassVar[str] = "files"

    @property
    def type(self) -> Type:
        return list_of(TEXT)

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Text

        from engine.kinds.fields.columns import Words

        return (Column(self.name, Words), Column(self.second, Text))

    def from_row(self, row: Mapping[str, Any]) -> Any:
        names, kept = row[self.name], row[self.second]
        if not names or kept is None:
            return None
        from_one = super().from_row
        pairs = zip(names, json.loads(kept), strict=True)
        return tuple(from_one({self.name: name, self.second: json.dumps(one)}) for name, one in pairs)

    def to_row(self, value: Any) -> dict[str, Any]:
        if not value:
            return {self.name: None, self.second: None}
        found = [self._looked_up(one) for one in value]
        return {self.name: tuple(one.name for one in found), self.second: json.dumps([one.stored() for one in found])}

    def parse(self, raw: object) -> Any:
        """A list of what a file reads, or one of them; tokens in one text stand between commas."""
        if isinstance(raw, str):
            raw = raw.split(",")
        items = raw if isinstance(raw, (list, tuple)) else [raw]
        found = tuple(dict.fromkeys(one for item in items if (one := read_one(item)) is not None))
        if len(found) > MOST:
            raise Unfit(say("最多 {most} 个文件", "{most} files at most", most=MOST))
        return found or None

    def fit(self, value: Any) -> Any:
        if value is None:
            return None
        fit_one = super().fit
        return tuple(fit_one(one) for one in (value if isinstance(value, (list, tuple)) else (value,))) or None

    def format(self, value: Any, language: str) -> str:
        shown = (super(Files, self).format(one, language) for one in value or ())
        return listed((one for one in shown if one), language)

    def to_json(self, value: Any) -> Any:
        return None if not value else [super(Files, self).to_json(one) for one in value]

    def to_input(self, value: Any) -> str:
        return ",".join(super(Files, self).to_input(one) for one in value or ())
