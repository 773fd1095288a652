"""`create`: a new record of an object, or a new line of a record. Saves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from typing import Literal as PyLiteral

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal
from engine.kinds.fields.lines import Pull

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Create(Step):
    """A new record with `values`. `pull`: its lines come from this record (`"this"`, through the new object's own
    pull), or by a pull of the step's own. `copy`: the record whose fields and lines it starts with. `called` names it
    for later steps."""

    kind: ClassVar[str] = "create"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "create": {
            "type": "string", "slot": "N:rows", "attribute": "object",
            "description": "the object of the new record, or `record.lines` for a new line",
        },
        "with": {
            "type": "object", "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "the values of its fields; bare names are those of the acting record",
        },
        "called": {"type": "string", "slot": "N", "description": "its name in the steps that follow"},
        "pull": {
            "type": ["string", "object"], "slot": "pull",
            "description": "`this`: its lines come from this record, by the new object's pull; or a pull of its own",
        },
        "copy": {"type": "string", "slot": "E", "description": "the record whose fields and lines it starts with"},
    }
    needs: ClassVar[tuple[str, ...]] = ("create",)

    object: str
    values: Mapping[str, Literal | Expression] = field(default_factory=dict)
    called: str = ""
    pull: PyLiteral["this"] | Pull | None = None
    copy: Expression | None = None
