"""Imports that run behind the scenes: uploaded, looked at, rehearsed, run in pieces; a restart goes on where it stood.

Where an import stands (`cursor`): `waiting` are the numbers of drafts that wait for others, `todo` those of the pass
over them that is under way, `moved`: whether one of that pass found what it waited for. `done` counts all drafts that
have been taken up: it only grows, and each piece goes on from the number that it began with."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from engine.errors import Failure, NotFound, Refused
from engine.runtime.services import outbox
from engine.runtime.services.identity import people
from engine.runtime.services.imports.drafts import Draft, Drafts
from engine.runtime.services.imports.looking import look
from engine.runtime.services.imports.mappings import plan_of
from engine.runtime.services.imports.plans import Plan
from engine.runtime.services.imports.reports import MOST_ERRORS, Report
from engine.runtime.services.imports.rows import FileSpec, unfit_file
from engine.runtime.services.imports.running import FIRST_BATCH, clocks, demand_import, paced, prepare, rehearse
from engine.runtime.services.imports.values import Links, RowError
from engine.runtime.services.imports.writing import write_batch
from engine.runtime.services.site import Site
from engine.runtime.storage import import_rows
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

JOB = "import"
MOST_BYTES = 20_000_000
MOST_NAME = 200
KEPT = 20                                      # imports of one person
COUNTS = ("created", "updated", "unchanged", "acted", "failed", "skipped")
LANGUAGES = ("zh", "en")
GONE = say("没有这次导入", "There is no such import")


def upload(tx: Tx, object: str, file: str, content: bytes) -> int:
    """Keep a file that somebody wants to import; the import's id. Raises `Forbidden`, `Invalid`, `NotFound`."""
    if object not in tx.app.objects or tx.app.objects[object].owner:
        raise NotFound(say("没有名为“{object}”的对象", "There is no object called {object}", object=object))
    demand_import(tx, object)
    name = Path(file.replace("\\", "/")).name[:MOST_NAME]
    if not name or not content:
        raise unfit_file(name or "-", "文件是空的", "the file is empty")
    if len(content) > MOST_BYTES:
        raise unfit_file(name, "文件过大，最多 20 MB", "the file is too large: 20 MB at most")
    user = tx.actor.id or 0
    import_rows.purge(tx.connection, user, tx.app.name, KEPT - 1)
    return import_rows.add(tx.connection, {
        "app": tx.app.name, "object": object, "user": user, "file": name, "content": content, "mapping": {},
        "created_at": tx.now, "changed_at": tx.now,
    })


def find(tx: Tx, id: int) -> dict[str, Any]:
    """An import of the actor's own. Raises `NotFound`, `Forbidden` without the right to import any more."""
    found = import_rows.get(tx.connection, id)
    if found is None or found["app"] != tx.app.name or found["user"] != (tx.actor.id or 0):
        raise NotFound(GONE)
    demand_import(tx, found["object"])
    return found


def content_of(tx: Tx, id: int) -> bytes:
    """The file of an import of the actor's own."""
    find(tx, id)
    return import_rows.content(tx.connection, id)


def start(tx: Tx, id: int, mapping: Mapping[str, Any] | None = None, *, dry_run: bool) -> None:
    """Let it be rehearsed by this mapping, or run by the one that it has. Raises `Refused` while it is under way."""
    found = find(tx, id)
    if found["state"] in ("rehearsing", "running", "done"):
        raise Refused(say("这次导入已在进行或已完成", "This import is under way or done"), code="state")
    import_rows.clear_errors(tx.connection, id)
    import_rows.change(tx.connection, id, tx.now, {
        "state": "rehearsing" if dry_run else "running", "mapping": dict(mapping or found["mapping"]), "cursor": {},
        "counts": {}, "done": 0, "message": {},
    })
    outbox.enqueue(tx, JOB, {"import": id}, dedup_key=None)


