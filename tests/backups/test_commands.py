"""`formwork backup` and `formwork restore` as people call them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.shops import Shop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the commands run, with a shop in its var/."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "FORMWORK_DATABASE_URL", "FORMWORK_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "var").mkdir()
    shop = Shop("sqlite:///var/formwork.db")
    shop.stocked(a=10)
    shop.sold(a=2)
    shop.site.database.close()
    return tmp_path


def call(*arguments: str) -> tuple[int, str]:
    """Exit code and what was said."""
    command = [sys.executable, "-m", "engine.cli.main", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def test_there_and_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = call("backup", "site.backup")
    assert code == 0 and "shop version 1" in said
    assert "site.backup already" in call("backup", "site.backup")[1]
    assert call("restore", "--check", "site.backup")[0] == 0
    monkeypatch.setenv("FORMWORK_DATA_DIR", "fresh")
    (place / "fresh").mkdir()
    (place / "fresh" / "formwork.db-wal").write_bytes(b"of another database")
    code, said = call("restore", "site.backup")
    assert code == 0 and "verify: 0 differences" in said, said
    assert "0 differences in shop" in call("verify")[1]
    assert "outbox: held, 0 letters and webhooks wait" in said and "formwork outbox --release" in call("doctor")[1]
    assert call("outbox", "--release", "--discard")[0] == 2 and "is held" in call("outbox")[1]
    assert "the outbox is open" in call("outbox", "--release")[1] and call("outbox")[1] == "the outbox is open\n"
    code, said = call("restore", "site.backup")
    assert code == 1 and "not empty" in said and "Traceback" not in said


def test_wrong_usage_is_told(place: Path) -> None:
    code, said = call("restore", "none.backup")
    assert code == 2 and "there is no file none.backup" in said
    code, said = call("backup", "none/site.backup")
    assert code == 2 and "there is no folder" in said
