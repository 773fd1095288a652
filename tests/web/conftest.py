"""The shop behind its web server. It is built once; each test gets a copy of its database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.runtime.web.app import WebSettings
from tests.services.shops import Shop
from tests.web.doors import Door, peopled, reopened

Opener = Callable[..., Door]


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory, _quick_passwords: None) -> Iterator[tuple[Path, Shop]]:
    path = tmp_path_factory.mktemp("shop") / "site.db"
    shop = peopled(f"sqlite:///{path}")
    with shop.site.database.write() as connection:
        connection.exec_driver_sql("select 1")
    shop.site.database.engine.dispose()
    yield path, shop
    shop.site.database.close()


@pytest.fixture
def open_door(_template: tuple[Path, Shop], tmp_path: Path) -> Iterator[Opener]:
    """Opens doors to fresh copies of the shop, with the given settings."""
    made: list[Door] = []

    def open(settings: WebSettings | None = None) -> Door:
        copy = tmp_path / f"site{len(made)}.db"
        for suffix in ("", "-wal"):
            if Path(f"{_template[0]}{suffix}").exists():
                shutil.copy(f"{_template[0]}{suffix}", f"{copy}{suffix}")
        made.append(Door(reopened(_template[1], f"sqlite:///{copy}"), settings))
        return made[-1]

    yield open
    for door in made:
        door.shop.site.database.close()


@pytest.fixture
def door(open_door: Opener) -> Door:
    return open_door()
