"""`run`: have an automation run. Runs nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.actions.base import Step


@dataclass(frozen=True, kw_only=True)
class RunAutomation(Step):
    """Runs an automation after the commit, for the record at hand, if its `when` holds then; one that goes by the clock
    as if its time had come."""

    kind: ClassVar[str] = "run"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "run": {"type": "string", "slot": "N:automation", "attribute": "automation", "description": "the automation"},
    }
    needs: ClassVar[tuple[str, ...]] = ("run",)

    automation: str
