"""Fixtures of the import tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports.shop import Shop, shop_at


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The shop, on each kind of database."""
    folder = tmp_path / "files"
    folder.mkdir()
    with shop_at(database_url, folder) as found:
        yield found


@pytest.fixture
def sqlite_shop(sqlite_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The shop on SQLite alone, for what no database can change."""
    folder = tmp_path / "files"
    folder.mkdir()
    with shop_at(sqlite_url, folder) as found:
        yield found
