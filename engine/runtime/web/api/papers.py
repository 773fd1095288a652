"""Print forms over REST: which there are of a record, and each as PDF, of one record or of several in one file, with
the rights that they have on the screen."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, reading
from engine.runtime.services.papers import presses
from engine.runtime.web import queries, uploads
from engine.runtime.web.present import papers, prints
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("api_papers", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/print", Access.PERSON)
def index(app: str, object: str, id: int) -> ResponseReturnValue:
    """The print forms of a record that the caller may print; none where it may not be printed."""
    queries.known(())
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        base = f"/api/{app}/{object}/{id}/print"
        items = [{"name": name, "label": label, "url": f"{base}/{name}"} for name, label in papers.named(record)]
        return jsonify(items=items)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/print/<document>", Access.PERSON, patient=True)
def pdf(app: str, object: str, id: int, document: str) -> ResponseReturnValue:
    """A record in a print form, as PDF."""
    queries.known(())
    with opened(app) as tx:
        made = prints.of(reading.get(tx, commands.known(tx, object).name, id), document)
    return uploads.made(made.name, presses.MEDIA, made.pdf())


@route(BLUEPRINT, "/api/<app>/<object>/print/<document>", Access.PERSON, patient=True)
def several(app: str, object: str, document: str) -> ResponseReturnValue:
    """Several records (`?id=3,5,8`) in a print form, as one PDF."""
    queries.known(("id",))
    with opened(app) as tx:
        made = prints.many(tx, commands.known(tx, object).name, queries.ids(), document)
    return uploads.made(made.name, presses.MEDIA, made.pdf())
