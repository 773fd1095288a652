"""`formwork eval`: one expression, by the Python interpreter or by the database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from engine.cli.sites import open_site
from engine.definitions.app import App
from engine.definitions.compile import app_from
from engine.definitions.filters import NotReadable, Reader, everything, value
from engine.errors import Problem
from engine.expressions.scope import Frame
from engine.expressions.values import Duration, ErrorValue, Ref, Row, Rows
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage import tables
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.columns import ObjectColumns
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Live, Tx

NOTHING = "app: scratch\nobjects:\n  nothing:\n    fields: {name: text}\n"


def evaluate(text: str, *, sql: bool, app: App | None, thing: str, record: int | None) -> tuple[Any] | list[Problem]:
    """The value as JSON (in a tuple, so that blank is told from failure), or the problems of the expression."""
    compiled = app or app_from(NOTHING)
    name = thing or next(iter(o.name for o in compiled.objects.values() if o.name != "user"))
    try:
        found = value(Reader(compiled, everything(compiled), decisions=True), name, text)
    except NotReadable as bad:
        return list(bad.problems)
    if record is not None:
        site = open_site()
        with site.read(compiled.name, SERVICE) as tx:
            return (plain(_in(tx, found, name, record, sql=sql)),)
    scratch = Site(Database("sqlite://"))
    with scratch.database.read() as connection:
        live = Live(compiled, tables.build(compiled), {})
        tx = Tx(connection, live, SERVICE, dt.datetime.now(dt.UTC), write=False)
        frame = Frame(Session(tx))
        if not sql:
            return (plain(found.value(frame)),)
        columns = ObjectColumns(live, compiled.objects[name], live.tables.objects[name], frame)
        return (plain(connection.execute(select(found.sql(columns, frame))).scalar_one()),)


def _in(tx: Tx, found: Any, name: str, record: int, *, sql: bool) -> Any:
    session = Session(tx)
    row = session.record(Ref(name, record))
    if row is None:
        return None
    frame = session.frame(row)
    if not sql:
        return found.value(frame)
    table = tx.live.tables.objects[name]
    columns = ObjectColumns(tx.live, tx.app.objects[name], table, frame)
    return tx.connection.execute(select(found.sql(columns, frame)).where(table.c.id == record)).scalar_one()


def plain(value: Any) -> Any:
    """A value as JSON: exact numbers as strings, records by id, errors by code."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, Duration):
        return {
            "months": value.months,
            "seconds": str(value.seconds),
            "working_days": str(value.working_days),
            "working_seconds": str(value.working_seconds),
        }
    if isinstance(value, ErrorValue):
        return {"error": value.code, "reason": value.reason.to("en")}
    if isinstance(value, (Ref, Row)):
        return {"object": value.object, "id": value.id}
    if isinstance(value, Rows):
        return [plain(item) for item in value.items]
    return [plain(item) for item in value] if isinstance(value, tuple) else value
