"""Finds the known name that somebody probably meant. Knows nothing of what the names stand for."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

COMPARED = 30  # names compared letter by letter: that is slow, and slips come in hundreds


def closest(word: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` of the `known` names nearest to `word`, best first; case does not count."""
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(name.casefold(), name)
    return tuple(names[match] for match in _close(word.casefold(), tuple(names), limit))


@lru_cache(maxsize=512)                        # an expression may be checked more than once
def _close(word: str, names: tuple[str, ...], limit: int) -> list[str]:
    return get_close_matches(word, _likely(word, names), n=limit, cutoff=0.6)


def _likely(word: str, names: Sequence[str]) -> Sequence[str]:
    """Of very many names those that share the most pairs of letters with the word."""
    if len(names) <= COMPARED:
        return names
    pairs = _pairs(word)
    return heapq.nlargest(COMPARED, names, key=lambda name: 2 * len(pairs & _pairs(name)) - len(_pairs(name)))


@lru_cache(maxsize=8192)
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
