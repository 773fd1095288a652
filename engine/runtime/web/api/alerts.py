"""Alerts over REST. Knows the alerts service."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.runtime.services.automation import alerts
from engine.runtime.services.automation.alerts import AlertView
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, queries, replies
from engine.runtime.web.present import documents
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened
from engine.texts import say

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


@route(BLUEPRINT, "/api/<app>/alerts/<int:id>/silence", Access.PERSON, methods=("POST",))
def silence(app: str, id: int) -> ResponseReturnValue:
    """Tell nobody of it `until` a moment; without one the silence ends."""
    body = bodies.read_json(optional=True)
    bodies.only(body, "until")
    until = body.get("until")
    if until is not None and not isinstance(until, str):
        bodies.refuse(NO_MOMENT)

    def command(tx: Tx) -> Reply:
        try:
            moment = None if until is None else queries.read_moment(until, tx.live.zone)
        except ValueError:
            bodies.refuse(NO_MOMENT)
        return Reply(200, document(alerts.silence(tx, id, moment), language()))

    return jsonify(replies.once(app, header_key(), command).body)


NO_MOMENT = say(zh="until 请写作 2026-03-31T18:00:00Z", en="Write until as 2026-03-31T18:00:00Z")


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
        "silenced_until": json_value(alert.silenced_until),
        "group": None if alert.group is None else alert.group.to(chosen),
        "told_at": json_value(alert.told_at),
    }
