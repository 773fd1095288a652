"""What can be pulled into the lines of an open form, for the dialog in which one chooses. Knows view models only."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, previews
from engine.runtime.web import forms as posted_forms
from engine.runtime.web.present import pulls
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import told
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("pulls", __name__)


@route(BLUEPRINT, "/apps/<app>/records/<object>/pull/<lines>", Access.PERSON, methods=("POST",))
def new(app: str, object: str, lines: str) -> ResponseReturnValue:
    """Of a new record, whose form comes along; nothing is written."""
    return choices(app, object, None, lines)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/pull/<lines>", Access.PERSON, methods=("POST",))
def stored(app: str, object: str, id: int, lines: str) -> ResponseReturnValue:
    """Of a record that is being changed."""
    return choices(app, object, id, lines)


def choices(app: str, object: str, id: int | None, lines: str) -> ResponseReturnValue:
    """The dialog as HTML, in JSON."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        posted = posted_forms.read(tx.app, obj, request.form)
        values, _ = posted_forms.readable(tx, obj.name, posted)
        draft = previews.preview(tx, obj.name, values, id)
        return jsonify(html=told("records/pull.html", view=pulls.of(draft.record, draft.allowed, lines)))
