"""What a record can be found by: one folded text, filled from the fields that are searched; and its terms, by which an
index finds the records that may hold the words of a search.

The text is `|code|name|` + a line break + `|other|other|`: what a record is called first (its head), then the rest. The
terms are every two following characters of Chinese (Japanese, Korean) writing and every three of other words and
numbers, so that whatever part of a text somebody types has terms of its own; shorter parts are beginnings of terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.definitions.objects import Object
from engine.expressions.values import ErrorValue, Ref, Value

LONGEST = 4000                                 # characters of a text
LONGEST_HEAD = 40                              # of a term that stands for a whole code or name
MOST_WORDS = 8
MOST_KNOWN = 2000
FOLD = "formwork_fold"                         # `fold` as a function of SQLite
MOST_TERMS = 6                                 # that are asked of the index at once: few tell as much as many
HEAD_END = "\n"
EDGE = "|"                                     # stands around each value of a text
IDEOGRAPHS = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
RUN = re.compile(rf"([{IDEOGRAPHS}]+)|[^\W_{IDEOGRAPHS}]+")
# Written in several ways by the same people: signs of multiplication, dashes; and what has a meaning in the text.
ALIKE = str.maketrans({**dict.fromkeys("×✕✖╳*", "x"), **dict.fromkeys("‐‑‒–—―−", "-"), EDGE: " "})

_known: dict[int, tuple[Object, tuple[tuple[str, ...], tuple[str, ...]]]] = {}      # by identity


def fold(text: str) -> str:
    """The text as it is compared: wide and narrow, large and small letters are the same, white space is one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().translate(ALIKE).split())


def register(connection: Any) -> None:
    """Teach a connection of SQLite to fold texts."""
    connection.create_function(FOLD, 1, lambda text: None if text is None else fold(str(text)), deterministic=True)


def heads(obj: Object) -> tuple[str, ...]:
    """What a record is called: its keys, its number, the texts of its title, what similar ones are found by."""
    return _fields(obj)[0]


def searched(obj: Object) -> tuple[str, ...]:
    """The fields that are searched: what a record is called, and those marked."""
    called, others = _fields(obj)
    return (*called, *others)


def _fields(obj: Object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a record is called, and what else is searched; found out once per object."""
    known = _known.get(id(obj))
    if known is not None and known[0] is obj:
        return known[1]
    titled = {path[0] for path in obj.title.reads} if obj.title is not None else set()
    stored = [f for f in obj.fields.values() if f.stored]
    called = tuple(
        f.name for f in stored
        if f.kind == "autonumber" or f.name in obj.key or f.similar or (f.name in titled and f.kind == "text")
    )
    found = called, tuple(f.name for f in stored if f.search and f.name not in called)
    if len(_known) > MOST_KNOWN:
        _known.clear()
    _known[id(obj)] = obj, found
    return found


def search_text(
    obj: Object, values: Mapping[str, Value], lines: Sequence[tuple[Object, Mapping[str, Value]]] = ()
) -> str:
    """The text by which the record is found, its lines included."""
    head, rest = _fields(obj)
    called = dict.fromkeys(_texts(obj, values, head))
    others = dict.fromkeys(_texts(obj, values, rest))
    for part, given in lines:
        others |= dict.fromkeys(_texts(part, given, searched(part)))
    further = [text for text in others if text not in called]
    if not called and not further:
        return ""
    text = EDGE.join(("", *called, ""))[:LONGEST] + HEAD_END + EDGE.join(("", *further, ""))
    return text[:LONGEST]


def _texts(obj: Object, values: Mapping[str, Value], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = values.get(name)
        if value is not None and not isinstance(value, (Ref, ErrorValue)):
            text = fold(obj.fields[name].searched(value))
            if text:
                yield text


def parts(obj: Object, lines: Sequence[Object] = ()) -> frozenset[str]:
    """The fields that are in the record's search text, those of lines as `lines.note`."""
    inner = (f"{part.owner_field}.{name}" for part in lines for name in searched(part))
    return frozenset((*searched(obj), *inner))


def terms(text: str) -> list[str]:
    """The terms of a record's text; a whole code or name is one more, behind `_`."""
    found: dict[str, None] = {}
    for run in RUN.finditer(text):
        word, size = run.group(), 2 if run.group(1) else 3
        for start in range(len(word)):
            found[word[start : start + size]] = None
    for value in text.partition(HEAD_END)[0].split(EDGE):
        whole = _whole(value)
        if whole:
            found["_" + whole[:LONGEST_HEAD]] = None
    return list(found)


def _whole(value: str) -> str:
    """The letters and digits of a value."""
    return "".join(run.group() for run in RUN.finditer(value))


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: the phrase, its words (every one must be in the text), and terms for the index, each
    with whether it is but the beginning of one."""

    phrase: str
    words: tuple[str, ...]
    terms: tuple[tuple[str, bool], ...]

    @property
    def called(self) -> tuple[tuple[str, bool], ...]:
        """The term of records that are called so, or so to begin with."""
        whole = _whole(self.phrase)[:LONGEST_HEAD]
        return (("_" + whole, True),) if whole else ()


@lru_cache(maxsize=1000)
def sought(search: str) -> Sought:
    """What the words in a search box look for."""
    phrase = fold(search)
    words = tuple(phrase.split()[:MOST_WORDS])
    return Sought(" ".join(words), words, _asked(words))


def _asked(words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Terms that records with these words have: of Chinese first, then of the ends of words (numbers differ there)."""
    written: list[tuple[str, bool]] = []
    others: list[tuple[str, bool]] = []
    short: list[tuple[str, bool]] = []
    for word in words:
        for run in RUN.finditer(word):
            text, size = run.group(), 2 if run.group(1) else 3
            if len(text) < size:
                short.append((text, True))
                continue
            found = [(text[at : at + size], False) for at in range(len(text) - size, -1, -(size - 1))]
            (written if run.group(1) else others).extend(found)
    others.sort(key=lambda term: not term[0][-1].isdigit())
    best = list(dict.fromkeys([*written, *others]))[:MOST_TERMS]
    return tuple(best or short)
