"""The address of a list, from which its links are made; tabs, heads and rows of tables. Knows names only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.runtime.web.present import addresses
from engine.runtime.web.present.values import Cell

TRAIL = 40                                     # pages back that an address remembers
MOST_SORTS = 4
PAGING = ("cursor", "trail", "open")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as the table macro takes it. `order`: its place among several by which the rows are sorted;
    `more_url`: the list sorted by it too; `width` in pixels, 0 = as wide as it comes; `lead`: it is
    part of the record's title, so that it heads the card on a phone."""

    name: str
    label: str
    kind: str
    sort_url: str
    sorted: str
    order: int = 0
    more_url: str = ""
    width: int = 0
    hide_on_phone: bool = False
    lead: bool = False


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row as the table macro takes it."""

    url: str
    id: int
    cells: Sequence[Cell]
    attrs: Mapping[str, str] | None = None
    color: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A choice among lists; `count` is shown beside it."""

    label: str
    url: str
    active: bool
    count: int = 0
    key: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a control in a filter, or (`label`, `url`) something that leads to another list."""

    value: str
    label: str
    chosen: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """The list's address: its path and what it asks for. `base` is what its saved view asks by itself: to take that
    away, the address has to say so."""

    app: str
    object: str
    query: Mapping[str, str]
    base: Mapping[str, str] = field(default_factory=dict)

    def url(self, **changes: str) -> str:
        """The same list with some of its questions changed; blank takes one away. Paging starts anew."""
        return addresses.records(self.app, self.object, **self.asked(**changes))

    def asked(self, **changes: str) -> dict[str, str]:
        """What that address asks."""
        asked = {k: v for k, v in self.query.items() if k not in PAGING} | changes
        return {k: v for k, v in asked.items() if v or self.base.get(k)}

    def view(self, key: str) -> str:
        """Another view, as it is by itself."""
        search = self.query.get("search", "")
        return addresses.records(self.app, self.object, **{k: v for k, v in (("view", key), ("search", search)) if v})


def previous(place: Place) -> str:
    """The page before, out of the trail of cursors in the address; blank on the first page."""
    if not place.query.get("cursor"):
        return ""
    *before, last = trail_of(place) or [""]
    return step(place, last, before)


def following(place: Place, cursor: str | None) -> str:
    """The next page; its address keeps the way back. Blank on the last page."""
    here = place.query.get("cursor", "")
    return step(place, cursor, [*trail_of(place), here] if here else []) if cursor else ""


def trail_of(place: Place) -> list[str]:
    """The cursors of the pages before, without the first page's blank one."""
    trail = place.query.get("trail", "")
    return trail.split(",")[-TRAIL:] if trail else []


def step(place: Place, cursor: str, trail: Sequence[str]) -> str:
    """The address of one page."""
    more = {"cursor": cursor, "trail": ",".join(trail)}
    return addresses.extended(place.url(), **{k: v for k, v in more.items() if v})


def turned(sort: Sequence[str], path: str) -> str:
    """The order with a column turned round among the others: ascending, descending, not at all."""
    if path in sort:
        return ",".join("-" + path if key == path else key for key in sort)
    if "-" + path in sort:
        return ",".join(key for key in sort if key != "-" + path)
    return ",".join([*sort, path][-MOST_SORTS:])
