"""`start`: start a flow over a record. Starts nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Start(Step):
    """Starts a flow over a record, at the end of the command. One that runs already over it refuses the command."""

    kind: ClassVar[str] = "start"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "start": {"type": "string", "slot": "N:flow", "attribute": "flow", "description": "the flow"},
        "of": {"type": "string", "slot": "E:record", "description": "over this record; this one without it"},
    }
    needs: ClassVar[tuple[str, ...]] = ("start",)

    flow: str
    of: Expression | None = None
