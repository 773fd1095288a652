"""One cell of a list, edited in place: its control, the command, the row as it then is. Draws through templates."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.errors import Conflict, Failure, Forbidden, Refused
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries
from engine.runtime.web.present import cell_forms, lists, shelves
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("cells", __name__)
PATH = "/apps/<app>/records/<object>/<int:id>/cell/<name>"


@route(BLUEPRINT, PATH, Access.PERSON)
def ask(app: str, object: str, id: int, name: str) -> ResponseReturnValue:
    """The control of a cell; 403 with the reason where nobody may type in it now."""
    queries.known(("view",))
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        demand_open(record, name)
        return draw(record, name)


def demand_open(record: Record, name: str) -> None:
    """Refuse a field that this actor may not change in this record as it stands."""
    right = access.allowed(record).fields.get(name)
    if right is None or not right.see or not right.edit or not cell_forms.editable(record.definition, name):
        reason = right.reason if right is not None and right.see else None
        raise Forbidden(reason or say(zh="这一格不能直接修改", en="This cell cannot be edited here"))


def draw(record: Record, name: str, failure: Failure | None = None, typed: str | None = None) -> ResponseReturnValue:
    """The form of a cell, with what is wrong and what answers it."""
    view = cell_forms.of(record, name, failure, typed)
    return fragment("records/_cell.html", cell=view, status=failure.status if failure is not None else 200)


@route(BLUEPRINT, PATH, Access.PERSON, methods=("POST",))
def save(app: str, object: str, id: int, name: str) -> ResponseReturnValue:
    """Change one field by the same command as everywhere; the row as it is afterwards, or the cell with its reason."""
    key = request.form.get("_view", "")
    with opened(app) as tx:
        obj = commands.known(tx, object)
        demand_open(reading.get(tx, obj.name, id), name)
        form = request.form.copy()
        form.pop("_view", None)
        posted = posted_forms.read(tx.app, obj, form)

    def command(tx: Tx) -> None:
        values = inputs.read(tx, object, {name: posted.raw.get(name)}, form=True)
        commands.update(tx, object, id, values, version=posted.version, accept=posted.accept)

    failure: Failure | None = None
    try:
        run(app, command)
    except (Conflict, Refused, Failure) as refused:
        failure = refused
    with opened(app) as tx:
        record = reading.get(tx, object, id)
        if failure is not None:
            return draw(record, name, failure, request.form.get(name, ""))
        return row(tx, tx.app.objects[object], record, key)


def row(tx: Tx, obj: Object, record: Record, key: str) -> ResponseReturnValue:
    """The row of a record in a view."""
    chosen = shelves.choose(tx, obj, {"view": key} if key else {})
    picked = lists.picked_of(tx, obj, chosen)
    found = lists.listed(tx, obj, [record], picked, language())
    columns = [lists.plain_head(c) for c in picked]
    batch = lists.has_batch(tx, obj)
    return fragment("records/_rows.html", heads=columns, rows=found, batch=batch, more_url="")
