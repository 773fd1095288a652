"""`language`: a language of the world by its ISO 639 code. Translates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from engine.kinds.fields.choice import Choice, Option
from engine.kinds.fields.locales import locale_of
from engine.texts import say


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Option]:
    """The languages with a code of two letters, named in both languages."""
    zh, en = _names("zh"), _names("en")
    codes = sorted(code for code in en if len(code) == 2)
    return MappingProxyType({code: Option(say(zh.get(code, en[code]), en[code])) for code in codes})


def _names(language: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in locale_of(language).languages.items()}


@dataclass(frozen=True, kw_only=True)
class Language(Choice):
    """`zh`, `en`; its name in any of the engine's languages is read too."""

    kind: ClassVar[str] = "language"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    options: Mapping[str, Option] = field(default_factory=languages)
