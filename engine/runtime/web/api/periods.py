"""Periods over REST: how they stand, closing them and opening them again. Knows the periods service."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.runtime.services.registers import periods
from engine.runtime.services.registers.periods import Standing
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, replies
from engine.runtime.web.present import documents
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_periods", __name__)


@route(BLUEPRINT, "/api/<app>/periods", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Every period that concerns the visitor, with who closed and opened it."""
    with opened(app) as tx:
        found = [document(one, language()) for one in periods.standing(tx)]
        return jsonify(documents.listing(found, None, None))


@route(BLUEPRINT, "/api/<app>/periods/<name>/close", Access.PERSON, methods=("POST",))
def close(app: str, name: str) -> ResponseReturnValue:
    """Close up to the day `until`."""
    given = asked()

    def command(tx: Tx) -> Reply:
        periods.close(tx, name, day(given), str(given.get("reason") or ""))
        return standing(tx, name)

    return jsonify(replies.once(app, header_key(), command).body)


@route(BLUEPRINT, "/api/<app>/periods/<name>/reopen", Access.PERSON, methods=("POST",))
def reopen(app: str, name: str) -> ResponseReturnValue:
    """Open what is after the day `until` again; without it, everything."""
    given = asked()

    def command(tx: Tx) -> Reply:
        until = None if given.get("until") in (None, "") else day(given)
        periods.reopen(tx, name, until, str(given.get("reason") or ""))
        return standing(tx, name)

    return jsonify(replies.once(app, header_key(), command).body)


def asked() -> dict[str, Any]:
    """The body of a closing or reopening."""
    given = bodies.read_json(optional=True)
    for name in given:
        if name not in ("until", "reason"):
            raise Unreadable(say(zh="没有参数 {name}", en="There is no parameter {name}", name=name))
    return given


def day(given: dict[str, Any]) -> dt.date:
    """The day `until` of a body."""
    try:
        return dt.date.fromisoformat(str(given.get("until")))
    except ValueError:
        raise Unreadable(say(zh="until 请写作 2026-03-31", en="Write until as 2026-03-31")) from None


def standing(tx: Tx, name: str) -> Reply:
    """One period as it stands now."""
    found = next(one for one in periods.standing(tx) if one.period.name == name)
    return Reply(200, document(found, language()))


def document(one: Standing, chosen: str) -> dict[str, Any]:
    """A period as JSON."""
    return {
        "name": one.period.name,
        "label": one.period.label.to(chosen),
        "registers": list(one.period.registers),
        "closed_until": json_value(one.until),
        "may_close": one.may,
        "history": [
            {
                "closed_until": json_value(turn.until),
                "at": json_value(turn.at),
                "by": turn.name,
                "reason": turn.reason,
            }
            for turn in one.turns
        ],
    }
