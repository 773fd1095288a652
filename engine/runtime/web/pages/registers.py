"""Registers to read: balances, as of a day, and the movements behind them. Knows ledgers."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.runtime.services import ledgers
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, sheets
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import page
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("registers", __name__)
VIEWS = ("balances", "movements", "turnovers")
LIMIT = 100
LABELS = {
    "balances": say(zh="余额", en="Balances"),
    "movements": say(zh="流水", en="Movements"),
    "turnovers": say(zh="收发存", en="Turnovers"),
}


@route(BLUEPRINT, "/apps/<app>/registers/<register>", Access.PERSON)
def show(app: str, register: str) -> ResponseReturnValue:
    """One register by balances, movements or turnovers."""
    queries.known(("view", "at", "from", "to", "filter", "after"))
    view = request.args.get("view", "balances")
    with opened(app) as tx:
        found = ledgers.known(tx, register)
        filter = request.args.get("filter", "")
        start, end = queries.day("from") or tx.today.replace(day=1), queries.day("to") or tx.today
        if view == "movements":
            sheet = ledgers.movements(
                tx, register, filter=filter, after=request.args.get("after", type=int), limit=LIMIT
            )
        elif view == "turnovers" and found.dated:
            sheet = ledgers.turnovers(tx, register, start, end, filter=filter)
        else:
            view = "balances"
            sheet = ledgers.balances(tx, register, at=queries.day("at"), filter=filter)
        url = addresses.register(app, register)
        kept = {k: v for k, v in request.args.items() if v and k in ("filter",)}
        tabs = [
            {
                "label": LABELS[v].to(tx.actor.language),
                "url": addresses.extended(url, view=v, **kept),
                "active": v == view,
            }
            for v in VIEWS
            if v != "turnovers" or found.dated
        ]
        more = addresses.extended(url, view=view, after=sheet.next, **kept) if sheet.next else ""
        return page(
            tx,
            "registers/show.html",
            label=found.label.to(tx.actor.language),
            view=view,
            tabs=tabs,
            more_url=more,
            table=sheets.table(tx, sheet),
            url=url,
            filter=filter,
            at=request.args.get("at", ""),
            dated=found.dated,
            start=start.isoformat(),
            end=end.isoformat(),
        )
