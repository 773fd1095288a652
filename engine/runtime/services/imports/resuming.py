"""Imports by command: where one stands is kept with the rows that it writes, so that it goes on after a crash exactly
there. The files stay where they are; an import is known again by what is in them and by its mapping."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.runtime.services.imports.background import COUNTS, KEPT, MOST_NAME, Pieces
from engine.runtime.services.imports.plans import Plan
from engine.runtime.services.imports.reports import MOST_ERRORS, Report
from engine.runtime.services.imports.running import Progress, prepare
from engine.runtime.services.imports.values import RowError
from engine.runtime.services.site import Site
from engine.runtime.storage import import_rows
from engine.runtime.storage.actors import Actor
from engine.texts import Text

NOBODY = 0                                     # whose imports these are: no page shows them
DIGEST = "@digest"
CHUNK = 1 << 20


def run(
    site: Site, app: str, mapping: Mapping[str, Any], folder: Path, actor: Actor, progress: Progress, *,
    anew: bool = False,
) -> tuple[Report, int]:
    """The report of the whole import, and after how many records it went on. With `anew` an interrupted import of the
    same files is forgotten. Raises as `running.run` does; `Refused` where another process is at it."""
    plan = prepare(site, app, mapping, folder, actor)
    digest = _digest(plan, mapping, folder)
    with site.database.write() as connection:
        id = import_rows.unfinished(connection, app, plan.object.name, NOBODY, DIGEST, digest)
        if id is not None and anew:
            import_rows.change(connection, id, site.now(), {"state": "failed"})
            id = None
        if id is None:
            import_rows.purge(connection, NOBODY, app, KEPT - 1)
            id = import_rows.add(connection, {
                "app": app, "object": plan.object.name, "user": NOBODY, "file": plan.file.file[:MOST_NAME],
                "content": b"", "mapping": {DIGEST: digest}, "state": "running",
                "created_at": site.now(), "changed_at": site.now(),
            })
        found = import_rows.get(connection, id)
    assert found is not None, "it has just been entered or found"
    pieces = Pieces(id, actor, plan, folder, found)
    while site.run(app, actor, pieces.next) is not None:
        progress(pieces.done)
    return _report(site, id, plan), int(found["done"])


def _digest(plan: Plan, mapping: Mapping[str, Any], folder: Path) -> str:
    """Of the contents of all files and of what the mapping says."""
    found = hashlib.sha256(json.dumps(mapping, sort_keys=True, default=str).encode())
    for spec in (plan.file, *(part.file for part in plan.lines if part.file is not None)):
        with (folder / spec.file).open("rb") as file:
            while block := file.read(CHUNK):
                found.update(block)
    return found.hexdigest()


def _report(site: Site, id: int, plan: Plan) -> Report:
    with site.database.read() as connection:
        found = import_rows.get(connection, id)
        rows = import_rows.errors(connection, id, MOST_ERRORS)
    assert found is not None, "nobody takes an import away that has just ended"
    errors = [RowError(row["file"], row["row"], row["column"], Text(row["message"])) for row in rows]
    errors.sort(key=lambda error: (error.file != plan.file.file, error.file, error.row))
    files = (plan.file, *(part.file for part in plan.lines if part.file is not None))
    counts = {name: int(found["counts"].get(name, 0)) for name in COUNTS}
    return Report(**counts, errors=errors, notes=plan.notes, files=files)
