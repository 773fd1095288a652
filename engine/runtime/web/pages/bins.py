"""The bin as a page, and the moves into the archive and out of it. Knows the verbs and their view model."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Refused
from engine.runtime.services import commands, inputs, shelving
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, bins
from engine.runtime.web.present.bins import Hindrance
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("bins", __name__)


@route(BLUEPRINT, "/apps/<app>/bin", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """What was deleted and the visitor may bring back."""
    queries.known(("object", "cursor"))
    return shown(app, request.args.get("object", ""), request.args.get("cursor") or None)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/restore", Access.PERSON, methods=("POST",))
def restore(app: str, object: str, id: int) -> ResponseReturnValue:
    """Bring a record back, with other values where some were typed."""
    typed = {name: value for name, value in request.form.items() if name != "csrf_token" and not name.startswith("_")}

    def back(tx: Tx) -> None:
        commands.known(tx, object)
        shelving.restore(tx, object, id, values=inputs.read(tx, object, typed, form=True))

    try:
        run(app, back)
    except (Invalid, Refused) as failure:
        fields = [error.field for error in failure.errors if error.code in shelving.TAKEN]
        return shown(app, object, None, Hindrance(id, failure.message.to(language()), fields))
    return go(addresses.record(app, object, id), say(zh="已恢复", en="Brought back").to(language()))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/purge", Access.PERSON, methods=("POST",))
def purge(app: str, object: str, id: int) -> ResponseReturnValue:
    """Delete a record for good."""
    run(app, lambda tx: shelving.purge(tx, object, id))
    return go(addresses.bin(app, object=object), say(zh="已彻底删除", en="Deleted for good").to(language()))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/archive", Access.PERSON, methods=("POST",))
def archive(app: str, object: str, id: int) -> ResponseReturnValue:
    """Put a record into the archive."""
    version = request.form.get("_version", type=int)
    run(app, lambda tx: shelving.archive(tx, object, id, version=version))
    return go(addresses.record(app, object, id), say(zh="已归档", en="In the archive now").to(language()))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/unarchive", Access.PERSON, methods=("POST",))
def unarchive(app: str, object: str, id: int) -> ResponseReturnValue:
    """Take a record out of the archive."""
    version = request.form.get("_version", type=int)
    run(app, lambda tx: shelving.unarchive(tx, object, id, version=version))
    return go(addresses.record(app, object, id), say(zh="已取消归档", en="Out of the archive").to(language()))


def shown(app: str, object: str, cursor: str | None, hindrance: Hindrance | None = None) -> ResponseReturnValue:
    """The page; with what stands in the way of bringing something back."""
    with opened(app) as tx:
        view = bins.of(tx, object, cursor, site().bin_days, hindrance)
        return page(tx, "bins/list.html", view=view, status=422 if hindrance else 200)
