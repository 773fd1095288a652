"""A trade on a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.performance.trades import Trade


@pytest.fixture
def trade(database_url: str) -> Iterator[Trade]:
    made = Trade(database_url)
    yield made
    made.site.database.close()
