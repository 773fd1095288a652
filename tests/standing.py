"""Sites that tests ask for again and again: made by publishing at first, then copied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import pytest

from engine.runtime.services.site import Site, utc_now
from engine.runtime.storage import versions
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live
from tests import copies


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of a site's database, and what is live in it."""

    url: str
    live: tuple[Live, ...]


_made: dict[tuple[str, Hashable], int] = {}
_kept: dict[tuple[str, Hashable], Kept] = {}
_filled: set[str] = set()


def stand(
    url: str, key: Hashable, build: Callable[[Site], object], *, now: Callable[[], dt.datetime] = utc_now,
    scratch: bool = False,
) -> Site:
    """A site in the empty database at `url`, with what `build` makes of a new one; what it makes hangs on `key` alone.

    The second time a copy is kept, from the third on `build` is not called. In a database that had a site before
    (a test publishes once more) it always is. `scratch`: on SQLite nothing need outlive a power failure."""
    at, again = (url.partition(":")[0], key), url in _filled
    _filled.add(url)
    kept = None if again else _kept.get(at)
    if kept is not None:
        copies.pour(kept.url, url)
        return copied(url, kept.live, now, scratch)
    site = Site(Database(url, scratch=scratch), now=now)
    build(site)
    _made[at] = _made.get(at, 0) + 1
    if again or _made[at] != 2:
        return site
    live = tuple(site.apps())
    site.database.close()
    _kept[at] = Kept(copies.keep(url), live)
    return copied(url, live, now, scratch)


def copied(url: str, live: Iterable[Live], now: Callable[[], dt.datetime], scratch: bool = False) -> Site:
    """The site of a copied database. Its tables are as this very process has made them for the one that was copied:
    nobody looks at them again, one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "prepare", lambda connection: None)
        site = Site(Database(url, scratch=scratch), now=now)
    for one in live:
        site.adopt(one)
    return site
