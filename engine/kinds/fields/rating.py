"""`rating`: so many stars. Knows no scale but its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.choice import Option
from engine.kinds.fields.integer import Integer
from engine.texts import Text, plain, say

USUAL = 5
MOST = 10


@dataclass(frozen=True, kw_only=True)
class Rating(Integer):
    """A whole number from 1 to the literal `max` (5 unless said, 10 at most), shown as stars."""

    kind: ClassVar[str] = "rating"
    widget: ClassVar[str] = "select"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    @property
    def most(self) -> int:
        """How many stars there are; a `max` that is computed bounds the value, not the stars that are shown."""
        given = self.max.text.strip() if self.max is not None else ""
        if given.isascii() and given.isdigit():
            return min(max(int(given), 1), MOST)
        return USUAL if self.max is None else MOST

    def misfits(self) -> Iterator[tuple[str, Text]]:
        """As for every kind; a written `max` must be a number of stars."""
        yield from super().misfits()
        given = self.max.text.strip() if self.max is not None else ""
        if re.fullmatch(r"-?[\d.]+", given) and given not in {str(count) for count in range(1, MOST + 1)}:
            yield "max", say("评分最多 {most} 颗星", "a rating has 1 to {most} stars", most=MOST)

    @property
    def options(self) -> Mapping[str, Option]:
        """What a person chooses from."""
        return {str(count): Option(plain(self._stars(count))) for count in range(1, self.most + 1)}

    def _stars(self, count: int) -> str:
        return "★" * count + "☆" * (self.most - count)

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is not None and not 1 <= value <= self.most:
            raise Unfit(say("评分为 1 到 {most}", "a rating is a number from 1 to {most}", most=self.most))

    def format(self, value: Any, language: str) -> str:
        """Stars; a value that is no count of them (an average) as a number."""
        if value is None or value != int(value) or not 0 <= value <= self.most:
            return super().format(value, language)
        return self._stars(int(value))
