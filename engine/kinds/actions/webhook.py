"""`webhook`: tell another system something. Sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.kinds.actions.base import Step


@dataclass(frozen=True, kw_only=True)
class Webhook(Step):
    """Calls another system after the commit, signed and tried again; the site's settings say where it goes."""

    kind: ClassVar[str] = "webhook"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "webhook": {
            "type": "string", "slot": "N", "attribute": "hook",
            "description": "the name of the webhook, as the settings of the site have it",
        },
        "with": {
            "type": "object", "additionalProperties": {"slot": "V"}, "attribute": "values",
            "description": "what it is told: names of your own and their values; lists and maps are fine",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("webhook",)

    hook: str
    values: Mapping[str, Any] = field(default_factory=dict)  # name → data or Expression, also inside of lists and maps
