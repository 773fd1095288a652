"""Actions of records over REST. Knows the act command and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, NotFound
from engine.runtime.services import commands, inputs
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, replies
from engine.runtime.web.api.records import answer, explained, matched
from engine.runtime.web.present import documents
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key
from engine.texts import say

BLUEPRINT = Blueprint("api_actions", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/actions/<action>", Access.PERSON, methods=("POST",))
def act(app: str, object: str, id: int, action: str) -> ResponseReturnValue:
    """Take an action; the record as it is then, with what else was created under `created`."""
    body, version = envelope(bodies.read_json(optional=True)), matched()
    try:
        return answer(replies.once(app, header_key(), lambda tx: take(tx, object, id, action, body, version)))
    except Conflict as conflict:
        raise explained(app, object, id, version, conflict) from None


def take(tx: Tx, object: str, id: int, action: str, body: Mapping[str, Any], version: int | None) -> Reply:
    """The command and its answer."""
    definition = commands.known(tx, object).actions.get(action)
    if definition is None:
        raise NotFound(say(zh="没有名为 {name} 的操作", en="There is no action called {name}", name=action))
    outcome = commands.act(
        tx,
        object,
        id,
        action,
        given=inputs.read_asked(tx, object, definition, body.get("input") or {}),
        accept=body.get("accept") or (),
        override=body.get("override") or {},
        version=version,
        comment=body.get("comment") or "",
    )
    created = [{"object": r.object, "id": r.id, "title": r.title} for r in outcome.created if r.parent is None]
    return Reply(200, {**documents.record(outcome.record), "created": created})


def envelope(body: Mapping[str, Any], *more: str) -> Mapping[str, Any]:
    """The body of an action or task: `input`, `comment`, `accept`, `override`, of the right shapes."""
    bodies.only(body, "input", "comment", "accept", "override", *more)
    shapes: dict[str, type] = {"input": dict, "comment": str, "accept": list, "override": dict}
    for name, shape in shapes.items():
        if body.get(name) is not None and not isinstance(body[name], shape):
            bodies.refuse(say(zh="{name} 的格式不对", en="{name} is not of the right shape", name=name))
    named = [*(body.get("accept") or ()), *(body.get("override") or {}).values()]
    if not all(isinstance(item, str) for item in named):
        bodies.refuse(say(zh="accept 与 override 只能含文本", en="accept and override hold texts only"))
    return body
