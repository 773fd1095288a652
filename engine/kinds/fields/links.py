"""`links`: several records of another object (or of several). Looks nothing up: keys and rights are the service's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type, list_of, record_of
from engine.expressions.values import Key, Ref, Rows
from engine.kinds.fields.base import Unfit
from engine.kinds.fields.link import Link
from engine.texts import listed, say

if TYPE_CHECKING:
    from sqlalchemy import Column

MOST = 500
APART = str.maketrans("，、;；\n", ",,,,,")


@dataclass(frozen=True, kw_only=True)
class Links(Link):
    """Records, each once, in the order given; the value is a tuple of `Ref` (of `Key` while not looked up).

    The record's own column keeps the ids as JSON; storage keeps beside it a table of the pairs, by which the records
    are found from the other side and in conditions."""

    kind: ClassVar[str] = "links"
    widget: ClassVar[str] = "links"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {
        name: Link.options_schema[name] for name in ("to", "from", "where", "back", "on_delete")
    }

    @property
    def type(self) -> Type:
        return list_of(record_of(*self.to))

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Text

        return (Column(self.name, Text),)

    def column_names(self) -> tuple[str, ...]:
        return (self.name,)

    def from_row(self, row: Mapping[str, Any]) -> Any:
        text = row[self.name]
        if text is None:
            return None
        return tuple(Ref(*item) if isinstance(item, list) else Ref(self.to[0], item) for item in json.loads(text))

    def to_row(self, value: Any) -> dict[str, Any]:
        """Of a tuple of `Ref` or None; a `Key` must have been looked up before (ValueError)."""
        if not all(isinstance(one, Ref) for one in value or ()):
            raise ValueError(f"{self.name}: {value!r} was not looked up")
        items = [[one.object, one.id] if self.several else one.id for one in value or ()]
        return {self.name: json.dumps(items, separators=(",", ":")) if items else None}

    def parse(self, raw: object) -> Any:
        """A list of what a link reads, or one text of keys between commas."""
        return self._read(raw, super().parse)

    def parse_input(self, text: Any) -> Any:
        """What the control posts: a list of ids, or of `sales_order/17` where several objects are possible."""
        return self._read(text, super().parse_input)

    def _read(self, raw: Any, one: Any) -> Any:
        if isinstance(raw, Rows):
            raw = raw.items
        if isinstance(raw, str):
            raw = raw.translate(APART).split(",")
        items = raw if isinstance(raw, (list, tuple)) else [raw]
        found = tuple(dict.fromkeys(value for item in items if (value := one(item)) is not None))
        if len(found) > MOST:
            raise Unfit(say("最多 {most} 项", "{most} at most", most=MOST))
        return found or None

    def format(self, value: Any, language: str) -> str:
        shown = (super(Links, self).format(one, language) for one in value or ())
        return listed(shown, language)

    def to_json(self, value: Any) -> Any:
        """A list of what a link gives; of one record what a link gives."""
        if isinstance(value, Ref):
            return super().to_json(value)
        return None if value is None else [super(Links, self).to_json(one) for one in value]

    def to_input(self, value: Any) -> str:
        """The ids between commas; of one record its id."""
        items = (value,) if isinstance(value, Ref) else value or ()
        return ",".join(super(Links, self).to_input(one) for one in items if not isinstance(one, Key))
