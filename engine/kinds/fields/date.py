"""`date`: a calendar day. Knows no time zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import DATE, Type
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.locales import show_date
from engine.kinds.fields.number import RANGE_OPERATORS
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column

ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR = 1000                              # earlier ones are slips of the finger (`0026-03-31`)


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A day, as `2026-03-31`."""

    kind: ClassVar[str] = "date"
    widget: ClassVar[str] = "date"
    operators: ClassVar[tuple[str, ...]] = (*RANGE_OPERATORS, "in period")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return DATE

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Date

        return (Column(self.name, Date),)

    def parse(self, raw: object) -> dt.date | None:
        """ISO dates only; a datetime is refused, since its day depends on a time zone."""
        if raw is None or (isinstance(raw, dt.date) and not isinstance(raw, dt.datetime)):
            return raw
        text = raw.strip() if isinstance(raw, str) else "?"
        if not text:
            return None
        if not ISO.fullmatch(text):
            raise Unfit(say("日期请写作 2026-03-31", "write the date as 2026-03-31"))
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise Unfit(say("没有 {text} 这一天", "there is no day {text}", text=text)) from None

    def check_value(self, value: Any) -> None:
        if value is not None and value.year < FIRST_YEAR:
            raise Unfit(say("年份应在 1000 到 9999 之间", "the year lies between 1000 and 9999"))

    def format(self, value: Any, language: str) -> str:
        return "" if value is None else show_date(value, language)

    def to_json(self, value: Any) -> str | None:
        return None if value is None else value.isoformat()
