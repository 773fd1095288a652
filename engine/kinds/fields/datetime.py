"""`datetime`: an instant, kept in UTC, typed and shown in a time zone. Knows no clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from engine.expressions.types import DATETIME, Type
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.locales import show_datetime
from engine.kinds.fields.number import RANGE_OPERATORS
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column

ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|z|[+-][0-9]{2}:[0-9]{2})?"
)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    return ZoneInfo(name)


@dataclass(frozen=True, kw_only=True)
class Moment(Field):
    """An instant, kept in UTC. What a person types and reads is in their own time zone, else in the app's; other texts
    without an offset are read in the app's."""

    kind: ClassVar[str] = "datetime"
    widget: ClassVar[str] = "datetime"
    operators: ClassVar[tuple[str, ...]] = (*RANGE_OPERATORS, "in period")
    options_schema: ClassVar[Mapping[str, Any]] = {}

    timezone: str = "UTC"

    @property
    def type(self) -> Type:
        return DATETIME

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column

        from engine.kinds.fields.columns import Instant

        return (Column(self.name, Instant),)

    def seen_from(self, timezone: str) -> Moment:
        return self if timezone == self.timezone else replace(self, timezone=timezone)

    def parse(self, raw: object) -> dt.datetime | None:
        """ISO 8601; without an offset it is local time (the earlier one where a clock change repeats it)."""
        if raw is None:
            return None
        if isinstance(raw, dt.datetime):
            return self._aware(raw)
        text = raw.strip() if isinstance(raw, str) else "?"
        if not text:
            return None
        if not ISO.fullmatch(text):
            raise Unfit(say("时间请写作 2026-03-31T14:30", "write the moment as 2026-03-31T14:30"))
        try:
            return self._aware(dt.datetime.fromisoformat(text.upper()))
        except (ValueError, OverflowError):
            raise Unfit(say("没有 {text} 这一时刻", "there is no moment {text}", text=text)) from None

    def _aware(self, value: dt.datetime) -> dt.datetime:
        local = value if value.tzinfo is not None else value.replace(tzinfo=zone_of(self.timezone))
        return local.astimezone(dt.UTC)

    def check_value(self, value: Any) -> None:
        if value is not None and value.year < 1000:
            raise Unfit(say("年份应在 1000 到 9999 之间", "the year lies between 1000 and 9999"))

    def format(self, value: Any, language: str) -> str:
        return "" if value is None else show_datetime(value.astimezone(zone_of(self.timezone)), language)

    def to_json(self, value: Any) -> str | None:
        """ISO 8601 in UTC with `Z`."""
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"

    def to_input(self, value: Any) -> str:
        """Local time as a `datetime-local` control holds it: to the minute, to the second where there are seconds."""
        if value is None:
            return ""
        local = value.astimezone(zone_of(self.timezone)).replace(tzinfo=None, microsecond=0)
        return str(local.isoformat(timespec="seconds" if local.second else "minutes"))
