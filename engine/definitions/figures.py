"""Key figures of records, and how figures are shown where no field says it: columns of reports and print forms, cards.
Knows no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.expressions.compiled import Expression
from engine.expressions.formats import format_date, format_number
from engine.kinds.fields.base import Field
from engine.texts import Text


@dataclass(frozen=True, slots=True)
class Format:
    """As a field of a kind shows its values (`percent`), or by a `pattern` as in texts (`0.0%`, `yyyy-MM`)."""

    field: Field | None = None
    pattern: str = ""

    @property
    def percent(self) -> bool:
        """Whether it shows shares."""
        return self.field.kind == "percent" if self.field is not None else "%" in self.pattern

    def show(self, value: object, language: str, zone: ZoneInfo) -> str | None:
        """The value for people, moments in `zone`; None for what has no format: blanks, errors, texts."""
        if isinstance(value, dt.datetime):
            return self._day(value.astimezone(zone), language)
        if isinstance(value, (dt.date, dt.time)):
            return self._day(value, language)
        if not isinstance(value, Decimal):
            return None
        return self.field.format(value, language) if self.field is not None else format_number(value, self.pattern)

    def _day(self, value: dt.date | dt.time, language: str) -> str:
        if self.field is None:
            return format_date(value, self.pattern)
        if isinstance(value, dt.datetime) and self.field.kind in ("date", "time"):
            value = value.date() if self.field.kind == "date" else value.time()
        elif isinstance(value, dt.datetime):   # it has been put in its zone: the field's own must not move it again
            return self.field.seen_from(str(value.tzinfo)).format(value, language)
        return self.field.format(value, language)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """What stands large on a record's page. `field`: it is this field alone, shown as that is where nothing is said."""

    name: str
    label: Text
    value: Expression
    format: Format | None = None
    mark: Mapping[str, Expression] = field(default_factory=dict)    # color → condition; the first that holds
    when: Expression | None = None
    field: str = ""
