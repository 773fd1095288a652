"""`long_text`: several lines of plain text. Knows no markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.text import PlainText, read_text

BREAK = re.compile(r"\r\n|\r|\u2028|\u2029")


@dataclass(frozen=True, kw_only=True)
class LongText(PlainText):
    """Text of up to 60,000 characters; every line break is kept as one newline."""

    kind: ClassVar[str] = "long_text"
    widget: ClassVar[str] = "textarea"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {}
    longest: ClassVar[int] = 60_000

    def parse(self, raw: object) -> str | None:
        text = read_text(raw)
        return None if text is None else BREAK.sub("\n", text)
