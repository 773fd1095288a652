"""`notify`: tell people something. Delivers nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression
    from engine.expressions.templates import Template


class Whom(Protocol):
    """People as a definition names them; `Who` of the definitions has this shape."""

    @property
    def roles(self) -> tuple[str, ...]: ...

    @property
    def people(self) -> tuple[Expression, ...]: ...

    @property
    def words(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Notify(Step):
    """Sends `say` to the in-app inbox of everybody in `to`; rendered with each reader's own rights."""

    kind: ClassVar[str] = "notify"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "notify": {"slot": "W", "attribute": "to", "description": "who is told, in the inbox"},
        "say": {
            "type": ["string", "object"], "slot": "T",
            "description": "the message; each reader sees only what they may see",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("notify", "say")

    to: Whom
    say: Template
