"""The shop as a fixture, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.shops import Shop


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url)
    yield made
    made.site.database.close()
