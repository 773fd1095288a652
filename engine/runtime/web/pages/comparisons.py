"""Records side by side: those ticked in a list, or those that belong beside one. Draws through a template."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.runtime.services import commands, reading
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, comparing
from engine.runtime.web.present.comparing import Comparison
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("comparisons", __name__)


@route(BLUEPRINT, "/apps/<app>/records/<object>/compare/<view>", Access.PERSON, methods=("POST",))
def ticked(app: str, object: str, view: str) -> ResponseReturnValue:
    """Records that are ticked in a list, on their way to the page that compares them."""
    return go(addresses.comparison(app, object, view, request.form.getlist("id")))


@route(BLUEPRINT, "/apps/<app>/records/<object>/compare/<view>", Access.PERSON)
def several(app: str, object: str, view: str) -> ResponseReturnValue:
    """Records side by side, in the order of the address."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        return shown(tx, obj, comparing.ticked(tx, obj, comparing.view_of(tx, obj, view), queries.ids()))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/compare/<view>", Access.PERSON)
def around(app: str, object: str, id: int, view: str) -> ResponseReturnValue:
    """A record with those that the view puts beside it."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        return shown(tx, obj, comparing.around(reading.get(tx, obj.name, id), comparing.view_of(tx, obj, view)))


def shown(tx: Tx, obj: Object, comparison: Comparison) -> ResponseReturnValue:
    """The page of a comparison, with the way back to the record that it began with, or to the list."""
    crumbs = [(comparison.plural, addresses.records(tx.app.name, obj.name))]
    crumbs += [(head.title, head.url) for head in comparison.heads if head.here]
    return page(tx, "records/compare.html", view=comparison, crumbs=[*crumbs, (comparison.title, "")])
