"""Registers to read: balances, as of a day, turnovers, and the movements behind them. Knows ledgers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.registers import Register
from engine.runtime.services.registers import ledgers
from engine.runtime.services.reporting.sheets import Sheet
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses
from engine.runtime.web.present import ledgers as ledger_tables
from engine.runtime.web.present.places import Tab
from engine.runtime.web.present.sheets import TableView
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import page
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("registers", __name__)
LIMIT = 100
MOST_ROWS = 200                                # of balances and turnovers: a page, not a book
LABELS = {
    "balances": say(zh="余额", en="Balances"),
    "movements": say(zh="流水", en="Movements"),
    "turnovers": say(zh="收发存", en="Turnovers"),
}


@route(BLUEPRINT, "/apps/<app>/registers/<register>", Access.PERSON)
def show(app: str, register: str) -> ResponseReturnValue:
    """One register by balances, movements or turnovers."""
    queries.known(("view", "at", "known", "from", "to", "filter", "after"))
    filter = request.args.get("filter", "")
    with opened(app) as tx:
        found = ledgers.known(tx, register)
        views = [v for v in LABELS if v != "turnovers" or found.dated]
        view = request.args.get("view", "") if request.args.get("view") in views else "balances"
        table, more = VIEWS[view](tx, found, filter)
        url, kept = addresses.register(app, register), {"filter": filter} if filter else {}
        tabs = [Tab(LABELS[v].to(tx.actor.language), addresses.extended(url, view=v, **kept), v == view) for v in views]
        start, end = span(tx)
        return page(
            tx,
            "registers/show.html",
            label=found.label.to(tx.actor.language),
            view=view,
            tabs=tabs,
            table=table,
            more_url=addresses.extended(url, view=view, after=more, **kept) if more.isdigit() else "",
            cut=more == CUT,
            url=url,
            filter=filter,
            at=request.args.get("at", ""),
            then=request.args.get("known", ""),
            dated=found.dated,
            start=start.isoformat(),
            end=end.isoformat(),
        )


CUT = "cut"  # there is more than a page shows


def balances(tx: Tx, register: Register, filter: str) -> tuple[TableView, str]:
    """The balances, as of the day that is asked."""
    then = queries.moment("known", tx.zone)
    sheet = ledgers.balances(
        tx, register.name, at=queries.day("at"), filter=filter, limit=MOST_ROWS + 1, known_at=then
    )
    return first(tx, register, sheet)


def first(tx: Tx, register: Register, sheet: Sheet, *, many: bool = False) -> tuple[TableView, str]:
    """The first rows of a sheet, and whether there are more."""
    shown = replace(sheet, rows=sheet.rows[:MOST_ROWS])
    return ledger_tables.figures(tx, register, shown, many=many), CUT if len(sheet.rows) > MOST_ROWS else ""


def movements(tx: Tx, register: Register, filter: str) -> tuple[TableView, str]:
    """One page of movements, newest first."""
    after = queries.whole("after", 0, 1, 2**31) or None
    then = queries.moment("known", tx.zone)
    sheet = ledgers.movements(tx, register.name, filter=filter, after=after, limit=LIMIT, known_at=then)
    return ledger_tables.movements(tx, sheet), sheet.next or ""


def turnovers(tx: Tx, register: Register, filter: str) -> tuple[TableView, str]:
    """Opening, in, out and closing of the span that is asked."""
    start, end = span(tx)
    return first(tx, register, ledgers.turnovers(tx, register.name, start, end, filter=filter), many=True)


def span(tx: Tx) -> tuple[dt.date, dt.date]:
    """From the first of the month until today, unless asked otherwise."""
    return queries.day("from") or tx.today.replace(day=1), queries.day("to") or tx.today


VIEWS: Mapping[str, Callable[[Tx, Register, str], tuple[TableView, str]]] = {
    "balances": balances,
    "movements": movements,
    "turnovers": turnovers,
}
