"""`range`: from one day, moment or number to another. Compares with no other record: that is the unique rules' part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type, range_of
from engine.expressions.values import Range
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.date import Day
from engine.kinds.fields.datetime import Moment
from engine.kinds.fields.decimal import Decimals
from engine.kinds.fields.integer import Integer
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

END = "__end"                                  # suffix of the column that holds the end
OF: Mapping[str, type[Field]] = {"date": Day, "datetime": Moment, "integer": Integer, "decimal": Decimals}
BETWEEN = re.compile(r"\.\.|\s*[~～–—至到]\s*|\s+to\s+|(?<=[0-9Z])/(?=[0-9P])")


@dataclass(frozen=True, kw_only=True)
class Interval(Field):
    """A start and an end, one of which may be open. Days and numbers include their end, moments do not.

    Columns: the start, named like the field, and the end."""

    kind: ClassVar[str] = "range"
    widget: ClassVar[str] = "range"
    operators: ClassVar[tuple[str, ...]] = ("is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {
        "of": {"enum": [*OF], "description": "what it is a range of: date unless said", "attribute": "of"},
    }

    of: str = "date"
    timezone: str = "UTC"

    @cached_property
    def bound(self) -> Field:
        """The field that reads and shows one end."""
        zone = {"timezone": self.timezone} if self.of == "datetime" else {}
        return OF[self.of](name=self.name, label=self.label, **zone)  # type: ignore[arg-type]

    @property
    def type(self) -> Type:
        return range_of(self.bound.type)

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column

        kind = self.bound.columns()[0].type
        return (Column(self.name, kind), Column(self.name + END, kind))

    def column_names(self) -> tuple[str, ...]:
        return (self.name, self.name + END)

    def from_row(self, row: Mapping[str, Any]) -> Range | None:
        start: Any = self.bound.from_row(row)
        end: Any = self.bound.from_row({self.name: row[self.name + END]})
        return None if start is None and end is None else Range(start, end)

    def to_row(self, value: Any) -> dict[str, Any]:
        start, end = (None, None) if value is None else (value.start, value.end)
        return {**self.bound.to_row(start), self.name + END: self.bound.to_row(end)[self.name]}

    def parse(self, raw: object) -> Range | None:
        """`{start, end}`, a list of two, `2026-03-01..2026-03-05`; a blank end is open."""
        return self._read(raw, self.bound.parse)

    def parse_input(self, text: Any) -> Range | None:
        """The two texts of the control, or one text."""
        return self._read(text, self.bound.parse_input)

    def _read(self, raw: Any, one: Any) -> Range | None:
        if raw is None or isinstance(raw, Range):
            return raw
        parts = raw
        if isinstance(raw, str):
            parts = BETWEEN.split(raw.strip()) if raw.strip() else ["", ""]
        elif isinstance(raw, Mapping):
            parts = [raw.get("start"), raw.get("end")] if raw.keys() <= {"start", "end"} else ()
        if not isinstance(parts, (list, tuple)) or len(parts) != 2:
            raise Unfit(_form())
        start, end = (one(part.strip() if isinstance(part, str) else part) for part in parts)
        return None if start is None and end is None else Range(start, end)

    def check_exact(self, value: Any) -> None:
        for end in () if value is None else (value.start, value.end):
            self.bound.check_exact(end)

    def check_value(self, value: Any) -> None:
        if value is None:
            return
        for end in (value.start, value.end):
            self.bound.check_value(end)
        if value.start is not None and value.end is not None:
            if value.start > value.end:
                raise Unfit(say("结束早于开始", "it ends before it begins"))
            if self.of == "datetime" and value.start == value.end:
                raise Unfit(say("结束应晚于开始", "it must end after it begins"))

    def seen_from(self, timezone: str) -> Interval:
        here = self.of != "datetime" or timezone == self.timezone
        return self if here else replace(self, timezone=timezone)

    def format(self, value: Any, language: str) -> str:
        """`Mar 1, 2026 – Mar 5, 2026`; an open end is left blank."""
        if value is None:
            return ""
        return f"{self.bound.format(value.start, language)} – {self.bound.format(value.end, language)}".strip()

    def to_json(self, value: Any) -> Any:
        """`{"start", "end"}`, an open end as null."""
        return None if value is None else {name: self.bound.to_json(getattr(value, name)) for name in ("start", "end")}

    def to_input(self, value: Any) -> str:
        """`2026-03-01..2026-03-05`."""
        return "" if value is None else "..".join(self.ends(value))

    def ends(self, value: Any) -> tuple[str, str]:
        """What the two controls of the form hold."""
        if value is None:
            return "", ""
        return self.bound.to_input(value.start), self.bound.to_input(value.end)


def _form() -> Text:
    return say("范围请写作 开始..结束", "write a range as start..end")
