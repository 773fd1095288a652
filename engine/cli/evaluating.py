"""`formwork eval`: one expression, by the Python interpreter or by the database."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine.cli.sites import compiled, open_site
from engine.definitions.app import App
from engine.definitions.compile import app_from
from engine.definitions.filters import NotReadable, Reader, belonging, everything
from engine.errors import Location, Problem
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import Duration, ErrorValue, Range, Ref, Row, Rows
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.evaluations import by_database
from engine.runtime.storage.live import Tx
from engine.suggest import did_you_mean

NOTHING = "app: scratch\nobjects:\n  nothing:\n    fields: {name: text}\n"


def evaluate(text: str, *, sql: bool, app: App | None, thing: str, record: int | None) -> tuple[Any] | list[Problem]:
    """The value as JSON (in a tuple, so that blank is told from failure), or the problems of the expression.

    Raises `NotInSql` where the database was asked and cannot give exactly Python's value."""
    chosen = app or app_from(NOTHING)
    known = [o.name for o in chosen.objects.values() if o.name != "user"]
    if thing and thing not in chosen.objects:
        hint = did_you_mean(thing, known)
        return [Problem("E-REF-002", f"there is no object `{thing}`", Location("command line"), hint)]
    name = thing or known[0]
    try:
        found = belonging(Reader(chosen, everything(chosen), decisions=True), name, text)
    except NotReadable as bad:
        return list(bad.problems)
    if record is not None:
        site = open_site()
        with site.read(chosen.name, SERVICE) as tx:
            return (plain(_in(tx, found, name, record, sql=sql)),)
    with tempfile.TemporaryDirectory(prefix="formwork-eval-") as folder:
        scratch = Site(Database(f"sqlite:///{folder}/scratch.db"))
        scratch.publish(chosen.texts)
        try:
            with scratch.read(chosen.name, SERVICE) as tx:
                frame = Frame(Session(tx))
                return (plain(by_database(tx, name, found, frame) if sql else found.value(frame)),)
        finally:
            scratch.database.close()


def _in(tx: Tx, found: Expression, name: str, record: int, *, sql: bool) -> Any:
    session = Session(tx)
    row = session.record(Ref(name, record))
    if row is None:
        return None
    frame = session.frame(row)
    return by_database(tx, name, found, frame, record=record) if sql else found.value(frame)


def plain(value: Any) -> Any:
    """A value as JSON: exact numbers as strings, records by id, errors by code."""
    if isinstance(value, Decimal):
        return format(value if value else value.copy_abs(), "f")
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
    if isinstance(value, Range):
        return {"start": plain(value.start), "end": plain(value.end)}
    if isinstance(value, (Ref, Row)):
        return {"object": value.object, "id": value.id}
    if isinstance(value, Rows):
        return [plain(item) for item in value.items]
    return [plain(item) for item in value] if isinstance(value, tuple) else value


@click.command(name="eval", context_settings={"ignore_unknown_options": True})  # `-2 + 3` is no option
@click.argument("expression")
@click.option("--sql", is_flag=True, help="Evaluate it in the database instead of Python.")
@click.option("--app", "app_file", type=click.Path(path_type=Path), help="The app whose names it may use.")
@click.option("--object", "--on", "object_", default="", help="The object that it belongs to (the app's first).")
@click.option("--record", type=int, help="The id of the record at hand (in the site of the settings).")
def evaluate_expression(expression: str, sql: bool, app_file: Path | None, object_: str, record: int | None) -> int:
    """Evaluate an expression; prints the value as JSON."""
    app = None if app_file is None else compiled(app_file)
    try:
        found = evaluate(expression, sql=sql, app=app, thing=object_, record=record)
    except NotInSql as reason:
        click.echo(f"this runs in Python only: {reason} (leave out --sql)", err=True)
        return 1
    if isinstance(found, list):
        for problem in found:
            click.echo(str(problem), err=True)
        return 1
    click.echo(json.dumps(found[0], ensure_ascii=False))
    return 0
