"""What kinds share whose run-time part is not built: they are declared, typed and checked, and hold nothing yet.

Not a kind itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.fields.base import Field, Unfit
from engine.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Column


@dataclass(frozen=True, kw_only=True)
class Waiting(Field):
    """A field without a column, always blank: every door refuses a value for it and says why."""

    widget: ClassVar[str] = "output"
    operators: ClassVar[tuple[str, ...]] = ()
    holds: ClassVar[bool] = False

    @property
    def computed(self) -> bool:
        """Nobody types it."""
        return True

    def columns(self) -> tuple[Column[Any], ...]:
        return ()

    def column_names(self) -> tuple[str, ...]:
        return ()

    def from_row(self, row: Any) -> None:
        return None

    def to_row(self, value: Any) -> dict[str, Any]:
        return {}

    def parse(self, raw: object) -> None:
        if raw is None or raw in ("", (), []) or (isinstance(raw, str) and not raw.strip()):
            return
        raise Unfit(say("“{kind}”字段尚不能填写", "a field of type {kind} cannot be filled yet", kind=self.kind))
