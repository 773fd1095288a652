"""What can be pulled into the lines of a draft, over REST. Knows services and documents."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.runtime.services import commands, inputs, previews
from engine.runtime.web import bodies, queries
from engine.runtime.web.present import pulls
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("api_pulls", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/pull/<lines>", Access.PERSON, methods=("POST",))
def offers(app: str, object: str, lines: str) -> ResponseReturnValue:
    """The rows that the lines of a draft can be filled from, nothing saved; with `id` those of a stored record."""
    queries.known(())
    body = bodies.read_json()
    id = body.pop("id", None)
    if id is not None and not bodies.is_id(id):
        raise Unreadable(say(zh="id 必须是整数", en="The id is an integer"))
    with opened(app) as tx:
        obj = commands.known(tx, object)
        draft = previews.preview(tx, obj.name, inputs.read(tx, obj.name, body), id)
        return jsonify(pulls.documents(draft.record, lines))
