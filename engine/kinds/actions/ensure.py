"""`ensure`: the record with this key exists afterwards. Saves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Ensure(Step):
    """Creates the record with `key` and `values` unless one with this key is there; an existing one is left as it is.
    `called` names it, new or old, for later steps."""

    kind: ClassVar[str] = "ensure"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "ensure": {
            "type": "string", "slot": "N:object", "attribute": "object",
            "description": "the object of the record that exists afterwards",
        },
        "key": {
            "type": "object", "minProperties": 1, "additionalProperties": {"slot": "V"},
            "description": "the values that tell it from others",
        },
        "with": {
            "type": "object", "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "further values of a new one; a record that is there stays as it is",
        },
        "called": {"type": "string", "slot": "N", "description": "its name in the steps that follow"},
    }
    needs: ClassVar[tuple[str, ...]] = ("ensure", "key")

    object: str
    key: Mapping[str, Literal | Expression]
    values: Mapping[str, Literal | Expression] = field(default_factory=dict)
    called: str = ""
