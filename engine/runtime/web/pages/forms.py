"""The form of a record: opened, previewed while one types, saved. Knows view models and services."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine.definitions.objects import Object
from engine.digits import SMALL_DIGITS, whole
from engine.errors import Conflict, Failure, FieldError, Invalid, Locked, Refused
from engine.runtime.services import commands, drafts, inputs, occasions, previews, reading
from engine.runtime.services.approvals import holding
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import replies, uploads
from engine.runtime.web.forms import Posted
from engine.runtime.web.pages import drafts as kept
from engine.runtime.web.present import addresses, conflicts, foresights, forms, likes
from engine.runtime.web.present import drafts as offers
from engine.runtime.web.present.drafts import Offer
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page, told
from engine.runtime.web.visits import language, opened
from engine.texts import say, within

BLUEPRINT = Blueprint("forms", __name__)
EDIT = say(zh="编辑", en="Edit")
NOTHING = Posted({}, {})
ENVELOPE_OF_CLASH = ("csrf_token", "_draft", "_version", "_key", "_seen", "_between")
SAVED = say(zh="已保存", en="Saved")


@route(BLUEPRINT, "/apps/<app>/records/<object>/new", Access.PERSON)
def new(app: str, object: str) -> ResponseReturnValue:
    """An empty form with its defaults; the address may give values (`?customer=12`), and name a form for an occasion
    (`?_form=phone`)."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        access.demand_create(tx, obj)
        begun = kept.applied(tx, obj, 0) if request.args.get("_draft") else None
        given = posted_forms.read(tx.app, obj, request.args if begun is None else begun[1])
        return draw(tx, obj, None, given, offer=offered(tx, obj, 0, applied=begun is not None))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/edit", Access.PERSON)
def edit(app: str, object: str, id: int) -> ResponseReturnValue:
    """The form of a stored record."""
    with opened(app) as tx:
        obj, record = commands.known(tx, object), reading.get(tx, object, id)
        begun = kept.applied(tx, obj, id) if request.args.get("_draft") else None
        if begun is None or begun[0].version == record.version:
            given = NOTHING if begun is None else posted_forms.read(tx.app, obj, begun[1])
            return draw(tx, obj, record, given, offer=offered(tx, obj, id, applied=begun is not None))
        posted = posted_forms.read(tx.app, obj, begun[1])
    return clash(app, object, id, posted, begun[1], status=200)


def offered(tx: Tx, obj: Object, id: int, *, applied: bool) -> Offer | None:
    """The draft of a form that the visitor has begun earlier; None if there is none."""
    found = drafts.found(tx, obj.name, id)
    return None if found is None else offers.offered(tx, obj, id, found, applied=applied)


@route(BLUEPRINT, "/apps/<app>/records/<object>/new", Access.PERSON, methods=("POST",), files=True)
def create(app: str, object: str) -> ResponseReturnValue:
    """Save a new record."""
    return save(app, object, None)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/edit", Access.PERSON, methods=("POST",), files=True)
def update(app: str, object: str, id: int) -> ResponseReturnValue:
    """Save a changed record."""
    return save(app, object, id)


def save(app: str, object: str, id: int | None) -> ResponseReturnValue:
    """Carry the form out; whatever goes wrong shows the same form with everything typed in it."""
    sent, unfit = uploads.merged(app, object)
    form, undecided = posted_forms.chosen(sent)
    with opened(app) as tx:
        obj = commands.known(tx, object)
        posted = posted_forms.read(tx.app, obj, form)
        posted = posted_forms.refillable(tx.app, obj, posted, blank_only=True)
    if unfit:
        return again(app, obj.name, id, posted, Invalid(unfit[0].message, errors=unfit))
    if undecided:
        posted = replace(posted, version=whole(form.get("_seen", ""), SMALL_DIGITS))
        return clash(app, obj.name, id or 0, posted, form)
    try:
        reply = replies.once(app, posted.key, lambda tx: carry_out(tx, obj.name, id, posted))
    except Conflict:
        return clash(app, obj.name, id or 0, posted, form)
    except (Invalid, Locked, Refused) as failure:
        return again(app, obj.name, id, posted, failure)
    return go(addresses.record(app, obj.name, reply.body["id"]), reply.body.get("said") or SAVED.to(language()))


def carry_out(tx: Tx, object: str, id: int | None, posted: Posted) -> Reply:
    """The command behind the form; with `_then` an action follows in the same transaction."""
    values = inputs.read(tx, object, posted.raw, form=True)
    said = ""
    if id is None and posted.form:
        form = occasions.found(tx, object, posted.form)
        record = occasions.create(tx, form, values, accept=posted.accept)
        said = occasions.thanks(form, record)
    elif id is None:
        record = commands.create(tx, object, values, accept=posted.accept)
    else:
        record = commands.update(tx, object, id, values, version=posted.version, accept=posted.accept,
                                 override=posted.override)
    if posted.then and record.id is not None:
        record = commands.act(tx, object, record.id, posted.then, accept=posted.accept).record
    drafts.drop(tx, object, id or 0)
    return Reply(303, {"id": record.id, "said": said})


