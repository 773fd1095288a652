"""The administrator's log over REST: what happened to the site, and who changed which records. No values of records,
which have rights of their own: those are in a record's history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.runtime.services import events
from engine.runtime.storage import audit_rows, event_rows
from engine.runtime.storage.live import Live
from engine.runtime.storage.trails import Asked
from engine.runtime.web import queries
from engine.runtime.web.present import documents
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import reading
from engine.runtime.web.visits import apps, me_wholly

BLUEPRINT = Blueprint("api_events", __name__)
JSON = dict[str, Any]
ASKED = ("person", "app", "since", "until", "limit", "cursor")
LARGEST = 2**53


@route(BLUEPRINT, "/api/site-events", Access.ADMIN)
def index() -> ResponseReturnValue:
    """What happened beside records (signing in, accounts, rights, definitions), newest first, also of one `group` or
    `kind` only."""
    me_wholly()
    queries.known(("group", "kind", *ASKED))
    group, kind = request.args.get("group", ""), request.args.get("kind", "")
    if group not in ("", *events.GROUPS):
        queries.refuse("group", ", ".join(events.GROUPS))
    if kind not in ("", *events.KINDS):
        queries.refuse("kind", ", ".join(events.KINDS))
    kinds = tuple(one for one, (of, _) in events.KINDS.items() if group in ("", of) and kind in ("", one))
    asked = _asked(apps())
    with reading() as connection:              # no kind at all fits where the kind is of another group
        rows = event_rows.listed(connection, asked, kinds=kinds or ("",), person=request.args.get("person", ""))
    return jsonify(_page([_event(row) for row in rows], asked))


@route(BLUEPRINT, "/api/site-trail", Access.ADMIN)
def trail() -> ResponseReturnValue:
    """Who did what to which record of any app, and which fields it changed, newest first."""
    me_wholly()
    queries.known(ASKED)
    lives = {live.app.name: live for live in apps()}
    asked = _asked(lives.values())
    with reading() as connection:
        rows = audit_rows.listed(connection, asked, person=request.args.get("person", ""))
    return jsonify(_page([_entry(row, lives.get(row["app"])) for row in rows], asked))


def _asked(lives: Iterable[Live]) -> Asked:
    """Which rows: one more than the page has room for, so that it is known whether there are others. Moments without
    an offset are of the apps' time zone, as on the page."""
    zone = next((live.zone for live in lives), ZoneInfo("UTC"))
    before = queries.whole("cursor", 0, 1, LARGEST)
    limit = queries.whole("limit", queries.LIMIT, 1, queries.MOST)
    since, until = queries.moment("since", zone), queries.moment("until", zone)
    return Asked(request.args.get("app", ""), since, until, before or None, limit + 1)


def _page(found: list[JSON], asked: Asked) -> JSON:
    shown = found[:asked.limit - 1]
    return documents.listing(shown, str(shown[-1]["id"]) if len(found) > len(shown) else None, None)


def _event(row: Mapping[Any, Any]) -> JSON:
    group, _ = events.KINDS.get(row["kind"], ("", None))
    return {
        "id": row["id"], "at": json_value(row["at"]), "kind": row["kind"], "group": group, "by": row["actor_name"],
        "about": row["subject"], "app": row["app"], "address": row["address"], "details": row["details"],
    }


def _entry(row: Mapping[Any, Any], live: Live | None) -> JSON:
    name = None if live is None else live.names.get(row["object"])
    return {
        "id": row["id"], "at": json_value(row["at"]), "event": row["event"], "action": row["action"] or None,
        "by": row["actor_name"], "app": row["app"], "object": name, "record": row["record"],
        "fields": sorted(row["changes"]),
    }
