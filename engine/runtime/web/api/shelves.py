"""The bin and the archive over REST: bring back, delete for good, put away, take out. Knows the verbs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, inputs, shelving
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, replies
from engine.runtime.web.api.records import accepted, answer, matched
from engine.runtime.web.present import documents
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key

BLUEPRINT = Blueprint("api_shelves", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/restore", Access.PERSON, methods=("POST",))
def restore(app: str, object: str, id: int) -> ResponseReturnValue:
    """Bring a record back out of the bin, with other values where the body has any; `accept` in the address names
    warnings that are accepted."""
    body = bodies.read_json(optional=True)

    def back(tx: Tx) -> Record:
        commands.known(tx, object)
        shelving.demand(tx, object, id)        # whoever may not see it learns nothing of what the body lacks
        return shelving.restore(tx, object, id, values=inputs.read(tx, object, body), accept=accepted())

    return moved(app, back)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/purge", Access.PERSON, methods=("POST",))
def purge(app: str, object: str, id: int) -> ResponseReturnValue:
    """Take a record out of the bin for good."""

    def command(tx: Tx) -> Reply:
        shelving.purge(tx, object, id)
        return Reply(204, None)

    replies.once(app, header_key(), command)
    return "", 204


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/archive", Access.PERSON, methods=("POST",))
def archive(app: str, object: str, id: int) -> ResponseReturnValue:
    """Put a record into the archive."""
    version = matched()
    return moved(app, lambda tx: shelving.archive(tx, object, id, version=version))


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/unarchive", Access.PERSON, methods=("POST",))
def unarchive(app: str, object: str, id: int) -> ResponseReturnValue:
    """Take a record out of the archive."""
    version = matched()
    return moved(app, lambda tx: shelving.unarchive(tx, object, id, version=version))


def moved(app: str, act: Callable[[Tx], Record]) -> ResponseReturnValue:
    """What became of a record that was moved."""
    return answer(replies.once(app, header_key(), lambda tx: Reply(200, documents.record(act(tx)))))
