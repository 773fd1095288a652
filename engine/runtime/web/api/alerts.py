"""Alerts over REST. Knows the alerts service."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.runtime.services import alerts
from engine.runtime.services.alerts import AlertView
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries, replies
from engine.runtime.web.present import documents
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened

BLUEPRINT = Blueprint("api_alerts", __name__)


@route(BLUEPRINT, "/api/<app>/alerts", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Alerts that fire, newest first; `resolved=true` gives those that are over too."""
    queries.known(("resolved", "limit", "cursor"))
    limit, before = queries.whole("limit", 100, 1, queries.MOST), queries.whole("cursor", 0, 1, 2**31)
    with opened(app) as tx:
        found = alerts.open(tx, resolved=request.args.get("resolved") == "true", before=before or None, limit=limit)
        more = str(found[-1].id) if len(found) == limit else None
        return jsonify(documents.listing([document(a, language()) for a in found], more, None))


@route(BLUEPRINT, "/api/<app>/alerts/<int:id>/acknowledge", Access.PERSON, methods=("POST",))
def acknowledge(app: str, id: int) -> ResponseReturnValue:
    """Say that somebody looks after it."""

    def command(tx: Tx) -> Reply:
        return Reply(200, document(alerts.acknowledge(tx, id), language()))

    return jsonify(replies.once(app, header_key(), command).body)


def document(alert: AlertView, chosen: str) -> dict[str, Any]:
    """An alert as JSON."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "label": alert.label.to(chosen),
        "text": alert.text.to(chosen),
        "severity": alert.severity,
        "labels": json_value(alert.labels),
        "about": json_value(alert.about),
        "fired_at": json_value(alert.fired_at),
        "resolved_at": json_value(alert.resolved_at),
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": json_value(alert.acknowledged_at),
    }
