"""Sharing a record on its page: a dialog with who has it, a form, a button that stops it. Knows the service."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Failure, FieldError, Forbidden, Invalid, NotFound, Refused
from engine.runtime.services import commands, reading
from engine.runtime.services.rights import sharing
from engine.runtime.web.present import addresses
from engine.runtime.web.present import sharing as present
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import language, opened, run
from engine.texts import Text, say

BLUEPRINT = Blueprint("shares", __name__)
BASE = "/apps/<app>/records/<object>/<int:id>/shares"


@route(BLUEPRINT, BASE, Access.PERSON)
def show(app: str, object: str, id: int) -> ResponseReturnValue:
    """The dialog."""
    return draw(app, object, id)


@route(BLUEPRINT, BASE, Access.PERSON, methods=("POST",))
def share(app: str, object: str, id: int) -> ResponseReturnValue:
    """Share the record, and show who has it now, or what is wrong."""
    form = request.form
    kind, _, grantee = form.get("with", "")[:250].partition(":")
    try:
        if kind not in sharing.KINDS:
            raise wrong("with", say(zh="请选择共享给谁", en="Choose with whom"))
        until = day(form.get("until", ""))
        run(app, lambda tx: sharing.share(
            tx, object, id, kind, grantee, edit=form.get("edit") == "true", until=until
        ))
    except (Invalid, Refused, Forbidden) as failure:
        return draw(app, object, id, failure)
    return draw(app, object, id)


@route(BLUEPRINT, f"{BASE}/<int:number>/stop", Access.PERSON, methods=("POST",))
def stop(app: str, object: str, id: int, number: int) -> ResponseReturnValue:
    """Stop sharing, and show who has it still; who gives a record back, to the list."""
    try:
        if run(app, lambda tx: sharing.stop(tx, object, id, number)):
            return go(addresses.records(app, object), say(zh="已交还", en="Given back").to(language()))
    except NotFound as failure:
        if failure.message is not sharing.GONE:
            raise
    return draw(app, object, id)


def day(text: str) -> dt.date | None:
    """The day that was typed; None for none. Raises `Invalid`."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise wrong("until", say(zh="不是日期", en="This is no day")) from None


def wrong(field: str, text: Text) -> Invalid:
    """What is wrong with a control of the form."""
    return Invalid(text, errors=[FieldError(field, text)])


def draw(app: str, object: str, id: int, failure: Failure | None = None, made: str = "") -> ResponseReturnValue:
    """The dialog as a fragment for htmx, else as a page of its own."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        view = present.of(record, {} if failure is None else request.form, failure, made)
        status = 200 if failure is None else failure.status
        if wants_fragment():
            return fragment("records/shares.html", view=view, status=status)
        return page(tx, "records/shares_page.html", view=view, status=status)
