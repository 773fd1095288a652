"""Finds the known name that somebody probably meant. Knows nothing of what the names stand for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` of the `known` names nearest to `word`, best first; case does not count."""
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(name.casefold(), name)
    return tuple(names[match] for match in get_close_matches(word.casefold(), names, n=limit, cutoff=0.6))


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
