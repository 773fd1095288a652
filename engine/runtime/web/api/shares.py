"""Shares of a record over REST: with whom it is shared, sharing it, stopping that. Knows the service."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, reading
from engine.runtime.services.rights import sharing
from engine.runtime.web import bodies, queries, replies
from engine.runtime.web.present import documents
from engine.runtime.web.present.sharing import document
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("api_shares", __name__)
BASE = "/api/<app>/<object>/<int:id>/shares"


@route(BLUEPRINT, BASE, Access.PERSON)
def index(app: str, object: str, id: int) -> ResponseReturnValue:
    """With whom the record is shared, as far as the caller is told."""
    queries.known(())
    with opened(app) as tx:
        found = sharing.listing(reading.get(tx, commands.known(tx, object).name, id))
        return jsonify(documents.listing([document(one, language()) for one in found], None, len(found)))


@route(BLUEPRINT, BASE, Access.PERSON, methods=("POST",))
def share(app: str, object: str, id: int) -> ResponseReturnValue:
    """Share it: `{"user": LOGIN}`, `{"department": NAME}` or `{"role": NAME}`, with `edit` and `until` (a day)."""
    body = bodies.read_json()
    bodies.only(body, *sharing.KINDS, "edit", "until")
    kinds = [kind for kind in sharing.KINDS if kind in body]
    if len(kinds) != 1 or not isinstance(body[kinds[0]], str) or not isinstance(body.get("edit", False), bool):
        bodies.refuse(say(
            zh="请给出 user、department、role 之一（文本）；edit 为 true 或 false",
            en="Give one of user, department and role (a text); `edit` is true or false",
        ))
    until = day(body.get("until"))
    edit = bool(body.get("edit", False))
    reply = replies.once(app, header_key(), lambda tx: Reply(201, document(
        sharing.share(tx, object, id, kinds[0], body[kinds[0]], edit=edit, until=until), language()
    )))
    return jsonify(reply.body), reply.status


def day(given: Any) -> dt.date | None:
    """A day as ISO text; null for none."""
    if given is None:
        return None
    try:
        return dt.date.fromisoformat(given if isinstance(given, str) and len(given) == 10 else "")  # noqa: PLR2004
    except ValueError:
        bodies.refuse(say(zh="until 为日期，例如 2026-12-31", en="`until` is a day such as 2026-12-31"))


@route(BLUEPRINT, f"{BASE}/<int:number>", Access.PERSON, methods=("DELETE",))
def stop(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Stop sharing."""
    run(app, lambda tx: sharing.stop(tx, object, id, number))
    return "", 204
