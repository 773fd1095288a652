"""Actions of records: the dialog that asks, the command. Knows view models and services."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Action
from engine.errors import Conflict, Failure, Forbidden, Invalid, Locked, NotFound, Refused
from engine.runtime.services import commands, inputs, previews, reading
from engine.runtime.services.records import Record
from engine.runtime.services.registers.backdating import Foresight
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import replies, uploads
from engine.runtime.web.forms import Posted
from engine.runtime.web.present import addresses, asks, foresights, forms
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import language, opened
from engine.texts import say

BLUEPRINT = Blueprint("actions", __name__)
PAST = "@past"                                 # accepted like a warning: that earlier days change


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/actions/<name>", Access.PERSON)
def ask(app: str, object: str, id: int, name: str) -> ResponseReturnValue:
    """The dialog of an action."""
    with opened(app) as tx:
        return draw(tx, object, id, name, Posted({}, {}))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/actions/<name>", Access.PERSON, methods=("POST",), files=True)
def act(app: str, object: str, id: int, name: str) -> ResponseReturnValue:
    """Take an action; a refusal shows the dialog with its reason and what was typed."""
    form, unfit = uploads.merged(app, object)
    with opened(app) as tx:
        action = known(tx, object, name)
        asked = {f.name: f for f in action.ask}
        posted = posted_forms.read(tx.app, tx.app.objects[object], form, asked)
        if unfit:
            return draw(tx, object, id, name, posted, Invalid(unfit[0].message, errors=unfit))
        later = None if asks.needed(action) or PAST in posted.accept else foretold(tx, object, id, action, posted)
        if later is not None and later.grave and later.refusal is None:
            return draw(tx, object, id, name, replace(posted, accept=(*posted.accept, PAST)), status=409)
    try:
        reply = replies.once(app, posted.key, lambda tx: carry_out(tx, object, id, action, posted))
    except (Invalid, Refused, Conflict, Locked, Forbidden) as failure:
        with opened(app) as tx:
            return draw(tx, object, id, name, posted, failure)
    target = reply.body.get("created") or [object, id]
    done = say(zh="已完成：{action}", en="Done: {action}", action=action.label).to(language())
    return go(addresses.record(app, target[0], target[1]), done)


@route(
    BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/actions/<name>/preview", Access.PERSON, methods=("POST",)
)
def preview(app: str, object: str, id: int, name: str) -> ResponseReturnValue:
    """What the fields that an action asks for would be, for its open dialog."""
    with opened(app) as tx:
        obj, action = commands.known(tx, object), known(tx, object, name)
        posted = of_record(action, posted_forms.read(tx.app, obj, request.form, {f.name: f for f in action.ask}))
        values, unread = posted_forms.readable(tx, object, posted_forms.refillable(tx.app, obj, posted))
        draft = previews.preview(tx, object, values, id, action=name)
        kept = {e.field: posted.typed[e.field] for e in unread if e.field in posted.typed}  # never blank what was typed
        view = asks.previewed(draft, action, kept, unread)
        changed = forms.changes(view, unread, language(), posted.moved)
        return jsonify({**asdict(changed), "later": "", "likes": ""})


def known(tx: Tx, object: str, name: str) -> Action:
    """The action of an object."""
    action = commands.known(tx, object).actions.get(name)
    if action is None:
        raise NotFound(say(zh="没有名为 {name} 的操作", en="There is no action called {name}", name=name))
    return action


def carry_out(tx: Tx, object: str, id: int, action: Action, posted: Posted) -> Reply:
    """The command; what it created is where the person goes next, if it made exactly one thing."""
    given = inputs.read_asked(tx, object, action, posted.raw, form=True)
    outcome = commands.act(
        tx,
        object,
        id,
        action.name,
        given=given,
        accept=tuple(name for name in posted.accept if name != PAST),
        version=posted.version,
        comment=posted.comment,
    )
    created = [[r.object, r.id] for r in outcome.created if r.parent is None]
    return Reply(303, {"created": created[0] if len(created) == 1 else None})


def draw(
    tx: Tx, object: str, id: int, name: str, posted: Posted, failure: Failure | None = None, *, status: int = 200
) -> ResponseReturnValue:
    """The dialog as a fragment for htmx, else as a page of its own."""
    action = known(tx, object, name)
    record = filled(tx, object, id, action, posted) if posted.typed and failure else reading.get(tx, object, id)
    chosen = tx.actor.language
    view = asks.of(record, action, typed=posted.typed, errors=failure.errors if failure else ())
    warnings = [(c, t.to(chosen)) for c, t in failure.warnings] if isinstance(failure, Refused) else []
    later = None if failure and not warnings else foretold(tx, object, id, action, posted)
    url = addresses.record(tx.app.name, object, id, "actions", name)
    context: dict[str, Any] = {
        "view": view,
        "url": url,
        "key": secrets.token_urlsafe(16),
        "message": failure.message.to(chosen) if failure and not warnings else "",
        "warnings": warnings,
        "final": isinstance(failure, (Conflict, Locked, Forbidden)),
        "preview_url": f"{url}/preview" if action.ask_fields else "",
        "today": tx.today.isoformat(),
        "back": addresses.record(tx.app.name, object, id),
        "accepted": posted.accept,
        "comment": posted.comment,
        "edit_url": mending(record, action, failure) if failure is not None else "",
        "status": failure.status if failure else status,
        "later": foresights.told(later, chosen),
    }
    if wants_fragment():
        return fragment("actions/dialog.html", **context)
    return page(tx, "actions/page.html", **context)


def mending(record: Record, action: Action, failure: Failure) -> str:
    """Where the actor mends in the record itself what refuses the action; blank where they cannot, or where it is among
    what the action asks for."""
    asked = {path.partition(".")[0] for path in action.ask_fields} | {field.name for field in action.ask}
    wrong = {error.field.partition(".")[0] for error in failure.errors}
    open_now = {name.partition(".")[0] for name, right in access.allowed(record).fields.items() if right.edit}
    if wrong & asked or not (wrong & open_now if wrong else open_now):
        return ""
    return addresses.record(record.session.tx.app.name, record.object, record.id or 0, "edit")


def of_record(action: Action, posted: Posted) -> Posted:
    """What was given for the fields of the record that an action asks for."""
    heads = {path.partition(".")[0] for path in action.ask_fields}
    return replace(posted, raw={name: value for name, value in posted.raw.items() if name in heads})


def filled(tx: Tx, object: str, id: int, action: Action, posted: Posted) -> Record:
    """The record with what was typed into the dialog, rows that are to come included."""
    values, _ = posted_forms.readable(tx, object, of_record(action, posted))
    return previews.preview(tx, object, values, id).record if values else reading.get(tx, object, id)


def foretold(tx: Tx, object: str, id: int, action: Action, posted: Posted) -> Foresight | None:
    """What the action would change on days before today, with what was typed so far."""
    try:
        given = inputs.read_asked(tx, object, action, posted.raw, form=True)
    except Invalid:
        given = {}
    return previews.acted(tx, object, id, action.name, given)
