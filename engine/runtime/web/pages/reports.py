"""Declared reports as pages with their parameters. Knows the reports service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.errors import FieldError, Invalid, NotFound
from engine.runtime.services.reporting import behind, reports
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, asks, board_filters, origins, pivots, sheets
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
            answer = reports.run(tx, report, given, typed=True)
            crossed = pivots.crossed(tx, found, answer)
            rows = addresses.report(app, report) + "/behind" + board_filters.address(_set(given))
            table, more = origins.linked(tx, found, answer, crossed, sheets.table(tx, crossed), rows), crossed.more
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


@route(BLUEPRINT, "/apps/<app>/reports/<report>/behind", Access.PERSON, patient=True)
def behind_figure(app: str, report: str) -> ResponseReturnValue:
    """The rows behind a figure of a report: those of the group that the address tells."""
    given = queries.given()
    at = str(given.pop(origins.AT, ""))
    with opened(app) as tx:
        found = tx.app.reports.get(report)
        if found is None:
            raise NotFound(say(zh="没有名为 {name} 的报表", en="There is no report called {name}", name=report))
        label = found.label.to(tx.actor.language)
        rows = origins.of(tx, behind.run(tx, found, behind.heard(found, at), given, typed=True))
        back = addresses.report(app, report) + board_filters.address(given)
        return page(tx, "reports/behind.html", crumbs=[(label, back)], label=label, rows=rows)


def _set(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for the parameters and is not blank."""
    return {name: value for name, value in given.items() if value not in reports.BLANK}
