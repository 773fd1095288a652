"""`phone`: one telephone number. Knows no country's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say

NUMBER = re.compile(r"\+?[0-9(][0-9 ().\-/]*(?: ?(?:ext\.?|x|转|#) ?[0-9]+)?")
DIGITS = range(3, 21)


@dataclass(frozen=True, kw_only=True)
class Phone(PlainText):
    """Digits with the marks that people put between them, kept as written: `+86 571 8888-1234`."""

    kind: ClassVar[str] = "phone"
    compared: ClassVar[bool] = True
    widget: ClassVar[str] = "phone"
    options_schema: ClassVar[Mapping[str, Any]] = {}
    longest: ClassVar[int] = 40

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is None:
            return
        if not NUMBER.fullmatch(value) or sum(mark.isdigit() for mark in value) not in DIGITS:
            raise Unfit(say("电话请写作 +86 571 8888 1234", "write the number as +86 571 8888 1234"))
