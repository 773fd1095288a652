"""`signal`: tell the approval of a record that something has come for which it waits. Moves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Signal(Step):
    """Lets the approval go on that waits for `signal` (`wait: {signal: …}`) of the record that `of` gives (None = this
    record), after the commit. What comes before anything waits for it is kept, or lost as `early` says."""

    kind: ClassVar[str] = "signal"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "signal": {"type": "string", "slot": "N", "attribute": "name", "description": "the signal"},
        "of": {"type": "string", "slot": "E", "description": "the record; this one without it"},
        "early": {
            "enum": ["keep", "lose"],
            "description": "what becomes of it where no approval waits for it yet; it is kept unless said",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("signal",)

    name: str
    of: Expression | None = None
    early: str = "keep"
