"""SQL over imports: enter, read, advance together with the rows that they write. Knows no mapping and no right."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from engine.runtime.storage.import_tables import IMPORT_ERRORS, IMPORTS

SHOWN = [column for column in IMPORTS.c if column.name != "content"]


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Enter an import; its id. `content` are the file's bytes."""
    blank = {"cursor": {}, "counts": {}, "message": {}, "state": "new"}
    text = base64.b64encode(values["content"]).decode()
    query = insert(IMPORTS).values({**blank, **values, "content": text}).returning(IMPORTS.c.id)
    return int(connection.execute(query).scalar_one())


def get(connection: Connection, id: int) -> dict[str, Any] | None:
    """An import without its file."""
    row = connection.execute(select(*SHOWN).where(IMPORTS.c.id == id)).mappings().one_or_none()
    return None if row is None else dict(row)


def unfinished(connection: Connection, app: str, object: str, user: int, mark: str, value: str) -> int | None:
    """The running import whose mapping says `value` under `mark`."""
    query = select(IMPORTS.c.id, IMPORTS.c.mapping).where(
        IMPORTS.c.app == app, IMPORTS.c.object == object, IMPORTS.c.user == user, IMPORTS.c.state == "running"
    )
    found = connection.execute(query.order_by(IMPORTS.c.id.desc()))
    return next((int(id) for id, mapping in found if mapping.get(mark) == value), None)


def content(connection: Connection, id: int) -> bytes:
    """The uploaded file."""
    return base64.b64decode(connection.execute(select(IMPORTS.c.content).where(IMPORTS.c.id == id)).scalar_one())


def change(connection: Connection, id: int, now: dt.datetime, values: Mapping[str, Any]) -> None:
    connection.execute(update(IMPORTS).where(IMPORTS.c.id == id).values(changed_at=now, **values))


def advance(connection: Connection, id: int, now: dt.datetime, before: int, values: Mapping[str, Any]) -> bool:
    """Go on from `done = before`; False if somebody else has gone on from there (then nothing of this may stand)."""
    mine = (IMPORTS.c.id == id) & (IMPORTS.c.done == before) & (IMPORTS.c.state == "running")
    return connection.execute(update(IMPORTS).where(mine).values(changed_at=now, **values)).rowcount == 1


def add_errors(connection: Connection, id: int, errors: Sequence[Mapping[str, Any]]) -> None:
    if errors:
        connection.execute(insert(IMPORT_ERRORS), [{"import": id, **error} for error in errors])


def clear_errors(connection: Connection, id: int) -> None:
    connection.execute(delete(IMPORT_ERRORS).where(IMPORT_ERRORS.c["import"] == id))


def errors(connection: Connection, id: int, limit: int) -> list[dict[str, Any]]:
    """The first errors, by row."""
    mine = select(IMPORT_ERRORS).where(IMPORT_ERRORS.c["import"] == id)
    query = mine.order_by(IMPORT_ERRORS.c.row, IMPORT_ERRORS.c.id).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def count_errors(connection: Connection, id: int) -> int:
    query = select(func.count()).select_from(IMPORT_ERRORS).where(IMPORT_ERRORS.c["import"] == id)
    return int(connection.execute(query).scalar_one())


def purge(connection: Connection, user: int, app: str, keep: int) -> None:
    """Forget all but the person's last imports of an app, their files with them."""
    busy = IMPORTS.c.state.in_(("running", "rehearsing"))
    mine = select(IMPORTS.c.id).where(IMPORTS.c.user == user, IMPORTS.c.app == app, ~busy)
    old = list(connection.execute(mine.order_by(IMPORTS.c.id.desc()).offset(keep)).scalars())
    if old:
        connection.execute(delete(IMPORT_ERRORS).where(IMPORT_ERRORS.c["import"].in_(old)))
        connection.execute(delete(IMPORTS).where(IMPORTS.c.id.in_(old)))
