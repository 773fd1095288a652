"""Health and readiness, at constant cost. Knows the site only."""

from __future__ import annotations

import logging

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import site

LOG = logging.getLogger(__name__)
BLUEPRINT = Blueprint("health", __name__)


@route(BLUEPRINT, "/healthz", Access.PUBLIC)
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@route(BLUEPRINT, "/readyz", Access.PUBLIC)
def readyz() -> ResponseReturnValue:
    """The database answers and at least one app is live; 503 otherwise."""
    try:
        ready = bool(site().apps())
    except Exception:  # whatever keeps the database from answering, the answer is the same: not ready
        LOG.exception("not ready")
        ready = False
    return jsonify(status="ready" if ready else "not ready"), 200 if ready else 503
