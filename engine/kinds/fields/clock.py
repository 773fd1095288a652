"""`clock`: a stopwatch that runs while a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import DURATION, Type
from engine.kinds.fields.waiting import Waiting

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Clock(Waiting):
    """The time that it ran. Declared and typed; it holds nothing yet."""

    kind: ClassVar[str] = "clock"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "runs": {"type": "string", "slot": "E", "description": "the clock runs while this holds"},
        "limit": {"type": "string", "slot": "duration", "description": "when the clock is over: 8 working hours"},
        "calendar": {"type": "string", "slot": "P", "description": "whose working time counts"},
    }

    runs: Expression | None = None
    limit: Expression | None = None
    calendar: str = ""

    @property
    def type(self) -> Type:
        return DURATION
