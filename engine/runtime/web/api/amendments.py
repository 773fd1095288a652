"""Changes after approval over REST: what was asked for and what came of it. Knows services and documents."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.runtime.services import commands, reading
from engine.runtime.services.approvals import amending
from engine.runtime.storage.amendment_rows import Amendment
from engine.runtime.web import queries
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("api_amendments", __name__)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/amendments", Access.PERSON)
def listed(app: str, object: str, id: int) -> ResponseReturnValue:
    """The changes that were asked for of a record, newest first."""
    queries.known(())
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return jsonify(items=[_document(one) for one in amending.listing(record)])


def _document(one: Amendment) -> dict[str, object]:
    return {
        "id": one.id,
        "status": one.status,
        "author": one.author,
        "at": json_value(one.at),
        "ended_at": None if one.ended_at is None else json_value(one.ended_at),
        "changes": {path: {"before": before, "after": after} for path, (before, after) in one.changes.items()},
    }
