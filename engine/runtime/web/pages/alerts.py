"""Alerts that fire, and taking care of them. Knows the alerts service."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.runtime.services import alerts
from engine.runtime.web.present import addresses, warnings
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("alerts", __name__)


@route(BLUEPRINT, "/apps/<app>/alerts", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Alerts that fire and concern the visitor."""
    with opened(app) as tx:
        return page(tx, "alerts/list.html", alerts=warnings.of(tx, alerts.open(tx)))


@route(BLUEPRINT, "/apps/<app>/alerts/<int:id>/acknowledge", Access.PERSON, methods=("POST",))
def acknowledge(app: str, id: int) -> ResponseReturnValue:
    """Say that somebody sees to it."""
    run(app, lambda tx: alerts.acknowledge(tx, id))
    return go(addresses.alerts(app), say(zh="已确认", en="Noted").to(language()))
