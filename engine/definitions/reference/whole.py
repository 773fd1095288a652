"""All pages of the reference together, and the way to one topic. Knows no form of showing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from engine.definitions.reference import calls, faults, nouns
from engine.definitions.reference.leaves import Page, Topic, anchor_of


@lru_cache(maxsize=1)
def pages() -> Mapping[str, Page]:
    """Every page by its name, in the order of reading."""
    found = (nouns.overview(), *nouns.pages(), *calls.pages(), *faults.pages())
    return {page.name: page for page in found}


@lru_cache(maxsize=1)
def homes() -> Mapping[str, str]:
    """Every anchor → the page on which it stands."""
    return {topic.anchor: page.name for page in pages().values() for topic in page.topics}


def topics(word: str) -> list[tuple[Page, Topic]]:
    """What the reference says of a word: a code, a key (`object.unique` or `unique`), a kind, a function."""
    anchor = anchor_of(*word.strip().split("."))
    exact = {anchor, anchor_of("type", word), anchor_of("function", word)}
    every = [(page, topic) for page in pages().values() for topic in page.topics]
    found = [one for one in every if one[1].anchor in exact]
    return found or [one for one in every if one[1].title.lower() == word.lower()]