@contextmanager
def unpacked(content: bytes, file: str) -> Iterator[Path]:
    """A folder with the file in it, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="formwork-") as folder:
        (Path(folder) / file).write_bytes(content)
        yield Path(folder)


@contextmanager
def opened(site: Site, app: str, args: Mapping[str, Any]) -> Iterator[Pieces | None]:
    """An import at work for its job; None if there is nothing to do (any more). A rehearsal is done at once.

    What is wrong with it as a whole is noted with it: another try would find the same."""
    id = int(args["import"])
    with site.database.read() as connection:
        found = import_rows.get(connection, id)
        content = b"" if found is None else import_rows.content(connection, id)
    if found is None or found["state"] not in ("rehearsing", "running"):
        yield None
        return
    with unpacked(content, found["file"]) as folder:
        pieces = None
        try:
            actor = people.actor_for(site, people.by_id(site, found["user"]), app)
            mapping = {**found["mapping"], "object": found["object"], "file": found["file"]}
            plan = prepare(site, app, mapping, folder, actor)
            if found["state"] == "rehearsing":
                _rehearse(site, app, id, actor, plan, folder)
            else:
                pieces = Pieces(id, actor, plan, folder, found)
        except Failure as failure:
            _end(site, id, "failed", {"message": _forms(failure.message)})
        yield pieces


def _rehearse(site: Site, app: str, id: int, actor: Actor, plan: Plan, folder: Path) -> None:
    told = 0.0

    def tell(done: int) -> None:
        nonlocal told
        if time.monotonic() - told > 1:
            told = time.monotonic()
            with site.database.write() as connection:
                import_rows.change(connection, id, site.now(), {"done": done})

    report = rehearse(site, app, actor, plan, folder, tell)
    with site.database.write() as connection:
        import_rows.clear_errors(connection, id)
        import_rows.add_errors(connection, id, [_coded(error) for error in report.errors])
    _end(site, id, "rehearsed", {"counts": {name: getattr(report, name) for name in COUNTS}})


def _end(site: Site, id: int, state: str, values: Mapping[str, Any]) -> None:
    with site.database.write() as connection:
        import_rows.change(connection, id, site.now(), {"state": state, **values})


def given_up(connection: Connection, args: Mapping[str, Any], now: dt.datetime, reason: str) -> None:
    """Its job is tried no more: the person who waits for it is told, and how far it got stays noted."""
    id = int(args["import"])
    found = import_rows.get(connection, id)
    if found is not None and found["state"] in ("rehearsing", "running"):
        text = say("多次尝试后放弃：{reason}。已写入的记录保留，可再次导入其余部分",
                   "Given up after several attempts: {reason}. What was written stays; import the rest again",
                   reason=reason)
        import_rows.change(connection, id, now, {"state": "failed", "message": _forms(text)})


class Pieces:
    """An import at work: each piece writes some records and where the import stands, in one transaction."""

    def __init__(self, id: int, actor: Actor, plan: Plan, folder: Path, found: Mapping[str, Any]) -> None:
        self.id = id
        self.actor = actor
        self.plan = plan
        self.folder = folder
        self.done = int(found["done"])
        self.cursor: dict[str, Any] = {"waiting": [], "todo": None, "moved": True, **found["cursor"]}
        self.counts: dict[str, int] = {**dict.fromkeys(COUNTS, 0), **found["counts"]}
        self.drafts = Drafts(plan, folder)
        self.coming = enumerate(iter(self.drafts))
        self.taken: list[tuple[int, Draft]] = []         # a batch that has not been committed yet
        self.size = FIRST_BATCH
        self.found: dict[Any, Any] = {}
        for _ in islice(self.coming, self.cursor.get("main", 0)):
            pass

    def next(self, tx: Tx) -> Mapping[str, Any] | None:
        """The next batch; how far it is now, None at the end. Run again after a lost race it does the same."""
        begun = clocks()
        batch, cursor, last = self._batch()
        if batch is None:
            self._finish(tx)
            return None
        links = Links(self.found)
        result = write_batch(tx, self.plan, [draft for _, draft in batch], links, last=last)
        numbers = {id(draft): number for number, draft in batch}
        still = [numbers[id(draft)] for draft in result.waiting]
        cursor["waiting"] = [*cursor["waiting"], *still]
        cursor["moved"] = bool(cursor["moved"] or len(still) < len(batch))
        counts = {name: self.counts[name] + getattr(result.report, name) for name in COUNTS}
        self._save(tx, len(batch), cursor, counts, result.report.errors)
        tx.after_commit.append(lambda: self._committed(len(batch), cursor, counts, links.fresh, begun))
        return {"done": self.done + len(batch)}

    def _batch(self) -> tuple[list[tuple[int, Draft]] | None, dict[str, Any], bool]:
        """The next drafts by number, the cursor as it will be without them, and whether it is their last chance."""
        cursor = {**self.cursor, "waiting": list(self.cursor["waiting"])}
        if cursor["todo"] is None:
            if not self.taken:
                self.taken = list(islice(self.coming, self.size))
            if self.taken:
                cursor["main"] = self.taken[-1][0] + 1
                return self.taken, cursor, False
            cursor |= {"todo": [], "moved": True}
        if not cursor["todo"]:
            if not cursor["waiting"]:
                return None, cursor, False
            cursor["last"] = not cursor["moved"]
            cursor |= {"todo": list(reversed(cursor["waiting"])), "waiting": [], "moved": False}
        chosen, cursor["todo"] = cursor["todo"][:self.size], cursor["todo"][self.size:]
        wanted = set(chosen)
        every = enumerate(iter(Drafts(self.plan, self.folder)))
        drafts = {number: draft for number, draft in every if number in wanted}
        return [(number, drafts[number]) for number in chosen], cursor, bool(cursor.get("last"))

    def _save(
        self, tx: Tx, count: int, cursor: Mapping[str, Any], counts: Mapping[str, int], errors: Sequence[RowError]
    ) -> None:
        values = {"cursor": dict(cursor), "counts": dict(counts), "done": self.done + count}
        if not import_rows.advance(tx.connection, self.id, tx.now, self.done, values):
            raise Refused(say("这次导入正由另一进程进行", "Another process goes on with this import"), code="state")
        if counts["failed"] - len(errors) < MOST_ERRORS:
            import_rows.add_errors(tx.connection, self.id, [_coded(error) for error in errors])

    def _committed(
        self, count: int, cursor: dict[str, Any], counts: dict[str, int], fresh: Mapping[Any, Any],
        begun: tuple[float, float],
    ) -> None:
        self.done, self.cursor, self.counts, self.taken = self.done + count, cursor, counts, []
        self.found.update(fresh)
        self.size = paced(self.size, count, begun)

    def _finish(self, tx: Tx) -> None:
        rest = [RowError(row.file, row.number, "", row.fault) for row in self.drafts.left_over() if row.fault]
        counts = {**self.counts, "failed": self.counts["failed"] + len(rest)}
        self._save(tx, 0, self.cursor, counts, rest[:MOST_ERRORS])
        import_rows.change(tx.connection, self.id, tx.now, {"state": "done"})


def _coded(error: RowError) -> dict[str, Any]:
    return {"file": error.file[:MOST_NAME], "row": error.row, "column": error.column[:500],
            "message": _forms(error.message)}


def _forms(text: Text) -> dict[str, str]:
    return {language: text.to(language) for language in LANGUAGES}


def errors_of(tx: Tx, id: int, limit: int = MOST_ERRORS) -> list[RowError]:
    """What is wrong with which row, as far as it is known."""
    return [RowError(row["file"], row["row"], row["column"], Text(row["message"]))
            for row in import_rows.errors(tx.connection, id, limit)]


def spec_of(tx: Tx, id: int, folder: Path) -> FileSpec:
    """The file of an import as its mapping reads it."""
    found = find(tx, id)
    mapping = {**found["mapping"], "object": found["object"], "file": found["file"]}
    return plan_of(mapping, tx.app, lambda spec, names: look(folder, spec, names)).file


def report_of(found: Mapping[str, Any]) -> Report:
    """The counts of an import."""
    report = Report()
    for name in COUNTS:
        setattr(report, name, int(found["counts"].get(name, 0)))
    return report
