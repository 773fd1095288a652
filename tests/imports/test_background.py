"""Imports behind the scenes: in pieces, exactly once however often the worker dies; rehearsals leave nothing."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Forbidden, NotFound
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker, drain
from engine.runtime.services import backups
from engine.runtime.services.identity import people
from engine.runtime.services.imports import background
from engine.runtime.services.site import Site
from engine.runtime.storage import import_rows, job_rows
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.database import Database
from tests.imports.shop import APP

ROOT = Path(__file__).parents[2]
KEYLESS = APP.replace("objects:\n", "objects:\n  note:\n    fields: {text: {type: text, required: true}}\n", 1)


class Importing:
    """A site with an importer, and imports of theirs."""

    def __init__(self, url: str) -> None:
        self.site = Site(Database(url))
        self.site.publish({"app.yaml": KEYLESS})
        people.add_user(self.site, "in", "In", None, roles={"shop": ["importer"]})
        people.add_user(self.site, "li", "Li", None, roles={"shop": ["clerk"]})

    def actor(self, login: str = "in") -> Actor:
        return people.actor_for(self.site, people.find(self.site, login), "shop")

    def enter(self, object: str, text: str, *, dry_run: bool = False, **mapping: Any) -> int:
        content = text.encode()
        id = self.site.run("shop", self.actor(), lambda tx: background.upload(tx, object, "a.csv", content))
        self.start(id, mapping, dry_run=dry_run)
        return id

    def start(self, id: int, mapping: dict[str, Any] | None = None, *, dry_run: bool = False) -> None:
        self.site.run("shop", self.actor(), lambda tx: background.start(tx, id, mapping, dry_run=dry_run))

    def work(self) -> None:
        drain(self.site, handlers(self.site), dt.datetime.now(dt.UTC))

    def found(self, id: int) -> dict[str, Any]:
        with self.site.read("shop", self.actor()) as tx:
            return background.find(tx, id)

    def errors(self, id: int) -> list[tuple[int, str]]:
        with self.site.read("shop", self.actor()) as tx:
            return [(error.row, error.column) for error in background.errors_of(tx, id)]

    def texts(self, object: str, field: str) -> list[str]:
        with self.site.read("shop", self.actor()) as tx:
            table = tx.live.tables.objects[object]
            return [str(value) for value in tx.connection.execute(table.select().order_by(table.c.id)).columns(field)
                    .scalars()]


@pytest.fixture
def importing(database_url: str) -> Any:
    found = Importing(database_url)
    yield found
    found.site.database.close()


def test_a_rehearsal_leaves_nothing_and_a_run_leaves_all(importing: Importing) -> None:
    text = "code,name,limit\n" + "".join(f"C{n},N{n},{n}\n" for n in range(300)) + "X,Y,oops\n"
    id = importing.enter("customer", text, dry_run=True)
    importing.work()
    found = importing.found(id)
    assert (found["state"], found["counts"]["created"], found["counts"]["failed"]) == ("rehearsed", 300, 1)
    assert importing.errors(id) == [(302, "limit")] and importing.texts("customer", "code") == []
    importing.start(id)
    importing.work()
    found = importing.found(id)
    assert (found["state"], found["done"], found["counts"]["created"]) == ("done", 301, 300)
    assert importing.errors(id) == [(302, "limit")]
    assert importing.texts("customer", "code") == [f"C{n}" for n in range(300)]


def test_rows_that_wait_for_later_ones(importing: Importing) -> None:
    text = "name,above\n" + "".join(f"N{n},N{n + 1}\n" for n in range(90)) + "N90,\nlost,NOWHERE\n"
    id = importing.enter("category", text)
    importing.work()
    found = importing.found(id)
    assert (found["state"], found["counts"]["created"], found["counts"]["failed"]) == ("done", 91, 1)
    assert importing.errors(id) == [(93, "above")]


def test_a_piece_that_did_not_end_is_done_once(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "text\n" + "".join(f"T{n}\n" for n in range(400))
    id = importing.enter("note", text)
    real, calls = background.write_batch, [0]

    def dying(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        result = real(*arguments, **options)
        if calls[0] in (2, 4):
            raise RuntimeError("the worker dies after it has written, before the commit")
        return result

    monkeypatch.setattr(background, "write_batch", dying)
    later = dt.datetime.now(dt.UTC)
    for _ in range(4):
        drain(importing.site, handlers(importing.site), later)
        later += dt.timedelta(hours=2)
    assert calls[0] > 4 and importing.found(id)["state"] == "done"
    assert importing.texts("note", "text") == [f"T{n}" for n in range(400)]


PROGRAM = """
import datetime as dt, sys
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker
from engine.runtime.services.imports import running
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
running.MOST_IN_BATCH = 40
site = Site(Database(sys.argv[1]))
worker = Worker(site, handlers(site), lease=1)
print("ready", flush=True)
for job in worker.claim(1):
    worker.perform(job)
