"""`wait`: let the rest of an automation come later. Waits for nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Wait(Step):
    """The steps after it are taken so long after it, or at its moment, in a transaction of their own, as they were
    declared when the automation began. Stands among the steps of an automation only."""

    kind: ClassVar[str] = "wait"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "wait": {"type": "string", "slot": "D|E", "attribute": "until", "description": "so long, or until this moment"},
    }
    needs: ClassVar[tuple[str, ...]] = ("wait",)

    until: Expression
