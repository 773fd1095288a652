"""`currency`: a currency of the world by its ISO 4217 code. Knows no rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from babel.core import get_global

from engine.kinds.fields.choice import Choice, Option
from engine.kinds.fields.locales import locale_of
from engine.suggest import did_you_mean
from engine.texts import say


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """The codes of the currencies that some territory uses today."""
    territories: Mapping[str, Any] = get_global("territory_currencies")
    return frozenset(code for used in territories.values() for code, _, end, tender in used if end is None and tender)


@lru_cache(maxsize=1)
def currencies() -> Mapping[str, Option]:
    """The currencies that some territory uses today, by code, named in both languages."""
    zh, en = locale_of("zh").currencies, locale_of("en").currencies
    named = {code: Option(say(f"{code} {zh.get(code, '')}".strip(), f"{code} {en.get(code, '')}".strip()))
             for code in sorted(codes())}
    return MappingProxyType(named)


# What people call currencies beside their codes and names, in small letters without points and blanks.
SPOKEN = {
    **dict.fromkeys(("sfr", "sfrs", "fr", "franken", "francs"), "CHF"),
    **dict.fromkeys(("rmb", "yuan", "renminbi", "元", "块"), "CNY"),
    **dict.fromkeys(("$", "us$", "usdollar", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("€", "euros", "eu"), "EUR"),
    **dict.fromkeys(("£", "stg", "pound", "pounds", "sterling"), "GBP"),
    **dict.fromkeys(("yen", "円", "日元"), "JPY"),
    **dict.fromkeys(("hk$", "hkdollar"), "HKD"),
    **dict.fromkeys(("nt$", "ntd", "nt"), "TWD"),
}


def currency_meant(text: str) -> str:
    """The way out for a text that is no code of a currency: the one that people call so, else the nearest."""
    spoken = SPOKEN.get("".join(letter for letter in text.lower() if letter not in " ."))
    return f"did you mean `{spoken}`?" if spoken else did_you_mean(text, codes())


@dataclass(frozen=True, kw_only=True)
class Currency(Choice):
    """`CNY`, `EUR`; its name in any of the engine's languages is read too."""

    kind: ClassVar[str] = "currency"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    options: Mapping[str, Option] = field(default_factory=currencies)

    def parse(self, raw: object) -> str | None:
        """Small letters are read as capitals, a name as the code before it."""
        if not isinstance(raw, str) or not raw.strip():
            return super().parse(raw)
        text = raw.strip()
        wanted = {label for o in self.options.values() for label in o.label.forms.values() if label[4:] == text}
        return super().parse(wanted.pop() if len(wanted) == 1 else text.upper() if len(text) == 3 else text)

    def meant(self, text: str) -> str:
        return currency_meant(text)