"""


def test_a_killed_worker_loses_and_repeats_nothing(importing: Importing) -> None:
    text = "text\n" + "".join(f"T{n}\n" for n in range(2_000))
    id = importing.enter("note", text)
    url = importing.site.database.engine.url.render_as_string(hide_password=False)
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, url], cwd=ROOT, stdout=subprocess.PIPE)  # noqa: S603
    try:
        until = time.monotonic() + 200       # the other process may have to wait for its turn
        while importing.found(id)["done"] < 200 and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
    stood = importing.found(id)
    assert 200 <= stood["done"] < 2_000 and stood["state"] == "running"
    assert len(importing.texts("note", "text")) == stood["done"]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    with importing.site.database.write() as connection:
        assert job_rows.reap(connection, later) == 1
    drain(importing.site, handlers(importing.site), later)
    assert importing.found(id)["state"] == "done"
    assert importing.texts("note", "text") == [f"T{n}" for n in range(2_000)]


def test_what_is_wrong_as_a_whole_is_said_once(importing: Importing) -> None:
    id = importing.enter("customer", "code,name,since\nA,B,01/02/2020\n", dry_run=True)
    importing.work()
    found = importing.found(id)
    assert found["state"] == "failed" and "01/02/2020" in found["message"]["en"] and found["message"]["zh"]
    with importing.site.database.read() as connection:
        assert job_rows.counts(connection) == {"done": 1}
    importing.start(id, {"dates": ["D/M/YYYY"]}, dry_run=True)
    importing.work()
    assert importing.found(id)["state"] == "rehearsed"


def test_only_with_the_right_and_only_ones_own(importing: Importing) -> None:
    with pytest.raises(Forbidden):
        importing.site.run("shop", importing.actor("li"), lambda tx: background.upload(tx, "customer", "a.csv", b"x"))
    id = importing.enter("customer", "code,name\nA,B\n", dry_run=True)
    people.add_user(importing.site, "other", "Other", None, roles={"shop": ["importer"]})
    with importing.site.read("shop", importing.actor("other")) as tx, pytest.raises(NotFound):
        background.find(tx, id)
    with importing.site.database.write() as connection:
        import_rows.purge(connection, importing.actor().id or 0, "shop", 0)
        assert import_rows.get(connection, id) is not None, "it is still to be rehearsed"


def test_uploads_are_in_backups(importing: Importing, tmp_path: Path) -> None:
    id = importing.enter("customer", "code,name\nA,Ärger\n", dry_run=True)
    backups.make(importing.site, tmp_path / "site.backup")
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    Site(database)
    backups.restore(database, tmp_path / "site.backup")
    with database.read() as connection:
        assert import_rows.content(connection, id) == "code,name\nA,Ärger\n".encode()
    database.close()


def test_an_import_whose_job_is_given_up_has_failed_with_the_reason(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    id = importing.enter("customer", "code,name,limit\nA,a,1\n")
    with monkeypatch.context() as patch:
        patch.setattr(background.Pieces, "next", broken)
        for day in range(9):
            drain(importing.site, handlers(importing.site), dt.datetime.now(dt.UTC) + dt.timedelta(days=day))
    found = importing.found(id)
    assert found["state"] == "failed" and "the disk is gone" in found["message"]["en"], found
    importing.start(id, dry_run=False)
    importing.work()
    assert importing.found(id)["state"] == "done"


def test_an_import_that_kills_each_of_its_workers_has_failed(importing: Importing) -> None:
    id = importing.enter("customer", "code,name,limit\nA,a,1\n")
    worker = Worker(importing.site, handlers(importing.site), clock=lambda: now)
    now = dt.datetime.now(dt.UTC)
    for _ in range(8):
        assert len(worker.claim(1)) == 1
        worker._tokens.clear()
        now += dt.timedelta(minutes=1)
        worker.keep()
    assert importing.found(id)["state"] == "failed"
