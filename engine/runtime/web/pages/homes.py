"""Start pages. Knows the home's view model."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.runtime.web.present import addresses, homes
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page, plain_page
from engine.runtime.web.visits import apps, opened

BLUEPRINT = Blueprint("homes", __name__)


@route(BLUEPRINT, "/", Access.PERSON)
def start() -> ResponseReturnValue:
    """The only app's start page, or the choice among several."""
    known = apps()
    if len(known) == 1:
        return go(addresses.app_home(known[0].app.name))
    return plain_page("homes/apps.html")


@route(BLUEPRINT, "/apps/<app>/", Access.PERSON)
def show(app: str) -> ResponseReturnValue:
    """An app's start page."""
    with opened(app) as tx:
        return page(tx, "homes/show.html", view=homes.of(tx))
