"""`if`: some steps or others. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class If(Step):
    """Runs `then` where `test` holds, else `otherwise`. (The module cannot be called `if`.)"""

    kind: ClassVar[str] = "if"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "if": {"type": "string", "slot": "E", "attribute": "test", "description": "the condition"},
        "then": {"type": "array", "slot": "steps", "description": "the steps where it holds"},
        "else": {
            "type": "array", "slot": "steps", "attribute": "otherwise",
            "description": "the steps where it does not hold",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("if", "then")

    test: Expression
    then: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()
