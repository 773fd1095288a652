"""`choice`: one of the codes that the definition lists. Knows no other list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.types import Type, choice_of
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.text import read_text
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

LONGEST_CODE = 63
NAMED = 8
COLORS = ("gray", "blue", "azure", "indigo", "purple", "pink", "red", "orange", "amber", "yellow", "lime",
          "green", "teal", "cyan")
OPTIONS_SCHEMA: Mapping[str, Any] = {
    "options": {
        "type": "object", "minProperties": 1,
        "propertyNames": {"maxLength": LONGEST_CODE},
        "additionalProperties": {"type": ["string", "object"], "slot": "L+color"},
        "description": "code: label, or code: {zh: …, en: …, color: …}; in the order in which they are offered",
    },
}


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its label and, if given, the name of its color."""

    label: Text
    color: str = ""
    was: str = ""                              # its former code


def read_code(raw: object, options: Mapping[str, Option]) -> str:
    """The code of one option; its label in any language serves too. Raises `Unfit` naming what there is."""
    text = read_text(raw) or ""
    if text in options:
        return text
    named = [code for code, option in options.items() if text and text in option.label.forms.values()]
    if len(named) == 1:
        return named[0]
    raise no_option(text, options)


def no_option(text: str, options: Mapping[str, Option]) -> Unfit:
    """That a text is none of the codes, naming what there is."""
    known = ", ".join(list(options)[:NAMED]) + (" …" if len(options) > NAMED else "")
    return Unfit(say("“{text}” 不在选项中，可选：{known}", "“{text}” is none of the options; there are: {known}",
                    text=text, known=known))


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One code out of `options`."""

    kind: ClassVar[str] = "choice"
    widget: ClassVar[str] = "select"
    operators: ClassVar[tuple[str, ...]] = ("in", "not in", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = OPTIONS_SCHEMA

    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def type(self) -> Type:
        return choice_of(*self.options)

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column, String

        return (Column(self.name, String(LONGEST_CODE)),)

    def parse(self, raw: object) -> str | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return read_code(raw, self.options)

    def check_value(self, value: Any) -> None:
        if value is not None and value not in self.options:  # a step may compute a code
            raise no_option(str(value), self.options)

    def format(self, value: Any, language: str) -> str:
        """The option's label; the code itself where a later version of the app no longer has it."""
        if value is None:
            return ""
        return self.options[value].label.to(language) if value in self.options else str(value)
