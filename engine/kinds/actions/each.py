"""`each`: the same steps for every row of a source. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Source

ACTING = "acting"                              # inside: the record whose steps these are


@dataclass(frozen=True, kw_only=True)
class Each(Step):
    """Runs `do` once per row of `source`, in its order; the row is called `alias` and stands as the row at hand;
    the record whose steps these are is `acting`."""

    kind: ClassVar[str] = "each"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "each": {
            "type": "string", "slot": "S", "attribute": "source",
            "description": "the rows, in their order; `lines as l` names the row, which is also `this` inside; "
            "the record whose steps these are is `acting` there",
        },
        "do": {"type": "array", "minItems": 1, "slot": "steps", "description": "the steps that are taken once per row"},
    }
    needs: ClassVar[tuple[str, ...]] = ("each", "do")

    source: Source
    alias: str = ""
    do: tuple[Step, ...] = ()
