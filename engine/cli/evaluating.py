"""`formwork eval`: one expression, by the Python interpreter or by the database."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
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


def evaluate(
    text: str, *, sql: bool, app: App | None, thing: str, record: int | None, given: Mapping[str, str] | None = None
) -> tuple[Any] | list[Problem]:
    """The value as JSON (in a tuple, so that blank is told from failure), or the problems of the expression.

    `given`: parameters, each an expression of its own. Raises `NotInSql` where the database was asked and cannot give
    exactly Python's value."""
    chosen = app or app_from(NOTHING)
    known = [o.name for o in chosen.objects.values() if o.name != "user"]
    if thing and thing not in chosen.objects:
        hint = did_you_mean(thing, known)
        return [Problem("E-REF-002", f"there is no object `{thing}`", Location("command line"), hint)]
    name = thing or known[0]
    reader = Reader(chosen, everything(chosen), decisions=True)
    try:
        parameters = {name_: belonging(reader, name, spelled) for name_, spelled in (given or {}).items()}
        found = belonging(reader, name, text, {name_: one.type for name_, one in parameters.items()})
    except NotReadable as bad:
        return [replace(problem, at=replace(problem.at, file="expression")) for problem in bad.problems]
    if record is not None:
        site = open_site()
        with site.read(chosen.name, SERVICE) as tx:
            return (plain(_in(tx, found, name, record, parameters, sql=sql)),)
    with tempfile.TemporaryDirectory(prefix="formwork-eval-") as folder:
        scratch = Site(Database(f"sqlite:///{folder}/scratch.db"))
        scratch.publish(chosen.texts)
        try:
            with scratch.read(chosen.name, SERVICE) as tx:
                frame = _with(Frame(Session(tx)), parameters)
                return (plain(by_database(tx, name, found, frame) if sql else found.value(frame)),)
        finally:
            scratch.database.close()


def _with(frame: Frame, parameters: Mapping[str, Expression]) -> Frame:
    """The frame with what the parameters are worth in it."""
    return replace(frame, names={**frame.names, **{name: one.value(frame) for name, one in parameters.items()}})


def _in(
    tx: Tx, found: Expression, name: str, record: int, parameters: Mapping[str, Expression], *, sql: bool
) -> Any:
    session = Session(tx)
    row = session.record(Ref(name, record))
    if row is None:
        return None
    frame = _with(session.frame(row), parameters)
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


def _parameter(text: str) -> tuple[str, str]:
    name, sign, spelled = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise click.UsageError(f"--with takes NAME=EXPRESSION, such as `--with low=5`, not `{text}`")
    return name.strip(), spelled


@click.command(name="eval", context_settings={"ignore_unknown_options": True})  # `-2 + 3` is no option
@click.argument("expression")
@click.option("--sql", is_flag=True, help="Evaluate it in the database instead of Python.")
@click.option("--app", "app_file", type=click.Path(path_type=Path), help="The app whose names it may use.")
@click.option("--object", "--on", "object_", default="", help="The object that it belongs to (the app's first).")
@click.option("--record", type=int, help="The id of the record at hand (in the site of the settings).")
@click.option("--with", "given", multiple=True, metavar="NAME=EXPRESSION", help="A parameter, such as `day=today()`.")
def evaluate_expression(
    expression: str, sql: bool, app_file: Path | None, object_: str, record: int | None, given: tuple[str, ...]
) -> int:
    """Evaluate an expression; prints the value as JSON."""
    if record is not None and app_file is None:
        raise click.UsageError("--record needs --app: which app's record is it?")
    app = None if app_file is None else compiled(app_file)
    try:
        found = evaluate(
            expression, sql=sql, app=app, thing=object_, record=record, given=dict(_parameter(one) for one in given)
        )
    except NotInSql as reason:
        click.echo(f"this runs in Python only: {reason} (leave out --sql)", err=True)
        return 1
    if isinstance(found, list):
        for problem in found:
            click.echo(str(problem), err=True)
        return 1
    click.echo(json.dumps(found[0], ensure_ascii=False))
    return 0
