"""The shop behind its web server: clients who signed in through the front door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.doors import Door


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    made = Door(sqlite_url)
    yield made
    made.shop.site.database.close()
