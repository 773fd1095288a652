"""Decisions: rules that expressions call by name; what they are, not how they are evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import Location
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field
from engine.texts import Text, say

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression
    from engine.expressions.scope import Frame
    from engine.expressions.values import Value


@dataclass(frozen=True, slots=True)
class Decision:
    """A function of its inputs. `gives` is the one result, or `results` are several by name; `formula` computes it over
    the inputs, which are bare names (aliases of the frame). None: declared in a form that is not active yet."""

    name: str
    label: Text
    inputs: Mapping[str, Field]
    gives: Field | None = None
    results: Mapping[str, Field] = field(default_factory=dict)
    formula: Expression | None = None
    location: Location = Location("")

    def decide(self, frame: Frame) -> Value | Mapping[str, Value]:
        """The answer; the inputs are names of the frame."""
        if self.formula is None:
            return ErrorValue(
                "#N/A", say(zh="决策 {name} 尚未启用", en="the decision {name} is not active yet", name=self.label)
            )
        return self.formula.value(frame)
