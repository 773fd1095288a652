"""What the quick way (Ctrl+K) finds: places of the menu, what can be begun, recent work, records. Knows no request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import homes, lists, menus
from engine.runtime.web.present.menus import Entry
from engine.texts import Text, say

MOST_PLACES = 8
MOST_CREATES = 6
MOST_GROUPS = 5                                # of records, by object
PLACES = say(zh="前往", en="Go to")
CREATES = say(zh="新建", en="New")
RECENT = say(zh="最近处理", en="Recent")


@dataclass(frozen=True, slots=True)
class Hit:
    label: str
    url: str
    icon: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Heap:
    """Hits under a title."""

    title: str
    hits: Sequence[Hit]


def found(tx: Tx, words: str) -> list[Heap]:
    """What fits the words, nearest to hand first; without words what one is likely to want."""
    language = tx.actor.language
    heaps = [
        _heap(PLACES, language, _places(tx, words) if words else ()),
        _heap(RECENT, language, () if words else _recent(tx)),
        _heap(CREATES, language, _creates(tx, words)),
    ]
    groups = lists.everywhere(tx, words)[:MOST_GROUPS] if words else []
    heaps += [Heap(g.plural, [Hit(title, url, g.icon or "file") for title, url in g.items]) for g in groups]
    return [heap for heap in heaps if heap.hits]


def _heap(title: Text, language: str, hits: Iterable[Hit]) -> Heap:
    return Heap(title.to(language), list(hits))


def _places(tx: Tx, words: str) -> list[Hit]:
    entries = _leaves(menus.menu(tx, ""), "")
    fit = [(entry, group) for entry, group in entries if fits(entry.label, words)]
    return [Hit(entry.label, entry.url, entry.icon or "arrow-right", group) for entry, group in fit[:MOST_PLACES]]


def _leaves(entries: Iterable[Entry], group: str) -> Iterator[tuple[Entry, str]]:
    """The entries that lead somewhere, with the name of their group."""
    for entry in entries:
        if entry.items:
            yield from _leaves(entry.items, entry.label)
        else:
            yield entry, group


def _creates(tx: Tx, words: str) -> list[Hit]:
    made = [Hit(one["label"], one["url"], one["icon"] or "plus") for one in homes.creates(tx)]
    return [hit for hit in made if fits(hit.label, words)][:MOST_CREATES]


def _recent(tx: Tx) -> list[Hit]:
    return [Hit(one.title, one.url, one.icon or "file", one.label) for one in homes.recent(tx, Session(tx))]


def fits(label: str, words: str) -> bool:
    """Whether a label has every word, capitals alike."""
    low = label.casefold()
    return all(word in low for word in words.casefold().split())
