"""The audit trail's rows: appended in the business transaction; values may be erased, which an event tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, cast, select, update

from engine.expressions.values import Ref
from engine.runtime.storage import event_rows, seal_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.rows import put
from engine.runtime.storage.system import AUDIT
from engine.runtime.storage.trails import ALL, Asked, Row, newest

MOST = 100_000                                 # entries of one record that are gone through


def append(tx: Tx, rows: Sequence[Mapping[Any, Any]]) -> None:
    if rows:
        put(tx.connection, AUDIT, rows)


def texts(tx: Tx, object: str, id: int, paths: Collection[str]) -> set[str]:
    """The texts that these fields had at any time, as a record's history tells."""
    rows = of_record(tx, object, id, limit=MOST)
    told = (one for row in rows for path, pair in row["changes"].items() if _plain(path) in paths for one in pair)
    return {one for one in told if isinstance(one, str)}


def erase(tx: Tx, object: str, id: int, paths: Collection[str] | None) -> None:
    """Take values out of a record's history: of these fields (`name`, `lines.name`), or (None) all of them and what was
    said with them. Who did what when stays."""
    told: list[list[Any]] = []
    for row in of_record(tx, object, id, limit=MOST):
        changes: Mapping[str, Any] = {} if paths is None else row["changes"]
        kept = {path: pair for path, pair in changes.items() if paths is None or _plain(path) not in paths}
        if len(kept) != len(row["changes"]) or paths is None:
            said = "" if paths is None else row["comment"]
            told.append(_rewrite(tx, row, changes=kept, comment=said))
    _tell(tx, told)


def _rewrite(tx: Tx, row: Mapping[Any, Any], **values: Any) -> list[Any]:
    """Change a row of the trail; its number, and its digests before and after (see `sealing`)."""
    tx.connection.execute(update(AUDIT).where(AUDIT.c.id == row["id"]).values(**values))
    return [row["id"], seal_rows.digest(row), seal_rows.digest({**row, **values})]


def _tell(tx: Tx, rows: Sequence[list[Any]]) -> None:
    """Leave on record that rows were changed: which, not what."""
    if rows:
        name = tx.actor.login or tx.actor.name
        event_rows.append(tx.connection, {
            "at": tx.now, "kind": "erased", "actor": tx.actor.id or None, "actor_name": name[:200],
            "subject": "", "app": tx.app.name, "details": {"rows": list(rows)},
        })


def _plain(path: str) -> str:
    """`lines.17.qty` as `lines.qty`."""
    head, _, tail = path.partition(".")
    return f"{head}.{tail.partition('.')[2]}" if tail else head


def untitle(tx: Tx, record: Ref, paths: Mapping[str, Collection[str]]) -> None:
    """Take what a record was called out of the links to it that other histories show: `paths` are the fields that may
    link to it, by object."""
    numbers = {tx.live.numbers[name]: kept for name, kept in paths.items()}
    shown = cast(AUDIT.c.changes, Text).contains(f'"id": {record.id}, "title"', autoescape=True)
    query = select(AUDIT).where(AUDIT.c.app == tx.app.name, shown)
    told: list[list[Any]] = []
    for row in tx.connection.execute(query.where(AUDIT.c.object.in_(numbers))).mappings().all():
        changes = {
            path: _untitled(pair, record) if _plain(path) in numbers[row["object"]] else pair
            for path, pair in row["changes"].items()
        }
        if changes != row["changes"]:
            told.append(_rewrite(tx, row, changes=changes))
    _tell(tx, told)


def _untitled(value: Any, record: Ref) -> Any:
    if isinstance(value, list):
        return [_untitled(one, record) for one in value]
    led = isinstance(value, dict) and value.get("id") == record.id and value.get("object", record.object)
    return {**value, "title": ""} if led == record.object else value


def of_record(tx: Tx, object: str, id: int, *, before: int | None = None, limit: int = 100) -> list[Row]:
    """Newest first."""
    of = AUDIT.c.object == tx.live.numbers[object], AUDIT.c.record == id
    return newest(tx.connection, AUDIT, Asked(before=before, limit=limit), *of)


def listed(connection: Connection, asked: Asked = ALL, *, person: str = "") -> list[Row]:
    """Entries of all records, newest first; `person` as the trail has the name."""
    return newest(connection, AUDIT, asked, *([AUDIT.c.actor_name == person] if person else []))
