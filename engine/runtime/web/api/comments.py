"""Discussions over REST: what was said about a record, said, changed, taken back, followed. Knows the services."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.runtime.services import attachments, commands, discussing, discussions, reading
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, queries, replies, uploads
from engine.runtime.web.present import documents
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("api_comments", __name__)
BASE = "/api/<app>/<object>/<int:id>"


@route(BLUEPRINT, f"{BASE}/comments", Access.PERSON)
def index(app: str, object: str, id: int) -> ResponseReturnValue:
    """What was said, newest first."""
    queries.known(("cursor",))
    cursor = queries.whole("cursor", 0, 1, 2**31)
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        found = discussions.listing(record, before=cursor or None)
        more = str(found[-1].id) if len(found) == discussions.PAGE else None
        base = f"/api/{app}/{object}/{id}/comments"
        return jsonify(documents.listing([documents.comment(one, base, language()) for one in found], more, None))


@route(BLUEPRINT, f"{BASE}/comments", Access.PERSON, methods=("POST",), files=True)
def add(app: str, object: str, id: int) -> ResponseReturnValue:
    """Say something: `text` as JSON, or as multipart form data with files beside it."""
    files: list[attachments.Received] = []
    if request.mimetype == "multipart/form-data":
        text = request.form.get("text", "")
        files = uploads.received()
    else:
        text = said()

    def command(tx: Tx) -> Reply:
        made = discussing.comment(tx, object, id, text, files)
        return Reply(201, made)

    number = replies.once(app, header_key(), command).body
    return one(app, object, id, number, 201)


def said() -> str:
    """The text of a JSON body."""
    body = bodies.read_json()
    bodies.only(body, "text")
    if not isinstance(body.get("text"), str):
        bodies.refuse(say(zh="请给出 text（文本）", en="Give the `text`"))
    return str(body["text"])


def one(app: str, object: str, id: int, number: int, status: int = 200) -> ResponseReturnValue:
    """One comment as it is now."""
    with opened(app) as tx:
        found = discussing.one(tx, object, id, number)
        return jsonify(documents.comment(found, f"/api/{app}/{object}/{id}/comments", language())), status


@route(BLUEPRINT, f"{BASE}/comments/<int:number>", Access.PERSON, methods=("PATCH",))
def change(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Write the own comment anew within the hour."""
    text = said()
    run(app, lambda tx: discussing.change(tx, object, id, number, text))
    return one(app, object, id, number)


@route(BLUEPRINT, f"{BASE}/comments/<int:number>", Access.PERSON, methods=("DELETE",))
def take_back(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Take the own comment back within the hour; administrators any comment at any time."""
    run(app, lambda tx: discussing.take_back(tx, object, id, number))
    return "", 204


@route(BLUEPRINT, f"{BASE}/comments/<int:number>/files/<token>", Access.PERSON)
def download(app: str, object: str, id: int, number: int, token: str) -> ResponseReturnValue:
    """A file of a comment; with `?thumb` its small picture."""
    queries.known(("thumb",))
    with opened(app) as tx:
        return uploads.asked(tx, discussing.file_of(tx, object, id, number, token))


@route(BLUEPRINT, f"{BASE}/follow", Access.PERSON, methods=("POST",))
def follow(app: str, object: str, id: int) -> ResponseReturnValue:
    """Be told of what is said about a record (`{"follow": true}`), or no longer."""
    body = bodies.read_json()
    bodies.only(body, "follow")
    wanted = body.get("follow")
    if not isinstance(wanted, bool):
        bodies.refuse(say(zh="follow 应为 true 或 false", en="`follow` is true or false"))
    run(app, lambda tx: discussing.follow(tx, object, id, wanted))
    return jsonify(follows=wanted)
