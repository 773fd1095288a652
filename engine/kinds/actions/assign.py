"""`assign`: pick one person among several for a field. Picks nobody itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Whom


@dataclass(frozen=True, kw_only=True)
class Assign(Step):
    """Puts one of the people in `among` into the user field `field`: in turn (`rotate`), or
    whoever has the `fewest` open ones."""

    kind: ClassVar[str] = "assign"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "assign": {
            "type": "string", "slot": "R", "attribute": "field",
            "description": "the user field that gets one of them",
        },
        "among": {"slot": "W", "description": "the people of whom one is picked"},
        "pick": {
            "enum": ["rotate", "fewest"],
            "description": "in turn (`rotate`), or whoever has the fewest open ones (`fewest`); `rotate` unless said",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("assign", "among")

    field: str
    among: Whom
    pick: str = "rotate"
