"""Registers over REST: balances, movements, turnovers. Knows ledgers."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.runtime.services.registers import ledgers
from engine.runtime.web import queries
from engine.runtime.web.present import documents, sheets
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_registers", __name__)


@route(BLUEPRINT, "/api/<app>/registers/<register>", Access.PERSON)
def balances(app: str, register: str) -> ResponseReturnValue:
    """Balances now, at the end of the day `at`, as they were known at the moment `known`."""
    queries.known(("at", "known", "filter"))
    with opened(app) as tx:
        asked = request.args.get("filter", "")
        then = queries.moment("known", tx.live.zone)
        sheet = ledgers.balances(tx, register, at=queries.day("at"), filter=asked, known_at=then)
        return jsonify(sheets.as_json(sheet, language()))


@route(BLUEPRINT, "/api/<app>/registers/<register>/movements", Access.PERSON)
def movements(app: str, register: str) -> ResponseReturnValue:
    """What was booked, newest first, by whom and by which rule; `known`: up to that moment. A list as others are, and
    the same in columns and rows."""
    queries.known(("known", "filter", "limit", "cursor"))
    limit, after = queries.whole("limit", 100, 1, queries.MOST), queries.whole("cursor", 0, 1, 2**31)
    with opened(app) as tx:
        asked, then = request.args.get("filter", ""), queries.moment("known", tx.live.zone)
        found = ledgers.movements(tx, register, filter=asked, after=after or None, limit=limit, known_at=then)
        table = sheets.as_json(found, language())
        names = [column["name"] for column in table["columns"]]
        items = [dict(zip(names, row, strict=True)) for row in table["rows"]]
        return jsonify({**documents.listing(items, table["next"], None), **table})


@route(BLUEPRINT, "/api/<app>/registers/<register>/turnovers", Access.PERSON, patient=True)
def turnovers(app: str, register: str) -> ResponseReturnValue:
    """Opening, in, out and closing between two days, both included; `by` names keys."""
    queries.known(("from", "to", "by", "filter"))
    by = queries.names(request.args.get("by", ""))
    with opened(app) as tx:
        end = queries.day("to") or tx.today
        start = queries.day("from") or end.replace(day=1)
        if start > end:
            raise Unreadable(say(zh="from 在 to 之后", en="from is after to"))
        found = ledgers.turnovers(tx, register, start, end, by=by, filter=request.args.get("filter", ""))
        return jsonify(sheets.as_json(found, language()))