def again(app: str, object: str, id: int | None, posted: Posted, failure: Failure) -> ResponseReturnValue:
    """The form as it was typed, with what is wrong; warnings offer to go on."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        stored = None if id is None else reading.get(tx, object, id)
        errors = failure.errors or (() if isinstance(failure, Locked | Refused) else (FieldError("", failure.message),))
        return draw(tx, obj, stored, posted, errors=errors, failure=failure, status=failure.status)


def draw(
    tx: Tx,
    obj: Object,
    stored: Record | None,
    posted: Posted,
    *,
    errors: Sequence[FieldError] = (),
    failure: Failure | None = None,
    status: int = 200,
    offer: Offer | None = None,
) -> ResponseReturnValue:
    """The form page of a stored record or of a draft; `offer`: what was begun in it earlier."""
    id = None if stored is None else stored.id
    values, unread = posted_forms.readable(tx, obj.name, posted)
    occasion = None if id is not None or not posted.form else occasions.found(tx, obj.name, posted.form)
    draft = previews.preview(tx, obj.name, values, id, form=occasion)
    view = forms.of(
        draft.record,
        access.allowed(draft.record, held=False) if isinstance(failure, Locked) else draft.allowed,
        typed=posted.typed,
        errors=errors or unread,
        touched=posted.touched,
        version=posted.version,
        layout=occasion.layout if occasion else (),
        columns=occasion.columns if occasion else {},
    )
    new = say(zh="新建{object}", en="New {object}", object=within(obj.label)) if occasion is None else occasion.label
    title = view.title or new.to(tx.actor.language)
    crumbs = [(obj.plural.to(tx.actor.language), addresses.records(tx.app.name, obj.name))]
    crumbs += [(view.title, addresses.record(tx.app.name, obj.name, id))] if id is not None else []
    warnings = failure.warnings if isinstance(failure, Refused) else ()
    return page(
        tx,
        "records/form.html",
        status=status,
        view=view,
        title=title,
        key=posted.key or secrets.token_urlsafe(16),
        cancel_url=crumbs[-1][1],
        preview_url=preview_url(tx, obj.name, id),
        draft_url=offers.keep_url(tx, obj, id or 0),
        offer=offer,
        message=failure.message if failure else None,
        warnings=warnings,
        correcting=isinstance(failure, Locked) and holding.may_correct(tx),
        form=posted.form,
        thens=forms.followers(draft.record, None if occasion is None else occasion.acts),
        later=foresights.told(draft.later, language()),
        likes=likes.told(draft.similar, tx.app.name, language()),
        crumbs=[*crumbs, (title if id is None else EDIT.to(tx.actor.language), "")],
    )


def preview_url(tx: Tx, object: str, id: int | None) -> str:
    base = addresses.records(tx.app.name, object)
    return f"{base}/preview" if id is None else f"{base}/{id}/preview"


@route(BLUEPRINT, "/apps/<app>/records/<object>/preview", Access.PERSON, methods=("POST",))
def preview_new(app: str, object: str) -> ResponseReturnValue:
    """What a new record would be, for the open form."""
    return preview(app, object, None)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/preview", Access.PERSON, methods=("POST",))
def preview_stored(app: str, object: str, id: int) -> ResponseReturnValue:
    """What a stored record would become, for the open form."""
    return preview(app, object, id)


def preview(app: str, object: str, id: int | None) -> ResponseReturnValue:
    """Values, visibility and marks by path; defaults that nobody typed over are filled again."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        posted = posted_forms.read(tx.app, obj, request.form)
        values, unread = posted_forms.readable(tx, object, posted_forms.refillable(tx.app, obj, posted))
        occasion = None if id is not None or not posted.form else occasions.found(tx, object, posted.form)
        draft = previews.preview(tx, object, values, id, form=occasion)
        kept = {e.field: posted.typed[e.field] for e in unread if e.field in posted.typed}  # never blank what was typed
        laid, columns = (occasion.layout, occasion.columns) if occasion else ((), {})
        view = forms.of(draft.record, draft.allowed, typed=kept, errors=unread, layout=laid, columns=columns)
        later = told("records/_later.html", later=foresights.told(draft.later, language())).strip()
        like = told("records/_likes.html", likes=likes.told(draft.similar, app, language())).strip()
        changes = asdict(forms.changes(view, unread, language(), posted.moved))
        return jsonify({**changes, "later": later, "likes": like})


def clash(
    app: str, object: str, id: int, posted: Posted, sent: MultiDict[str, str], *, status: int = 409
) -> ResponseReturnValue:
    """Somebody else saved first: their values beside mine, and a form in which one is chosen where the two differ."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        values, _ = posted_forms.readable(tx, object, posted)
        theirs, mine = reading.get(tx, object, id), previews.preview(tx, object, values, id).record
        seen = posted.version or theirs.version
        view = conflicts.of(theirs, mine, theirs.version, seen)
        crumbs = [(obj.plural.to(tx.actor.language), addresses.records(app, object)), (view.title, "")]
        form = [
            (k, v) for k, values in sent.lists() if k not in ENVELOPE_OF_CLASH for v in values
        ]
        return page(
            tx,
            "records/conflict.html",
            view=view,
            form=form,
            crumbs=crumbs,
            status=status,
            key=secrets.token_urlsafe(16),
            back=addresses.record(app, object, id),
            seen=seen,
        )
