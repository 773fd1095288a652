"""`text`: one line of text. Knows no markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.fields import patterns
from engine.kinds.fields.base import Field, Unfit
from engine.texts import Text, say

if TYPE_CHECKING:
    from sqlalchemy import Column

LONGEST = 1000
LONGEST_UNIQUE = 500                           # an index entry holds no more in every script
BREAKS = re.compile(r"[ \t]*(?:\r\n|\r|\n|\u2028|\u2029)[ \t]*")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_text(raw: object) -> str | None:
    """Text in its composed Unicode form, trimmed; blank is None; numbers as written. Raises `Unfit`."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise Unfit(say("需要文本", "a text is needed here"))
    text = raw if isinstance(raw, str) else str(raw)
    if FORBIDDEN.search(text):
        raise Unfit(say("含有不可见的控制字符，请删除", "it holds invisible control characters; take them out"))
    return unicodedata.normalize("NFC", text).strip() or None


@dataclass(frozen=True, kw_only=True)
class PlainText(Field):
    """What all kinds of plain text share: a text column, a longest length, text operators."""

    widget: ClassVar[str] = "text"
    operators: ClassVar[tuple[str, ...]] = ("contains", "=", "!=", "starts", "in", "is blank", "is not blank")
    longest: ClassVar[int] = LONGEST

    def columns(self) -> tuple[Column[Any], ...]:
        from sqlalchemy import Column
        from sqlalchemy import Text as TextColumn

        return (Column(self.name, TextColumn),)

    def parse(self, raw: object) -> str | None:
        """One line: line breaks become a space, as a browser's text control does it."""
        text = read_text(raw)
        return None if text is None else BREAKS.sub(" ", text)

    def check_value(self, value: Any) -> None:
        longest = min(self.longest, LONGEST_UNIQUE) if self.unique else self.longest
        if value is not None and len(value) > longest:
            raise Unfit(say("最多 {most} 个字，现在是 {count} 个", "{most} characters at most; these are {count}",
                            most=longest, count=len(value)))


@dataclass(frozen=True, kw_only=True)
class OneLine(PlainText):
    """`text`: bounded by lengths and a pattern (a regular expression that the whole text must match)."""

    kind: ClassVar[str] = "text"
    compared: ClassVar[bool] = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "min_length": {"type": "integer", "minimum": 0, "maximum": LONGEST},
        "max_length": {"type": "integer", "minimum": 1, "maximum": LONGEST},
        "pattern": {"type": "string", "maxLength": 200, "format": "regex", "description": "matches the whole text"},
    }

    min_length: int = 0
    max_length: int = LONGEST
    pattern: str = ""

    def misfits(self) -> Iterator[tuple[str, Text]]:
        if self.min_length > self.max_length:
            yield "max_length", say("小于 min_length", "no text is both that short and as long as `min_length`")
        try:
            patterns.compiled(self.pattern)
        except Unfit as wrong:
            yield "pattern", wrong.message

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is None:
            return
        if len(value) > self.max_length:
            raise Unfit(say("最多 {most} 个字", "{most} characters at most", most=self.max_length))
        if len(value) < self.min_length:
            raise Unfit(say("至少 {least} 个字", "{least} characters at least", least=self.min_length))
        if self.pattern and (len(value) > patterns.LONGEST or not patterns.compiled(self.pattern).fullmatch(value)):
            raise Unfit(self._wrong_form())

    def _wrong_form(self) -> Text:
        if self.placeholder is None:
            return say("格式不符", "it does not have the form asked for")
        return say("格式不符，例如 {sample}", "it does not have the form asked for, as in {sample}",
                   sample=self.placeholder)
