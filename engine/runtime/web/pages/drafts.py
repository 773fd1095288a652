"""Drafts of forms: kept while somebody types, thrown away on demand. Knows the drafts' service."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine.definitions.objects import Object
from engine.runtime.services import commands, drafts, previews, reading
from engine.runtime.services.drafts import Draft
from engine.runtime.services.rights import access
from engine.runtime.storage import replies as stored
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import replies
from engine.runtime.web.present import addresses
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("drafts", __name__)
BASE = "/apps/<app>/records/<object>"
OF_THE_PAGE = ("csrf_token", "_key", "_version", "_accept", "_then", "_changed", "_draft")     # not what was typed
DISCARDED = say(zh="草稿已丢弃", en="The draft is thrown away")


@route(BLUEPRINT, f"{BASE}/draft", Access.PERSON, methods=("POST",))
def keep_new(app: str, object: str) -> ResponseReturnValue:
    """Keep what stands in the form of a new record."""
    return keep(app, object, 0)


@route(BLUEPRINT, f"{BASE}/<int:id>/draft", Access.PERSON, methods=("POST",))
def keep_stored(app: str, object: str, id: int) -> ResponseReturnValue:
    """Keep what stands in the form of a stored record."""
    return keep(app, object, id)


def keep(app: str, object: str, id: int) -> ResponseReturnValue:
    """Keep the form; controls that it cannot have are refused."""
    with opened(app) as tx:
        posted = posted_forms.read(tx.app, commands.known(tx, object), request.form)
    pairs = [(name, value) for name, value in request.form.items(multi=True) if name not in OF_THE_PAGE]

    def put(tx: Tx) -> None:
        # What was still under way while the form was saved comes after it: it is no draft any more.
        if not posted.key or stored.kept(tx, replies.visitor(), posted.key) is None:
            drafts.keep(tx, object, id, posted.version or 0, pairs)

    run(app, put)
    return "", 204


@route(BLUEPRINT, f"{BASE}/draft/discard", Access.PERSON, methods=("POST",))
def discard_new(app: str, object: str) -> ResponseReturnValue:
    """Throw the draft of a new record away."""
    return discard(app, object, 0)


@route(BLUEPRINT, f"{BASE}/<int:id>/draft/discard", Access.PERSON, methods=("POST",))
def discard_stored(app: str, object: str, id: int) -> ResponseReturnValue:
    """Throw the draft of a stored record away."""
    return discard(app, object, id)


def discard(app: str, object: str, id: int) -> ResponseReturnValue:
    """Throw it away and go on: to the form, or where `back` says home."""
    with opened(app) as tx:
        commands.known(tx, object)
    run(app, lambda tx: drafts.drop(tx, object, id))
    form = addresses.record(app, object, id, "edit") if id else addresses.new_record(app, object)
    return go(addresses.app_home(app) if request.form.get("back") == "home" else form, DISCARDED.to(language()))


def applied(tx: Tx, obj: Object, id: int) -> tuple[Draft, MultiDict[str, str]] | None:
    """The draft of a form as a browser would send it, without what the actor may no longer give; None if there is
    none."""
    found = drafts.found(tx, obj.name, id)
    if found is None:
        return None
    rights = access.allowed(reading.get(tx, obj.name, id)) if id else previews.preview(tx, obj.name, {}).allowed
    pairs = drafts.open_pairs(obj, found.pairs, {name: right.edit for name, right in rights.fields.items()})
    return found, MultiDict([*pairs, *([("_version", str(found.version))] if id else [])])
