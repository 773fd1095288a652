"""The quick way to everything (Ctrl+K): its dialog, and what it finds as one types. Draws through templates."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.runtime.web.present import addresses, palette
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("palette", __name__)
LONGEST = 100


@route(BLUEPRINT, "/apps/<app>/palette", Access.PERSON)
def show(app: str) -> ResponseReturnValue:
    """The dialog with its field, and what one is likely to want."""
    with opened(app) as tx:
        heaps = palette.found(tx, "")
        return fragment("palette/show.html", heaps=heaps, words="", address=addresses.palette(app) + "/found")


@route(BLUEPRINT, "/apps/<app>/palette/found", Access.PERSON)
def found(app: str) -> ResponseReturnValue:
    """What fits `?q=`."""
    words = " ".join(request.args.get("q", "").split())[:LONGEST]
    with opened(app) as tx:
        return fragment("palette/found.html", heaps=palette.found(tx, words), words=words)
