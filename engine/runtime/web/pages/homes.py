"""Start pages. Knows the home's view model."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.runtime.web.present import addresses, homes
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page, plain_page
from engine.runtime.web.visits import opened, site

BLUEPRINT = Blueprint("homes", __name__)


@route(BLUEPRINT, "/", Access.PERSON)
def start() -> ResponseReturnValue:
    """The only app's start page, or the choice among several."""
    apps = [live.app for live in site().apps()]
    if len(apps) == 1:
        return go(addresses.app_home(apps[0].name))
    return plain_page("homes/apps.html")


@route(BLUEPRINT, "/apps/<app>/", Access.PERSON)
def show(app: str) -> ResponseReturnValue:
    """An app's start page."""
    with opened(app) as tx:
        return page(tx, "homes/show.html", view=homes.of(tx))
