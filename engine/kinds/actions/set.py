"""`set`: fields of this record, of its lines, or of what those link to. Saves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Set(Step):
    """Target path → value. `closed_on` is a field of this record; `lines.reserve` sets every line; and
    `lines.request.bought` sets the record behind each line's link. Within lines the value is evaluated per line."""

    kind: ClassVar[str] = "set"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "set": {
            "type": "object", "minProperties": 1, "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "field: value; `lines.qty` sets every line, `lines.order.sent` what each line links to",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("set",)

    values: Mapping[str, Literal | Expression]
