"""`refuse`: stop the command with a message. Raises nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.templates import Template


@dataclass(frozen=True, kw_only=True)
class Refuse(Step):
    """Refuses the whole command; nothing of it is written."""

    kind: ClassVar[str] = "refuse"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "refuse": {
            "type": ["string", "object"], "slot": "T", "attribute": "say",
            "description": "the message with which the whole command is refused; nothing of it is written",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("refuse",)

    say: Template
