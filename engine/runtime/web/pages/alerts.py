"""Alerts that fire, and taking care of them. Knows the alerts service."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.runtime.services.automation import alerts
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, warnings
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("alerts", __name__)
MOST_HOURS = 30 * 24


@route(BLUEPRINT, "/apps/<app>/alerts", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Alerts that fire and concern the visitor."""
    with opened(app) as tx:
        return page(tx, "alerts/list.html", alerts=warnings.together(warnings.of(tx, alerts.open(tx))))


@route(BLUEPRINT, "/apps/<app>/alerts/<int:id>/acknowledge", Access.PERSON, methods=("POST",))
def acknowledge(app: str, id: int) -> ResponseReturnValue:
    """Say that somebody sees to it."""
    run(app, lambda tx: alerts.acknowledge(tx, id))
    return go(addresses.alerts(app), say(zh="已确认", en="Noted").to(language()))


@route(BLUEPRINT, "/apps/<app>/alerts/<int:id>/silence", Access.PERSON, methods=("POST",))
def silence(app: str, id: int) -> ResponseReturnValue:
    """Tell nobody of it for some hours; 0 ends the silence."""
    hours = min(max(request.form.get("hours", 0, type=int), 0), MOST_HOURS)

    def command(tx: Tx) -> None:
        alerts.silence(tx, id, tx.now + dt.timedelta(hours=hours) if hours else None)

    run(app, command)
    told = say(zh="已静音", en="Silent") if hours else say(zh="已取消静音", en="No longer silent")
    return go(addresses.alerts(app), told.to(language()))
