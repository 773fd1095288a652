"""Declared reports as pages with their parameters. Knows the reports service."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.errors import FieldError, Invalid, NotFound
from engine.runtime.services.reporting import reports
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, asks, pivots, sheets
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import page
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("reports", __name__)


@route(BLUEPRINT, "/apps/<app>/reports/<report>", Access.PERSON, patient=True)
def show(app: str, report: str) -> ResponseReturnValue:
    """One report; wrong parameters are shown at their controls and the report waits."""
    given = queries.given()
    with opened(app) as tx:
        found = tx.app.reports.get(report)
        if found is None:
            raise NotFound(say(zh="没有名为 {name} 的报表", en="There is no report called {name}", name=report))
        errors: Sequence[FieldError] = ()
        table, more = None, False
        try:
            answer = pivots.crossed(tx, found, reports.run(tx, report, given, typed=True))
            table, more = sheets.table(tx, answer), answer.more
        except Invalid as failure:
            errors = failure.errors
        return page(
            tx,
            "reports/show.html",
            status=422 if errors else 200,
            label=found.label.to(tx.actor.language),
            table=table,
            more=more,
            controls=asks.of_report(tx, found, given, errors),
            url=addresses.report(app, report),
        )
