"""What tests of registers begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.registers.warehouses import Depot


@pytest.fixture
def depot(database_url: str) -> Iterator[Depot]:
    """A depot with one item and one place."""
    made = Depot(database_url)
    made.create("item", code="chai")
    made.create("place", code="main")
    yield made
    made.site.database.close()
