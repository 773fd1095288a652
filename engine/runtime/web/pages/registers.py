"""Registers to read: balances, as of a day, turnovers, and the movements behind them. Knows ledgers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.registers import Register
from engine.errors import NotFound
from engine.kinds.fields.link import Link
from engine.runtime.services import lookups
from engine.runtime.services.registers import ledgers
from engine.runtime.services.reporting.sheets import Sheet
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, candidates, ledger_filters
from engine.runtime.web.present import ledgers as ledger_tables
from engine.runtime.web.present.places import Tab
from engine.runtime.web.present.sheets import TableView
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import opened
from engine.texts import say

BLUEPRINT = Blueprint("registers", __name__)
ASKED = ("view", "at", "known", "from", "to", "filter", "after")
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
    queries.known(ASKED, besides=(ledger_filters.PICKED,))
    filter = request.args.get("filter", "")
    with opened(app) as tx:
        found = ledgers.known(tx, register)
        picked = {k.removeprefix(ledger_filters.PICKED): v for k, v in request.args.items()
                  if k.startswith(ledger_filters.PICKED)}
        together, wrong = ledger_filters.together(tx, found, picked, filter) if picked else (filter, {})
        if picked and not wrong:
            return go(addresses.extended(addresses.register(app, register), **{**_asked(), "filter": together}))
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
            narrowed=ledger_filters.of(tx, found, filter, picked, wrong),
            at=request.args.get("at", ""),
            then=request.args.get("known", ""),
            dated=found.dated,
            start=start.isoformat(),
            end=end.isoformat(),
        )


def _asked() -> dict[str, str]:
    """What the address asks beside what was picked, without blanks."""
    return {k: v for k, v in request.args.items() if k in ASKED and k not in ("filter", "after") and v}


@route(BLUEPRINT, "/apps/<app>/registers/<register>/lookup/<key>", Access.PERSON)
def lookup(app: str, register: str, key: str) -> ResponseReturnValue:
    """Records that a key may name, for its control."""
    with opened(app) as tx:
        found = ledger_filters.pickable(tx, ledgers.known(tx, register)).get(key)
        if not isinstance(found, Link):
            raise NotFound(say(zh="没有链接字段 {path}", en="There is no link field {path}", path=key))
        records = lookups.among(tx, found, request.args.get("q", "").strip())
        return jsonify(items=[candidates.candidate(tx, found, one) for one in records])


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
