"""What every step of an action is: a frozen instance of its options; how it runs is the service's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.errors import Location

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. Subclasses are the kinds; their module's name is the YAML word (`create`, `update`, `act` …)."""

    kind: ClassVar[str]
    options_schema: ClassVar[Mapping[str, Any]] = {}   # JSON Schema of its keys, the word itself first
    needs: ClassVar[tuple[str, ...]] = ()              # those that must be there

    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")

