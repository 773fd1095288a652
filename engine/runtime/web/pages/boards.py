"""Boards: the frame first, then each card by itself. Knows the boards service."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.runtime.services.reporting import boards as board_service
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, board_filters, boards, origins
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, page
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("boards", __name__)


@route(BLUEPRINT, "/apps/<app>/boards/<board>", Access.PERSON)
def show(app: str, board: str) -> ResponseReturnValue:
    """The frame of a board; a filter that cannot be read is shown at its control, and the cards wait."""
    with opened(app) as tx:
        frame = boards.frame(tx, board, queries.given())
        return page(tx, "boards/show.html", status=422 if frame.wrong else 200, board=frame)


@route(BLUEPRINT, "/apps/<app>/boards/<board>/cards/<int:number>", Access.PERSON, patient=True)
def card(app: str, board: str, number: int) -> ResponseReturnValue:
    """The content of one card."""
    with opened(app) as tx:
        return fragment("boards/card.html", card=boards.filled(tx, board, number, queries.given()))


@route(BLUEPRINT, "/apps/<app>/boards/<board>/cards/<int:number>/behind", Access.PERSON, patient=True)
def behind_figure(app: str, board: str, number: int) -> ResponseReturnValue:
    """The rows behind a figure of a card, narrowed as the board is."""
    given = queries.given()
    at = str(given.pop(origins.AT, ""))
    with opened(app) as tx:
        found = board_service.behind_card(tx, board, number, given, at)
        language, declared = tx.actor.language, tx.app.dashboards[board]
        back = addresses.board(app, board) + board_filters.address(given)
        return page(
            tx, "reports/behind.html", crumbs=[(declared.label.to(language), back)],
            label=declared.cards[number].label.to(language), rows=origins.of(tx, found),
        )
