"""How often one caller may come: a token bucket for each person, token and, of strangers, address.

Where the database is PostgreSQL, several processes on several machines serve one site: the buckets are rows there (one
statement of about a millisecond, not flushed). A site on SQLite has one server process, and a write would take the turn
of the only writer: there the buckets are in memory."""

from __future__ import annotations

import ipaddress
import logging
import random
import threading
import time
from collections.abc import Callable

from flask import Flask

from engine.errors import Busy, TooMany
from engine.runtime.storage import rate_rows
from engine.runtime.storage.database import Database
from engine.texts import say

LOG = logging.getLogger(__name__)
PROOFS, WHILE = 10, 900.0                      # passwords and codes of somebody who is in, in so many seconds
SPAN = 5.0                                     # seconds' worth of requests that may come at once
MOST_KEYS = 20_000                             # in memory; full buckets are dropped first
EXTENSION = "formwork.limits"
FREE = ("/static/", "/healthz", "/readyz", "/metrics")  # constant cost, asked by browsers and monitors


class Limits:
    """The buckets of one site. `per_second` of who is known, `strangers` of an address; 0 = as often as one likes."""

    def __init__(
        self, database: Database, per_second: float, strangers: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.database = database
        self.rates = {"known": per_second, "strange": strangers}
        self._clock = clock
        self._busy_until: dict[str, float] = {}
        self._guard = threading.Lock()

    def demand(self, key: str, kind: str) -> None:
        """Count one request of a caller; raises `TooMany` where the bucket is empty."""
        rate = self.rates[kind]
        wait = self._take(key, 1 / rate) if rate else 0.0
        if wait:
            raise TooMany(say(zh="请求过于频繁，请稍候", en="Too many requests; wait a moment"), seconds=wait)

    def demand_at_most(self, key: str, times: int, seconds: float) -> None:
        """Count one use of something that a caller has `times` in so many seconds; raises `TooMany` beyond."""
        wait = self._take(key, seconds / times, seconds)
        if wait:
            raise TooMany(say(zh="尝试次数过多，请稍后再试", en="Too many attempts; try again later"), seconds=wait)

    def demand_proof(self, person: int) -> None:
        """Count that somebody who is in proves who they are: who has found an open session has few guesses."""
        self.demand_at_most(f"proof:{person}", PROOFS, WHILE)

    def _take(self, key: str, every: float, span: float = SPAN) -> float:
        if self.database.dialect != "postgresql":
            return self._take_here(key, every, span)
        try:
            with self.database.write() as connection:
                if random.random() < 0.001:  # noqa: S311 - only spreads the sweeping
                    rate_rows.forget(connection)
                return rate_rows.take(connection, key, every, span)
        except Busy:                           # the request itself will be told
            LOG.warning("buckets of requests are out of reach")
            return 0.0

    def _take_here(self, key: str, every: float, span: float) -> float:
        with self._guard:
            now = self._clock()
            if len(self._busy_until) >= MOST_KEYS:
                self._busy_until = {one: until for one, until in self._busy_until.items() if until > now}
            after = max(self._busy_until.get(key, 0.0), now) + every
            if after > now + span + every / 1000:
                return after - now - span
            self._busy_until[key] = after
            return 0.0


def install(app: Flask, limits: Limits) -> None:
    app.extensions[EXTENSION] = limits


def of(app: Flask) -> Limits:
    """The buckets of an application."""
    found: Limits = app.extensions[EXTENSION]
    return found


def network(address: str) -> str:
    """What one subscriber has of the net: an IPv4 address, the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
