"""`rich_text`: text with headings, lists, links and emphasis. Shows no page."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import nh3

from engine.kinds.fields.long_text import LongText

TAGS = {
    "p", "br", "b", "strong", "i", "em", "u", "s", "sub", "sup", "code", "pre", "blockquote", "hr",
    "h2", "h3", "h4", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td",
}
ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
REL = "noopener noreferrer nofollow"
SCHEMES = {"http", "https", "mailto", "tel"}
MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")
ENDS = re.compile(r"<(?:br|hr)\b[^>]*>|</(?:p|h2|h3|h4|li|tr|pre|blockquote)>")


def clean(text: str) -> str:
    """The text with nothing left that runs, loads or lays out: an allow-list of tags, links to the web, mail, phone."""
    return nh3.clean(text, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=REL)


@dataclass(frozen=True, kw_only=True)
class RichText(LongText):
    """HTML, cleaned when it comes in. A text without any tag becomes paragraphs, its breaks kept."""

    kind: ClassVar[str] = "rich_text"
    widget: ClassVar[str] = "rich_text"
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def parse(self, raw: object) -> str | None:
        text = super().parse(raw)
        if text is None:
            return None
        cleaned = clean(text if MARKUP.search(text) else _paragraphs(text)).strip()
        return cleaned if bare(cleaned) or "<hr" in cleaned else None

    def format(self, value: Any, language: str) -> str:
        """The words without the markup, for lists, titles and exports."""
        return "" if value is None else bare(value)

    def markup(self, value: Any) -> str:
        """Cleaned once more: the value may be older than the kind."""
        return "" if value is None else clean(value)

    def searched(self, value: Any) -> str:
        return bare(value)


def _paragraphs(text: str) -> str:
    parts = (part.strip("\n") for part in re.split(r"\n\s*\n", html.escape(html.unescape(text), quote=False)))
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in parts if part)


def bare(text: str) -> str:
    """The words of HTML, a line per paragraph."""
    plain = html.unescape(nh3.clean(ENDS.sub("\n", text), tags=set()))
    return re.sub(r"\n\s*\n", "\n", plain).strip()
