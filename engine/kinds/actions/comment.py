"""`comment`: say something in the discussion of a record. Writes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.templates import Template


@dataclass(frozen=True, kw_only=True)
class Comment(Step):
    """Writes `say` into the discussion of the record at hand, as the acting person; its followers are told."""

    kind: ClassVar[str] = "comment"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "comment": {
            "type": ["string", "object"], "slot": "T", "attribute": "say",
            "description": "what is said in the discussion of the record; `@login` mentions a person",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("comment",)

    say: Template
