"""A new record made in passing, in a dialog over the form whose link needs it. Knows view models and services."""

from __future__ import annotations

import secrets

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine.definitions.objects import Object
from engine.errors import Failure, FieldError, Invalid, NotFound, Refused
from engine.runtime.services import commands, previews, reading
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import replies, uploads
from engine.runtime.web.forms import Posted
from engine.runtime.web.pages.forms import carry_out, preview_url
from engine.runtime.web.present import addresses, candidates, forms, likes
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment
from engine.runtime.web.visits import opened
from engine.texts import say, within

BLUEPRINT = Blueprint("quick", __name__)
LONGEST = 200                                  # signs that somebody typed to find what is not there


@route(BLUEPRINT, "/apps/<app>/records/<object>/quick", Access.PERSON)
def ask(app: str, object: str) -> ResponseReturnValue:
    """The dialog with the form; `?q=` are the words that found nothing."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        access.demand_create(tx, obj)
        words, name = request.args.get("q", "").strip()[:LONGEST], candidates.typed_field(obj)
        given = MultiDict({name: words} if words and name else {})
        return draw(tx, obj, posted_forms.read(tx.app, obj, given))


@route(BLUEPRINT, "/apps/<app>/records/<object>/quick", Access.PERSON, methods=("POST",), files=True)
def create(app: str, object: str) -> ResponseReturnValue:
    """Save it; the answer tells the control its id and title, a refusal shows the form again."""
    sent, unfit = uploads.merged(app, object)
    with opened(app) as tx:
        obj = commands.known(tx, object)
        posted = posted_forms.refillable(tx.app, obj, posted_forms.read(tx.app, obj, sent), blank_only=True)
        if unfit:
            return draw(tx, obj, posted, Invalid(unfit[0].message, errors=unfit))
    try:
        reply = replies.once(app, posted.key, lambda tx: carry_out(tx, obj.name, None, posted))
    except (Invalid, Refused) as failure:
        with opened(app) as tx:
            return draw(tx, obj, posted, failure)
    with opened(app) as tx:
        return fragment("records/created.html", id=reply.body["id"], title=title_of(tx, obj, reply.body["id"]))


def title_of(tx: Tx, obj: Object, id: int) -> str:
    """The title of the new record; its kind and number where it is out of sight of who made it."""
    try:
        return reading.get(tx, obj.name, id).title
    except NotFound:
        return f"{obj.label.to(tx.actor.language)} #{id}"


def draw(tx: Tx, obj: Object, posted: Posted, failure: Failure | None = None) -> ResponseReturnValue:
    """The form as it was typed, with what is wrong."""
    language = tx.actor.language
    values, unread = posted_forms.readable(tx, obj.name, posted)
    draft = previews.preview(tx, obj.name, values)
    errors = failure.errors if failure is not None else ()
    if failure is not None and not errors and not isinstance(failure, Refused):
        errors = (FieldError("", failure.message),)
    view = forms.of(
        draft.record, draft.allowed, typed=posted.typed, errors=errors or unread, touched=posted.touched
    )
    return fragment(
        "records/quick.html",
        status=200 if failure is None else failure.status,
        idspace="quick",
        view=view,
        title=say(zh="新建{object}", en="New {object}", object=within(obj.label)).to(language),
        key=posted.key or secrets.token_urlsafe(16),
        url=addresses.quick(tx.app.name, obj.name),
        preview_url=preview_url(tx, obj.name, None),
        message=failure.message if failure is not None else None,
        warnings=failure.warnings if isinstance(failure, Refused) else (),
        likes=likes.told(draft.similar, tx.app.name, language),
    )
