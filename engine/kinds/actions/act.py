"""`act`: take an action of this record or of another. Moves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Act(Step):
    """Takes `action` of the record that `of` gives (None = this record), with `values` for what it asks."""

    kind: ClassVar[str] = "act"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "act": {"type": "string", "slot": "N", "attribute": "action", "description": "the action"},
        "of": {"type": "string", "slot": "E", "description": "the record; this one without it"},
        "with": {
            "type": "object", "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "the values for what the action asks",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("act",)

    action: str
    of: Expression | None = None
    values: Mapping[str, Literal | Expression] = field(default_factory=dict)
