"""`allocate`: spread an amount over rows. Reads and saves nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression, Source


@dataclass(frozen=True, slots=True)
class Plan:
    """How an amount is spread over the rows of `over` (the takers), in their order: each up to its `limit`, or in
    proportion to its `share`; for every row of `each` anew, which is `this` then.

    What comes of it, `part` being what a taker gets: `set` fields of the taker (of `this` where takers are no
    records), or a new line of the acting record with `row` in its lines `add`, or `this`, a line, becomes several
    (`split`). `rest` says what is done with what nobody takes: leave, refuse."""

    amount: Expression
    over: Source
    each: Source | None = None
    limit: Expression | None = None
    share: Expression | None = None
    set: Mapping[str, Literal | Expression] = field(default_factory=dict)
    add: str = ""
    row: Mapping[str, Literal | Expression] = field(default_factory=dict)
    split: Mapping[str, Literal | Expression] = field(default_factory=dict)
    rest: str = "leave"


@dataclass(frozen=True, kw_only=True)
class Allocate(Step):
    """Spreads an amount over rows: each up to a limit in their order, or in proportion; nothing is given twice."""

    kind: ClassVar[str] = "allocate"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "allocate": {"slot": "<allocate>", "attribute": "plan", "description": "what is spread, and over which rows"},
    }
    needs: ClassVar[tuple[str, ...]] = ("allocate",)

    plan: Plan
