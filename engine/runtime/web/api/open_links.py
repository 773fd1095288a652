"""Links for people without an account over REST: which there are about a record, making one, taking one back."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, reading
from engine.runtime.services.rights import open_links
from engine.runtime.web import bodies, queries
from engine.runtime.web.present import documents
from engine.runtime.web.present.open_links import document
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import language, link_address, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("api_open_links", __name__)
BASE = "/api/<app>/<object>/<int:id>/links"


@route(BLUEPRINT, BASE, Access.PERSON)
def index(app: str, object: str, id: int) -> ResponseReturnValue:
    """The links about a record, for whoever may share it; never their addresses."""
    queries.known(())
    with opened(app) as tx:
        found = open_links.listing(reading.get(tx, commands.known(tx, object).name, id))
        return jsonify(documents.listing([document(one, language()) for one in found], None, len(found)))


@route(BLUEPRINT, BASE, Access.PERSON, methods=("POST",))
def make(app: str, object: str, id: int) -> ResponseReturnValue:
    """Make one: `{"link": "quote_answer.reply", "whom": …}`. Its address stands in this answer and nowhere else: no key
    lets the answer be asked for again."""
    body = bodies.read_json()
    bodies.only(body, "link", "whom")
    name, whom = body.get("link"), body.get("whom", "")
    if not isinstance(name, str) or not isinstance(whom, str):
        bodies.refuse(say(zh="link 与 whom 为文本", en="`link` and `whom` are texts"))

    made, token = run(app, lambda tx: open_links.make(tx, object, id, name, whom))
    return jsonify({**document(made, language()), "url": link_address(app, token)}), 201


@route(BLUEPRINT, f"{BASE}/<int:number>", Access.PERSON, methods=("DELETE",))
def stop(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Take it back."""
    run(app, lambda tx: open_links.stop(tx, object, id, number))
    return "", 204
