"""What has happened to the site, for administrators: signing in, accounts, rights, definitions, records."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.runtime.web.present import happenings
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me

BLUEPRINT = Blueprint("happenings", __name__, url_prefix="/events")


@route(BLUEPRINT, "/", Access.ADMIN)
def index() -> ResponseReturnValue:
    """The entries that the address asks for, newest first."""
    return plain_page("events/list.html", view=happenings.view(site(), request.args, language(), me().timezone))
