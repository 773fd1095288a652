"""A fresh database of either kind for all tests of a module."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.clusters import fresh_database
from tests.conftest import unavailable

_numbers = itertools.count(1)


@contextmanager
def fresh(kind: str, server: tuple[str, str], folders: pytest.TempPathFactory, name: str) -> Iterator[str]:
    """The address of an empty database of this kind; skips with the reason where there is no server."""
    if kind == "sqlite":
        yield f"sqlite:///{folders.mktemp(name) / 'site.db'}"
        return
    address, reason = server
    if not address:
        unavailable(reason)
    with fresh_database(address, f"{name}_{os.getpid()}_{next(_numbers)}") as url:
        yield url
