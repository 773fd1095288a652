"""`lines`: rows that belong to the record. Knows only the frame: their fields are the lines object's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type, rows_of
from engine.expressions.values import Row, Rows, Value
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column

    from engine.expressions.compiled import Expression, Source

MOST = 5000


@dataclass(frozen=True, slots=True)
class Pick:
    """How the rows to pull are offered: grouped `by` a path (None: by the records that they are lines of), and which
    are ticked beforehand: `all` or `none`."""

    by: Expression | None = None
    default: str = "all"


@dataclass(frozen=True, slots=True)
class Pull:
    """Where lines come from: rows of `source`, each giving `values` (line field → value); bare names are
    the source row's."""

    source: Source
    values: Mapping[str, Literal | Expression]
    pick: Pick = field(default=Pick())


@dataclass(frozen=True, kw_only=True)
class Lines(Field):
    """The rows of a record. `of` is the lines object (`sales_order.lines`); `min` and `max` bound their number."""

    kind: ClassVar[str] = "lines"
    told: ClassVar[bool] = False
    widget: ClassVar[str] = "lines"
    operators: ClassVar[tuple[str, ...]] = ()
    options_schema: ClassVar[Mapping[str, Any]] = {
        "fields": {"type": "object", "minProperties": 1, "slot": "fields"},
        "key": {"type": "string", "slot": "R", "description": "the field in which no two rows of a record agree"},
        "pull": {
            "type": "object", "required": ["from", "as"], "additionalProperties": False, "slot": "pull",
            "properties": {
                "from": {"type": "string", "slot": "S"},
                "as": {"type": "object", "additionalProperties": {"slot": "V"}},
                "pick": {
                    "type": "object", "additionalProperties": False,
                    "properties": {"by": {"type": "string", "slot": "R"}, "default": {"enum": ["all", "none"]}},
                },
            },
        },
    }

    of: str = ""
    key: str = ""
    pull: Pull | None = None

    @property
    def type(self) -> Type:
        return rows_of(self.of or self.name)

    def columns(self) -> tuple[Column[Any], ...]:
        return ()

    def column_names(self) -> tuple[str, ...]:
        return ()

    def from_row(self, row: Mapping[str, Any]) -> Value:
        return None

    def to_row(self, value: Any) -> dict[str, Any]:
        return {}

    def parse(self, raw: object) -> tuple[Any, ...] | None:
        """A list of objects (`[{"id": 3, "qty": "2"}, …]`) as a tuple of dicts, values unread; rows as they are."""
        if isinstance(raw, Rows):
            return raw.items
        if raw is None or raw == "":
            return None
        if not isinstance(raw, (list, tuple)) or not all(isinstance(row, (Mapping, Row)) for row in raw):
            raise Unfit(say("需要行的列表", "a list of rows is needed here"))
        if len(raw) > MOST:
            raise Unfit(say("最多 {most} 行", "{most} rows at most", most=MOST))
        return tuple(dict(row) if isinstance(row, Mapping) else row for row in raw)

    def format(self, value: Any, language: str) -> str:
        """How many there are."""
        count = len(value.items if isinstance(value, Rows) else value or ())
        one_or_more = "{count} line" if count == 1 else "{count} lines"
        return say("{count} 行", one_or_more, count=count).to(language) if count else ""

    def to_json(self, value: Any) -> list[Any] | None:
        """Mappings as they are: whoever presents the record turns rows into them, field by field."""
        if value is None:
            return None
        return [dict(row) for row in value if isinstance(row, Mapping)]

    def to_input(self, value: Any) -> str:
        return ""
