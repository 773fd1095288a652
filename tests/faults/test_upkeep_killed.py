"""kill -9 of a backup, a restore and the night's purge: what they leave is whole or nothing, and they can run again."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest

from engine.runtime.services import backups, commands
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from tests.conftest import SOAK
from tests.faults.publishers import COMMIT, COMMITTED, died
from tests.faults.test_publishing_killed import everything
from tests.faults.upkeep import back_up, purge, restore
from tests.services.shops import NOON, Shop

POINTS = tuple(2**n for n in range(12)) if SOAK else (1, 32)           # statements; soak goes on until one lives
LATE = 100                                     # before so many statements a backup of the shop has not all rows


@pytest.fixture
def url(database_url: str) -> str:
    """A shop with a sale, and one in the bin."""
    made = Shop(database_url)
    made.stocked(a=100)
    made.sold(a=3)
    note = made.sold(submit=False, a=1)
    made.run("li", lambda tx: commands.delete(tx, "sale", note.id))
    made.site.database.close()
    return database_url


@pytest.mark.timeout(600)
def test_a_backup_that_is_killed_leaves_no_half_file_of_its_name(url: str, tmp_path: Path) -> None:
    path = tmp_path / "site.backup"
    for point in POINTS:
        if not died(back_up, url, path, at=point):
            break
        # the last statements tell `doctor` of it: it has its name then, and is whole
        assert not path.exists() or backups.check(path).rows > 50, f"killed at statement {point}"
        assert point > LATE or not path.exists(), f"killed at statement {point}"
        path.unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    assert died(back_up, url, path, at=COMMIT)             # it has its name; only `doctor` is not told of it
    assert backups.check(path).rows > 50
    path.unlink()
    assert not died(back_up, url, path, at=0) and backups.check(path).rows > 50


@pytest.mark.timeout(600)
def test_a_restore_that_is_killed_leaves_an_empty_place(url: str, tmp_path: Path) -> None:
    path, fresh = tmp_path / "site.backup", f"sqlite:///{tmp_path / 'fresh.db'}"
    with contextlib.closing(Database(url)) as database:
        backups.make(Site(database), path)
    for point in (*POINTS, COMMIT):
        if not died(restore, fresh, path, at=point):
            (tmp_path / "fresh.db").unlink()
            continue
        with contextlib.closing(Database(fresh)) as database:
            assert everything_in(database) == 0, f"killed at point {point}"
    assert died(restore, fresh, path, at=COMMITTED)
    with contextlib.closing(Database(fresh)) as database:
        assert verification.verify(Site(database), "shop") == [] and everything_in(database) > 50


def everything_in(database: Database) -> int:
    return sum(len(rows) for _, _, rows in everything(database).values())


@pytest.mark.timeout(600)
def test_a_purge_that_is_killed_has_purged_all_or_nothing(url: str) -> None:
    later = NOON + dt.timedelta(days=400)
    with contextlib.closing(Database(url)) as database:
        before = everything(database)
    for point in (*POINTS, COMMIT):
        if not died(purge, url, later, at=point):
            break
        with contextlib.closing(Database(url)) as database:
            assert everything(database) == before, f"killed at point {point}"
    died(purge, url, later, at=COMMITTED)
    with contextlib.closing(Database(url)) as database:
        site = Site(database)
        after = everything(database)
        assert after["shop__sale"] != before["shop__sale"] and after["shop__r_stock"] == before["shop__r_stock"]
        assert verification.verify(site, "shop") == []
