"""Published versions: which one of each app is live, their texts and numbers of objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from engine.errors import NotFound
from engine.runtime.storage import growing, search_index
from engine.runtime.storage.own_tables import METADATA
from engine.runtime.storage.system import APPS, LAYOUTS, OBJECTS, VERSIONS
from engine.texts import say

# Raised whenever the engine wants more columns for the same definition. 1: errors of stored formulas. 2: files.
# 3: moments of the bin and the archive. 4: folded texts to search, and their index.
LAYOUT = 4
LIVE = select(APPS.c.version, APPS.c.digest).where(APPS.c.name == bindparam("app"))
HELD = LIVE.with_for_update(read=True)
EVERY = select(APPS.c.name, APPS.c.version).order_by(APPS.c.name)
PUBLISHING = 7700101                           # the advisory lock of whoever publishes; backups share it


@dataclass(frozen=True, slots=True)
class Version:
    """One published version of an app."""

    app: str
    number: int
    digest: str
    published_at: dt.datetime
    published_by: str
    comment: str
    plan: tuple[str, ...]


def prepare(connection: Connection) -> None:
    """Make the site's own tables where they are missing; one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7700100)"))
    METADATA.create_all(connection)
    growing.grow(connection, METADATA)
    search_index.prepare(connection)


def outdated(connection: Connection) -> list[str]:
    """The apps whose tables an older engine has laid out."""
    query = select(APPS.c.name).outerjoin(LAYOUTS, LAYOUTS.c.app == APPS.c.name)
    query = query.where(func.coalesce(LAYOUTS.c.layout, 0) < LAYOUT).order_by(APPS.c.name)
    return list(connection.execute(query).scalars())


def laid_out(connection: Connection, app: str) -> None:
    """Remember that the tables of an app are as this engine wants them."""
    connection.execute(delete(LAYOUTS).where(LAYOUTS.c.app == app))
    connection.execute(insert(LAYOUTS).values(app=app, layout=LAYOUT))


def live(connection: Connection, app: str, *, hold: bool = False) -> tuple[int, str] | None:
    """Number and digest of the live version; with `hold` a publishing waits until this transaction ends."""
    held = hold and connection.dialect.name == "postgresql"
    row = connection.execute(HELD if held else LIVE, {"app": app}).one_or_none()
    return None if row is None else (row[0], row[1])


def apps(connection: Connection) -> list[str]:
    return [name for name, _ in every(connection)]


def every(connection: Connection) -> list[tuple[str, int]]:
    """All apps with the numbers of their live versions, by name."""
    return [(row[0], row[1]) for row in connection.execute(EVERY)]


def texts(connection: Connection, app: str, number: int) -> Mapping[str, str]:
    """The files of a version, byte for byte; `NotFound` if there is no such version."""
    query = select(VERSIONS.c.texts).where(VERSIONS.c.app == app, VERSIONS.c.number == number)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(
            say(zh="{app} 没有版本 {number}", en="There is no version {number} of {app}", app=app, number=number)
        )
    return dict(found)


def history(connection: Connection, app: str) -> list[Version]:
    """All versions, newest first."""
    columns = (
        VERSIONS.c.app,
        VERSIONS.c.number,
        VERSIONS.c.digest,
        VERSIONS.c.published_at,
        VERSIONS.c.published_by,
        VERSIONS.c.comment,
        VERSIONS.c.plan,
    )
    rows = connection.execute(select(*columns).where(VERSIONS.c.app == app).order_by(VERSIONS.c.number.desc()))
    return [Version(*row[:-1], plan=tuple(row[-1])) for row in rows]


def lock(connection: Connection, app: str) -> None:
    """One publishing at a time: waits for commands in flight and holds new ones."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PUBLISHING})
        connection.execute(select(APPS.c.version).where(APPS.c.name == app).with_for_update())


def next_number(connection: Connection, app: str) -> int:
    """The number that the next version gets."""
    last = connection.execute(select(func.max(VERSIONS.c.number)).where(VERSIONS.c.app == app)).scalar_one()
    return int(last or 0) + 1


def add(
    connection: Connection,
    app: str,
    digest: str,
    files: Mapping[str, str],
    plan: Iterable[str],
    *,
    at: dt.datetime,
    by: str,
    comment: str,
) -> int:
    """Store a new version and make it the live one; its number."""
    number = next_number(connection, app)
    row: dict[str, Any] = {
        "app": app,
        "number": number,
        "digest": digest,
        "texts": dict(files),
        "plan": list(plan),
        "published_at": at,
        "published_by": by,
        "comment": comment,
    }
    connection.execute(insert(VERSIONS).values(**row))
    if connection.execute(update(APPS).where(APPS.c.name == app).values(version=number, digest=digest)).rowcount == 0:
        connection.execute(insert(APPS).values(name=app, version=number, digest=digest))
    return number


def numbers(connection: Connection, app: str) -> dict[str, int]:
    """The stable number of every object and lines of an app, also of those that are gone."""
    rows = connection.execute(select(OBJECTS.c.name, OBJECTS.c.number).where(OBJECTS.c.app.in_([app, ""])))
    return {row[0]: row[1] for row in rows}


def number_objects(connection: Connection, app: str, names: Iterable[str], former: Mapping[str, str]) -> dict[str, int]:
    """Give numbers to objects that have none; renamed ones (new name → old) keep theirs."""
    known = numbers(connection, app)
    moved = {known[old]: new for new, old in former.items() if old in known}
    for name, number in known.items():         # of something that is gone, whose name another one takes
        if name in former and number not in moved:
            moved[number] = f"{name}~{number}"
    for number in moved:
        connection.execute(update(OBJECTS).where(OBJECTS.c.number == number).values(name=f"~{number}"))
    for number, name in moved.items():
        connection.execute(update(OBJECTS).where(OBJECTS.c.number == number).values(name=name))
    known = numbers(connection, app)
    top = connection.execute(select(func.max(OBJECTS.c.number))).scalar_one() or 0
    fresh = [name for name in names if name not in known]
    for number, name in enumerate(fresh, top + 1):
        connection.execute(insert(OBJECTS).values(number=number, app="" if name == "user" else app, name=name))
    return numbers(connection, app)
