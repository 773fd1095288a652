"""How wide texts are, about, and what of them fits into a box. Knows no font: Chinese characters are square."""

from __future__ import annotations

import unicodedata

EM = 13                                        # size of text, in pixels


def width_of(text: str, size: float = EM) -> float:
    """About how wide a text is, in pixels: Chinese characters are square, others narrower."""
    return sum(size if unicodedata.east_asian_width(char) in "WF" else size * 0.56 for char in text)


def fitted(text: str, width: float, most: int, size: float = EM) -> list[str]:
    """A text in at most so many lines of a width; what does not fit ends in an ellipsis. Words are kept whole."""
    lines = [""]
    for word in _words(text):
        if width_of(lines[-1] + word.rstrip(), size) <= width or not lines[-1]:
            lines[-1] += word
        else:
            lines.append(word)
    cut = [line.strip() for line in lines]
    kept, rest = cut[:most], cut[most:]
    if rest or any(width_of(line, size) > width for line in kept):
        last = kept[-1] + ("…" if rest else "")
        while len(last) > 1 and width_of(last.rstrip("…") + "…", size) > width:
            last = last.rstrip("…")[:-1].rstrip() + "…"
        kept[-1] = last
    return kept


def _words(text: str) -> list[str]:
    """Where a line may be broken: after blanks, and beside Chinese characters."""
    found = [""]
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        if found[-1] and (wide or found[-1][-1] == " " or unicodedata.east_asian_width(found[-1][-1]) in "WF"):
            found.append(char)
        else:
            found[-1] += char
    return found
