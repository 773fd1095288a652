"""`update`: change a record, or each of several. Saves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Update(Step):
    """Sets `values` in the record (or each of the rows) that `of` gives."""

    kind: ClassVar[str] = "update"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "update": {
            "type": "string", "slot": "E", "attribute": "of",
            "description": "the record, or each of several rows",
        },
        "with": {
            "type": "object", "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "the values of its fields; bare names are those of the acting record",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("update", "with")

    of: Expression
    values: Mapping[str, Literal | Expression] = field(default_factory=dict)
