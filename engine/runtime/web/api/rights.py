"""Rights explained over REST, for administrators and builders: why somebody may or may not, and who sees a record."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden, Unreadable
from engine.runtime.services.identity import scopes
from engine.runtime.services.rights import access, explaining
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import documents, rights
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_rights", __name__)
ASKED = ("person", "field", "action")


@route(BLUEPRINT, "/api/<app>/<object>/explain", Access.BUILDER)
def of_object(app: str, object: str) -> ResponseReturnValue:
    """What a person may do with an object, and why."""
    with opened(app) as tx:
        return explained(tx, object, None)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/explain", Access.BUILDER)
def of_record(app: str, object: str, id: int) -> ResponseReturnValue:
    """What a person may do with one record, and why."""
    with opened(app) as tx:
        return explained(tx, object, id)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/viewers", Access.BUILDER)
def of_viewers(app: str, object: str, id: int) -> ResponseReturnValue:
    """Everybody who can see the record, with the rule by which."""
    queries.known(())
    with opened(app) as tx:
        demand_reach(tx)
        found = rights.viewers(explaining.viewers(tx, object, id), language())
        return jsonify(documents.listing(found, None, len(found)))


def explained(tx: Tx, object: str, id: int | None) -> ResponseReturnValue:
    """The answer to one question; the address names the `person`, and a `field` or `action` that alone is wanted."""
    queries.known(ASKED)
    demand_reach(tx)
    login = request.args.get("person", "")
    if not login:
        raise Unreadable(say(zh="缺少 person=登录名", en="Say whose rights: person=LOGIN"))
    told = explaining.explain(tx, login, object, id)
    field, action = request.args.get("field", ""), request.args.get("action", "")
    for name, known in ((field, told.fields), (action, {one.name for one in told.actions})):
        if name and name not in known:
            raise Unreadable(say(zh="没有 {name}", en="There is no {name}", name=name))
    return jsonify(rights.document(told, language(), field=field, action=action))


def demand_reach(tx: Tx) -> None:
    """A token explains rights where it reaches definitions."""
    if not scopes.covers(tx.actor.scopes, tx.app.name, "", "build"):
        raise Forbidden(access.beyond(f"{tx.app.name}:build"), code="scope")
