"""`formwork import` that is killed goes on where it stood: every row comes in exactly once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.definitions.compile import app_from
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database

ROWS = 4000
APP = """
app: diary
name: Diary
objects: {entry: {fields: {number: {type: integer, required: true}, note: text}}}
access: {any: {everyone: full}}
"""


def counted(site: Site) -> tuple[int, int]:
    """Records, and different numbers among them."""
    with site.database.read() as connection:
        row = connection.execute(text("SELECT count(*), count(DISTINCT number) FROM diary__entry")).one()
    return int(row[0]), int(row[1])


def test_a_killed_import_goes_on_where_it_stood(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(Database(database_url))
    site.publish(app_from(APP).texts)
    file = tmp_path / "entries.csv"
    file.write_text("number,note\n" + "".join(f"{n},{'x' * (n == 7) or 'word'}\n" for n in range(ROWS)) + "none,bad\n")
    monkeypatch.setenv("DATABASE_URL", database_url)
    command = [sys.executable, "-m", "engine.cli.main", "import", "diary.entry", str(file), "--yes"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while counted(site)[0] == 0 and first.poll() is None:
        time.sleep(0.01)
    first.kill()
    first.wait()
    there, different = counted(site)
    assert 0 < there == different < ROWS
    second = subprocess.run(command, capture_output=True, text=True)
    assert f"interrupted after {there} rows" in second.stderr, second.stderr
    assert f"created {ROWS}, " in second.stdout and "failed 1" in second.stdout and second.returncode == 1
    assert f"entries.csv:{ROWS + 2}: number:" in second.stdout
    assert counted(site) == (ROWS, ROWS)
    third = subprocess.run([*command, "--anew"], capture_output=True, text=True)     # it was done: this is another one
    assert "interrupted" not in third.stderr and counted(site) == (2 * ROWS, ROWS)
    site.database.close()
