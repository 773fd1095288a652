"""`mail`: write a letter to people or addresses. Sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Whom

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression
    from engine.expressions.templates import Template


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `to` names people, and texts that are addresses; `document` is a print form of `of` (None: of the
    record at hand), as PDF or else as a link; `attach` a field of files; `link` a form or page for people without an
    account (`quote_answer.reply`); `thread` what the conversation is about."""

    to: Whom
    document: str = ""
    of: Expression | None = None
    attach: str = ""
    pdf: bool = True
    link: str = ""
    thread: Expression | None = None
    subject: Template | None = None
    text: Template | None = None


@dataclass(frozen=True, kw_only=True)
class Mail(Step):
    """Writes a letter that leaves after the commit and is tried again; the record's page tells what became of it."""

    kind: ClassVar[str] = "mail"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "mail": {"slot": "<mail>", "attribute": "letter", "description": "who gets it, and what is in it"},
    }
    needs: ClassVar[tuple[str, ...]] = ("mail",)

    letter: Message
