"""Texts that people read: one value per language with holes to fill. Knows no web, no storage, no definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FALLBACK = "en"
NO_HOLES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Text:
    """A text in several languages.

    `forms` maps a language code to a text that may hold `{name}` holes; `holes` gives their values, which may be
    `Text` themselves. Rendered at the edge by `to(language)`; the first form serves a language that has none.
    """

    forms: Mapping[str, str]
    holes: Mapping[str, object] = field(default_factory=lambda: NO_HOLES)   # a proxy is unhashable before Python 3.12

    def to(self, language: str) -> str:
        """The text in `language`, else in English, else in the first language given."""
        form = self.forms.get(language) or self.forms.get(FALLBACK) or next(iter(self.forms.values()), "")
        for name, value in self.holes.items():
            shown = value.to(language) if isinstance(value, Text) else str(value)
            form = form.replace("{" + name + "}", shown)
        return form

    def spoken(self) -> dict[str, str]:
        """The text in each of its languages, holes filled: what is kept and said later."""
        return {language: self.to(language) for language in self.forms}

    def filled(self, **holes: object) -> Text:
        """The same text with these holes filled: a message that is written once and said of many things."""
        return Text(self.forms, {**self.holes, **holes})

    def __str__(self) -> str:
        return self.to(FALLBACK)

    def __bool__(self) -> bool:
        return any(self.forms.values())


def say(zh: str, en: str, **holes: object) -> Text:
    """A message of the engine itself, in the two languages that it speaks."""
    return Text({"zh": zh, "en": en}, holes)


def listed(parts: Iterable[str], language: str) -> str:
    """Names one after the other, as a language separates them."""
    return ("、" if language.startswith("zh") else ", ").join(parts)


def within(text: Text) -> Text:
    """The text as it stands inside an English sentence: "Sales order" without its capital, "BOM" and "CRM lead" as they
    are; the other languages are not changed."""
    form = text.forms.get(FALLBACK, "")
    first = form.partition(" ")[0]
    if len(first) < 2 or first[1:] != first[1:].lower():
        return text
    return Text({**text.forms, FALLBACK: form[0].lower() + form[1:]}, text.holes)


def plain(text: str) -> Text:
    """A text that is the same in every language (a name, a code, user data)."""
    return Text({FALLBACK: text})
