"""Finds the known name that somebody probably meant. Knows nothing of what the names stand for."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

COMPARED = 30  # names compared letter by letter: that is slow, and slips come in hundreds


def closest(word: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` of the `known` names nearest to `word`, best first; case does not count."""
    index = _index(tuple(known))
    return tuple(index.spelled[match] for match in _close(word.casefold(), index, limit))


class _Index:
    """Names by their pairs of letters, so that a slip among thousands is compared with the likely ones only."""

    def __init__(self, known: Iterable[str]) -> None:
        self.spelled: dict[str, str] = {}      # in small letters → as it is written
        for name in known:
            self.spelled.setdefault(name.casefold(), name)
        self.names = tuple(self.spelled)
        self.sizes: list[int] = []
        self.having: dict[str, list[int]] = {}         # pair of letters → places of the names that have it
        for place, name in enumerate(self.names if len(self.names) > COMPARED else ()):
            pairs = _pairs(name)
            self.sizes.append(len(pairs))
            for pair in pairs:
                self.having.setdefault(pair, []).append(place)
        self.shortest = sorted(range(len(self.sizes)), key=self.sizes.__getitem__)

    def likely(self, word: str) -> Sequence[str]:
        """Of very many names those that share the most pairs of letters with the word."""
        if len(self.names) <= COMPARED:
            return self.names
        shared = Counter(place for pair in _pairs(word) for place in self.having.get(pair, ()))
        others = islice((place for place in self.shortest if place not in shared), COMPARED)
        best = heapq.nlargest(COMPARED, (*shared, *others), key=lambda at: (2 * shared[at] - self.sizes[at], -at))
        return [self.names[place] for place in best]


@lru_cache(maxsize=16)                         # hundreds of slips in one text are looked up among the same names
def _index(known: tuple[str, ...]) -> _Index:
    return _Index(known)


@lru_cache(maxsize=512)                        # an expression may be checked more than once
def _close(word: str, index: _Index, limit: int) -> list[str]:
    return get_close_matches(word, index.likely(word), n=limit, cutoff=0.6)


def _pairs(name: str) -> frozenset[str]:
    return frozenset(name[place : place + 2] for place in range(len(name) - 1))


def _in_spaces(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The names of namespaces (`crm.customer`) whose last part is near."""
    last: dict[str, list[str]] = {}
    for name in known:
        if "." in name:
            last.setdefault(name.rpartition(".")[2], []).append(name)
    return tuple(name for end in closest(word.rpartition(".")[2], last) for name in last[end])[:3]


def did_you_mean(word: str, known: Iterable[str], *, quote: str = "`") -> str:
    """`did you mean `a` or `b`?`, or, when nothing is near and the list is short, the list; else blank."""
    known = list(known)
    near = closest(word, known) or _in_spaces(word, known)
    if near:
        return "did you mean " + " or ".join(f"{quote}{name}{quote}" for name in near) + "?"
    if 0 < len(known) <= 8:
        return "there is " + ", ".join(f"{quote}{name}{quote}" for name in sorted(known))
    return ""
