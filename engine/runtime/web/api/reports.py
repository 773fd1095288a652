"""Declared reports and ad-hoc questions over REST. Knows the reports service."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.runtime.services.reporting import behind, reports
from engine.runtime.web import bodies
from engine.runtime.web.present import origins, sheets
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_reports", __name__)


@route(BLUEPRINT, "/api/<app>/reports/<report>", Access.PERSON, patient=True)
def run(app: str, report: str) -> ResponseReturnValue:
    """A declared report; its parameters are those of the address."""
    with opened(app) as tx:
        return jsonify(sheets.as_json(reports.run(tx, report, request.args.to_dict()), language()))


@route(BLUEPRINT, "/api/<app>/reports/<report>/behind", Access.PERSON, patient=True)
def rows_behind(app: str, report: str) -> ResponseReturnValue:
    """The rows behind figures of a report: those of the group `_at`, for the same parameters."""
    given = request.args.to_dict()
    at = given.pop(origins.AT, "")
    with opened(app) as tx:
        found = tx.app.reports.get(report)
        if found is None:
            raise NotFound(say(zh="没有名为 {name} 的报表", en="There is no report called {name}", name=report))
        rows = behind.run(tx, found, behind.heard(found, at), given)
        return jsonify({**sheets.as_json(rows.table, language()), "more": rows.table.more})


@route(BLUEPRINT, "/api/<app>/query", Access.PERSON, methods=("POST",), patient=True)
def query(app: str) -> ResponseReturnValue:
    """An ad-hoc report: `{from, where, by, show, sort, limit}`. It reads only, so it needs no idempotency key."""
    body = bodies.read_json()
    bodies.only(body, "from", "where", "by", "show", "sort", "limit")
    with opened(app) as tx:
        return jsonify(sheets.as_json(reports.query(tx, body), language()))
