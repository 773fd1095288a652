"""Files of records over REST: sent before the record is written, listed and fetched with the record's rights."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.runtime.services import attachments, commands, reading
from engine.runtime.web import queries, uploads
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("api_attachments", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/files", Access.PERSON, methods=("POST",), files=True)
def upload(app: str, object: str) -> ResponseReturnValue:
    """One file as multipart form data: `file`, and in `field` the path of the field that it is for. The `id` of the
    answer is what the field is given when the record is written."""
    chosen = uploads.sent()
    if len(chosen) != 1 or chosen[0][0] != "file":
        raise Unreadable(
            say(zh="请以 multipart 发送 file 和 field", en="Send `file` and `field` as multipart form data")
        )
    made = uploads.take(app, object, request.form.get("field", ""), chosen[0][1])
    return jsonify(made.document()), 201


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/files", Access.PERSON)
def index(app: str, object: str, id: int) -> ResponseReturnValue:
    """The files of a record in fields that the caller may see."""
    queries.known(())
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        base = f"/api/{app}/{object}/{id}/files"
        items = [
            {"field": path, **one.document(), "url": f"{base}/{one.token}"} for path, one in attachments.visible(record)
        ]
        return jsonify(items=items)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/files/<token>", Access.PERSON)
def download(app: str, object: str, id: int, token: str) -> ResponseReturnValue:
    """The content of one file; with `?thumb` the picture small, as WebP."""
    queries.known(("thumb",))
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return uploads.asked(tx, attachments.found(record, token))
