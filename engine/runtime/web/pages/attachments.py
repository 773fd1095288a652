"""Files of records in the browser: sent from a form that is open, fetched from a page."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.kinds.fields.attached import shown_size
from engine.runtime.services import attachments, commands, reading
from engine.runtime.web import queries, uploads
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("attachments", __name__)


@route(BLUEPRINT, "/apps/<app>/records/<object>/files", Access.PERSON, methods=("POST",), files=True)
def upload(app: str, object: str) -> ResponseReturnValue:
    """One file for the field that `path` names; what it is called until the form is saved."""
    chosen = uploads.sent()
    if len(chosen) != 1:
        raise Unreadable(say(zh="请一次上传一个文件", en="Send one file at a time"))
    made = uploads.take(app, object, request.form.get("path", ""), chosen[0][1])
    return jsonify(id=made.token, title=made.name, hint=shown_size(made.size))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/files/<token>", Access.PERSON)
def download(app: str, object: str, id: int, token: str) -> ResponseReturnValue:
    """A file of a record that the visitor may see, in a field that they may see; with `?thumb` its small picture."""
    queries.known(("thumb",))
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return uploads.asked(tx, attachments.found(record, token))
