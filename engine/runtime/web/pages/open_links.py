"""Links for people without an account, in the dialog of sharing: making one, whose address is shown this once, taking
one back. Knows the service."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden, Invalid, NotFound, Refused
from engine.runtime.services.rights import open_links
from engine.runtime.web.pages import shares
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import link_address, run

BLUEPRINT = Blueprint("open_links", __name__)
BASE = "/apps/<app>/records/<object>/<int:id>/links"


@route(BLUEPRINT, BASE, Access.PERSON, methods=("POST",))
def make(app: str, object: str, id: int) -> ResponseReturnValue:
    """Make a link, and show its address."""
    name, whom = request.form.get("link", "")[:250], request.form.get("whom", "")
    try:
        _, token = run(app, lambda tx: open_links.make(tx, object, id, name, whom))
    except (Invalid, Refused, Forbidden) as failure:
        return shares.draw(app, object, id, failure)
    return shares.draw(app, object, id, made=link_address(app, token))


@route(BLUEPRINT, f"{BASE}/<int:number>/stop", Access.PERSON, methods=("POST",))
def stop(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Take a link back, and show which are left."""
    try:
        run(app, lambda tx: open_links.stop(tx, object, id, number))
    except NotFound as failure:
        if failure.message is not open_links.NONE:
            raise
    return shares.draw(app, object, id)
