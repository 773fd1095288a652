"""What people type in comments as safe HTML: a small part of Markdown, and people who are named. Knows no comment.

Everything is escaped before anything is marked up, and what comes out goes through the cleaner of rich texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from markupsafe import Markup, escape

from engine.kinds.fields.rich_text import clean
from engine.runtime.services.discussions import mentions

FENCE = re.compile(r"^```[^\n]*\n(.*?)(?:^```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
ITEM = re.compile(r"\s{0,3}(?:[-*+]|(\d{1,3})[.)])\s+(.*)")
QUOTE = re.compile(r"\s{0,3}>\s?(.*)")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(((?:https?://|mailto:)[^\s()<>\"']{1,1000})\)")
ADDRESS = re.compile(r"(?<![\w/])https?://[^\s<>\"'）】」，。；]{1,1000}[^\s<>\"'.,;:!?)\]）】」，。；]")
STRONG = re.compile(r"\*\*(?=\S)((?:[^\n*]|\*(?!\*))+?)(?<=\S)\*\*")     # to the next pair, so that it is linear
SOFT = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")


def html(text: str, names: Mapping[str, str] | None = None) -> Markup:
    """The text as HTML: paragraphs, lists, quotes, code, emphasis, links; `names` are people by login."""
    pieces, at = [], 0
    for fence in FENCE.finditer(text):
        code = f"<pre><code>{escape(fence[1].rstrip())}</code></pre>"
        pieces += [_blocks(text[at : fence.start()], names or {}), code]
        at = fence.end()
    pieces.append(_blocks(text[at:], names or {}))
    return Markup(clean("".join(pieces)))


def _blocks(text: str, names: Mapping[str, str]) -> str:
    return "".join(_block(part, names) for part in re.split(r"\n\s*\n", text) if part.strip())


def _block(part: str, names: Mapping[str, str]) -> str:
    """A paragraph, in which lines may be items of a list or of a quote."""
    made = []
    for kind, lines in groupby(part.strip("\n").split("\n"), _kind):
        inner = [_inline(line, names) for line in _bodies(kind, lines)]
        if kind in ("ul", "ol"):
            made.append(f"<{kind}>{''.join(f'<li>{one}</li>' for one in inner)}</{kind}>")
        else:
            body = "<br>".join(inner)
            made.append(f"<blockquote>{body}</blockquote>" if kind == "quote" else f"<p>{body}</p>")
    return "".join(made)


def _kind(line: str) -> str:
    item = ITEM.fullmatch(line)
    if item is not None:
        return "ol" if item[1] else "ul"
    return "quote" if QUOTE.fullmatch(line) else "text"


def _bodies(kind: str, lines: Iterator[str]) -> Iterator[str]:
    pattern = {"ul": ITEM, "ol": ITEM, "quote": QUOTE}.get(kind)
    for line in lines:
        match = pattern.fullmatch(line) if pattern is not None else None
        yield line if match is None else match[match.re.groups]


def _inline(line: str, names: Mapping[str, str]) -> str:
    """Code is taken as it stands, links with their words; what is left may be emphasised and name people."""
    return _around(CODE, line, lambda m: f"<code>{escape(m[1])}</code>", lambda rest: _linked(rest, names))


def _linked(text: str, names: Mapping[str, str]) -> str:
    def bare(rest: str) -> str:
        return _around(ADDRESS, rest, lambda m: _link(m[0], m[0]), lambda words: _words(words, names))

    return _around(LINK, text, lambda m: _link(m[2], m[1]), bare)


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _words(text: str, names: Mapping[str, str]) -> str:
    pieces, at = [], 0
    for start, end, login in mentions(text, names):
        pieces += [_emphasised(text[at:start]), f"<strong>@{escape(names[login])}</strong>"]
        at = end
    return "".join([*pieces, _emphasised(text[at:])])


def _emphasised(text: str) -> str:
    bold = STRONG.sub(r"<strong>\1</strong>", str(escape(text)))
    return SOFT.sub(r"<em>\1</em>", bold)


def _around(
    pattern: re.Pattern[str], text: str, inside: Callable[[re.Match[str]], str], outside: Callable[[str], str]
) -> str:
    """A text in pieces: those that the pattern finds made by one function, those between them by the other."""
    pieces, at = [], 0
    for match in pattern.finditer(text):
        pieces += [outside(text[at : match.start()]), inside(match)]
        at = match.end()
    return "".join([*pieces, outside(text[at:])])
