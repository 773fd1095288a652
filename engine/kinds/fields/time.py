"""`time`: a time of day. Knows no date and no time zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import TIME, Type
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.locales import show_time
from engine.kinds.fields.number import RANGE_OPERATORS
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column

ISO = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


@dataclass(frozen=True, kw_only=True)
class TimeOfDay(Field):
    """A time of day to the second, as `14:30`."""

    kind: ClassVar[str] = "time"
    widget: ClassVar[str] = "time"
    operators: ClassVar[tuple[str, ...]] = RANGE_OPERATORS
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def type(self) -> Type:
        return TIME

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, Time

        return (Column(self.name, Time),)

    def parse(self, raw: object) -> dt.time | None:
        if raw is None:
            return None
        if isinstance(raw, dt.time):
            return raw.replace(microsecond=0, tzinfo=None)
        text = raw.strip() if isinstance(raw, str) else "?"
        if not text:
            return None
        try:
            if not ISO.fullmatch(text):
                raise ValueError
            return dt.time.fromisoformat(text)
        except ValueError:
            raise Unfit(say("时间请写作 14:30", "write the time as 14:30")) from None

    def format(self, value: Any, language: str) -> str:
        return "" if value is None else show_time(value, language)

    def to_json(self, value: Any) -> str | None:
        if value is None:
            return None
        return str(value.isoformat(timespec="seconds" if value.second else "minutes"))
