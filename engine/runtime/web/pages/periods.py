"""Periods as a page: how they stand, closing them, opening them again. Knows the periods service."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Failure, Invalid, Refused
from engine.kinds.fields.locales import show_date
from engine.runtime.services.registers import periods
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, gates
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import Text, say

BLUEPRINT = Blueprint("periods", __name__)
WHICH = say(zh="请选择日期", en="Choose a day")


@route(BLUEPRINT, "/apps/<app>/periods", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Every period that concerns the visitor."""
    return shown(app)


@route(BLUEPRINT, "/apps/<app>/periods/<name>/close", Access.PERSON, methods=("POST",))
def close(app: str, name: str) -> ResponseReturnValue:
    """Close up to a day."""
    try:
        until = day()
        if until is None:
            raise Invalid(WHICH)
        last = until
        run(app, lambda tx: periods.close(tx, name, last, request.form.get("reason", "")))
    except (Invalid, Refused) as failure:
        return shown(app, name, failure)
    return done(app, say(zh="已关账至 {day}", en="Closed up to {day}", day=show_date(until, language())))


@route(BLUEPRINT, "/apps/<app>/periods/<name>/reopen", Access.PERSON, methods=("POST",))
def reopen(app: str, name: str) -> ResponseReturnValue:
    """Open again what is after a day, without one everything."""
    try:
        until = day()
        run(app, lambda tx: periods.reopen(tx, name, until, request.form.get("reason", "")))
    except (Invalid, Refused) as failure:
        return shown(app, name, failure)
    return done(app, say(zh="已重新打开", en="Opened again"))


def day() -> dt.date | None:
    """The day that the form names; None where it names none."""
    text = request.form.get("until", "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(WHICH) from None


def done(app: str, message: Text) -> ResponseReturnValue:
    """Back to the page, with a message."""
    return go(addresses.periods(app), message.to(language()))


def shown(app: str, name: str = "", failure: Failure | None = None) -> ResponseReturnValue:
    """The page; with what went wrong at one of the periods."""

    def draw(tx: Tx) -> ResponseReturnValue:
        wrong = {name: failure.message.to(language())} if failure is not None else {}
        status = 200 if failure is None else 422
        return page(tx, "periods/list.html", periods=gates.views(tx, wrong), status=status)

    with opened(app) as tx:
        return draw(tx)
