"""Forms and pages for people without an account. Whoever comes is nobody there, also who has signed in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine.definitions.surfaces import Surface
from engine.errors import Failure, FieldError, Invalid, Refused
from engine.runtime.services import inputs, previews
from engine.runtime.services.identity import puzzles, strangers
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import limits, replies, uploads
from engine.runtime.web.forms import Posted
from engine.runtime.web.present import forms, menus, publics
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import open_page
from engine.runtime.web.snapshots import end, reading, site
from engine.runtime.web.visits import language
from engine.texts import say

BLUEPRINT = Blueprint("publics", __name__)
FORM = "/open/<app>/form/<object>/<name>"
VIEW = "/open/<app>/view/<object>/<name>"
TRAP, ANSWER, SEAL = "_homepage", "_answer", "_seal"    # a field that people do not see; the question's answer
TRIES = 5                                      # so often more may a form be tried than sent
EVERYWHERE = 50                                # so many addresses' worth may be sent in all
AGAIN = say(zh="请重新选择文件", en="Choose the file again")
WRONG = say(zh="请回答这个问题", en="Please answer the question")


@contextmanager
def opened(app: str, kind: str, object: str, name: str) -> Iterator[tuple[Tx, Surface]]:
    """A read transaction of nobody, at a form or page."""
    with reading() as connection:
        live = site().live(connection, app)
        found = strangers.open_to_all(live.app, kind, object, name)
        yield site().seen(connection, live, strangers.standing(found, language())), found


def demand(app: str, one: Surface, what: str, times: int) -> None:
    """Count a use by the address from which it comes, and by everybody."""
    base = f"{what}:{app}.{one.role}"
    buckets = limits.of(current_app)
    for key, most in ((limits.network(request.remote_addr or ""), times), ("*", times * EVERYWHERE)):
        digest = hashlib.sha256(f"{base}:{key}".encode()).hexdigest()[:40]
        buckets.demand_at_most(f"open:{digest}", most, one.limit.seconds)


# ---- forms


@route(BLUEPRINT, FORM, Access.PUBLIC)
def ask(app: str, object: str, name: str) -> ResponseReturnValue:
    """The form; the address may fill what `prefill` names."""
    with opened(app, "form", object, name) as (tx, form):
        given = MultiDict([(key, request.args[key]) for key in form.prefill if key in request.args])
        posted = posted_forms.read(tx.app, tx.app.objects[object], given)
        return draw(tx, form, posted)


@route(BLUEPRINT, f"{FORM}/preview", Access.PUBLIC, methods=("POST",))
def preview(app: str, object: str, name: str) -> ResponseReturnValue:
    """What the record would be, for the open form."""
    with opened(app, "form", object, name) as (tx, form):
        obj, sent = tx.app.objects[object], own(request.form)
        posted = posted_forms.read(tx.app, obj, sent)
        refuse_others(form, posted)
        values, unread = posted_forms.readable(tx, object, posted_forms.refillable(tx.app, obj, posted))
        draft = previews.preview(tx, object, values)
        kept = {e.field: posted.typed[e.field] for e in unread if e.field in posted.typed}
        view = forms.of(draft.record, draft.allowed, typed=kept, errors=unread, layout=form.layout)
        return jsonify({**asdict(forms.changes(view, unread, language(), posted.moved)), "later": "", "likes": ""})


@route(BLUEPRINT, FORM, Access.PUBLIC, methods=("POST",), files=True)
def send(app: str, object: str, name: str) -> ResponseReturnValue:
    """Create the record, once; whatever goes wrong shows the form with what was typed."""
    with opened(app, "form", object, name) as (tx, form):
        obj = tx.app.objects[object]
        demand(app, form, "try", form.limit.times * TRIES)     # before anything of a large body is read
        posted = posted_forms.read(tx.app, obj, own(request.form))
        refuse_others(form, posted)
        if request.form.get(TRAP):             # nobody sees that field: a program has filled it
            return thanked(tx, form, "")
        posted = posted_forms.refillable(tx.app, obj, posted, blank_only=True)
        acting = tx.actor
    end()
    if form.captcha and not answered(form, posted.key):
        lost = [FieldError(path, AGAIN, "file") for path, _ in uploads.sent()]
        return again(app, form, posted, Invalid(WRONG, errors=[FieldError(ANSWER, WRONG, "answer"), *lost]))
    try:
        posted, unfit = with_files(app, form, posted, acting)
    except Refused as failure:                 # no place is left
        return again(app, form, posted, failure)
    if unfit:
        return again(app, form, posted, Invalid(unfit[0].message, errors=unfit))

    def command(tx: Tx) -> Reply:
        now_open = strangers.open_to_all(tx.app, "form", object, name)
        values = inputs.read(tx, object, posted.raw, form=True)
        record, thanks = strangers.submit(tx, now_open, values, posted.accept)
        demand(app, now_open, "send", now_open.limit.times)
        return Reply(200, {"id": record.id, "thanks": thanks})

    try:
        reply = replies.once(app, posted.key, command, acting=acting)
    except (Invalid, Refused) as failure:
        return again(app, form, posted, failure)
    with opened(app, "form", object, name) as (tx, form):
        return thanked(tx, form, str(reply.body["thanks"]))


def with_files(app: str, form: Surface, posted: Posted, acting: Actor) -> tuple[Posted, list[FieldError]]:
    """The form with the files that came along, which have been put away, and what is wrong with the others."""
    chosen = uploads.sent()
    for path, _ in chosen:
        if path not in form.fields:
            posted_forms.refuse_unknown(path)
    if not chosen:
        return posted, []
    sent, unfit = uploads.merged(app, form.object, acting)
    with opened(app, "form", form.object, form.name) as (tx, _):
        obj = tx.app.objects[form.object]
        read = posted_forms.read(tx.app, obj, own(sent))
        return posted_forms.refillable(tx.app, obj, read, blank_only=True), unfit


def own(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """The form without what belongs to the page."""
    return MultiDict([(k, v) for k, v in sent.items(multi=True) if k not in (TRAP, ANSWER, SEAL)])


def refuse_others(form: Surface, posted: Posted) -> None:
    """A control that the form has not is refused in the words of one that the object has not."""
    for name in posted.raw:
        if name not in form.fields:
            posted_forms.refuse_unknown(name)


def answered(form: Surface, key: str) -> bool:
    """Whether the question is answered that was asked for this sending."""
    now = site().now()
    seal, answer = request.form.get(SEAL, ""), request.form.get(ANSWER, "")
    return puzzles.solved(puzzles.key_of(site().database, now), form.role, key, seal, answer, now)


def again(app: str, form: Surface, posted: Posted, failure: Failure) -> ResponseReturnValue:
    """The form as it was typed, with what is wrong. A sending that was refused has a new key, and a new question."""
    with opened(app, "form", form.object, form.name) as (tx, form):
        errors = failure.errors or (() if isinstance(failure, Refused) else (FieldError("", failure.message),))
        return draw(tx, form, posted, errors=errors, failure=failure, status=failure.status)


def draw(
    tx: Tx, form: Surface, posted: Posted, *, errors: Sequence[FieldError] = (), failure: Failure | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of a form."""
    values, unread = posted_forms.readable(tx, form.object, posted)
    draft = previews.preview(tx, form.object, values)
    view = forms.of(
        draft.record, draft.allowed, typed=posted.typed, errors=errors or unread, touched=posted.touched,
        layout=form.layout,
    )
    key, puzzle = secrets.token_urlsafe(16), None
    if form.captcha:
        now = site().now()
        puzzle = puzzles.ask(puzzles.key_of(site().database, now), form.role, key, now)
    return open_page(
        "open/form.html",
        app=menus.app_entry(tx.app, language()),
        status=status,
        title=form.label.to(language()),
        view=replace(view, problems=[one for one in view.problems if one["field"] != ANSWER]),
        key=key,
        question="" if puzzle is None else puzzle.question.to(language()),
        seal="" if puzzle is None else puzzle.seal,
        wrong=any(error.field == ANSWER for error in errors),
        message=failure.message if failure is not None else None,
        warnings=failure.warnings if isinstance(failure, Refused) else (),
        preview_url=f"{request.path.removesuffix('/preview')}/preview",
    )


def thanked(tx: Tx, form: Surface, thanks: str) -> ResponseReturnValue:
    """The last page."""
    title = form.label.to(language())
    return open_page("open/thanks.html", app=menus.app_entry(tx.app, language()), title=title, thanks=thanks,
                     again_url=request.path)


# ---- pages of a record


@route(BLUEPRINT, VIEW, Access.PUBLIC)
def look(app: str, object: str, name: str) -> ResponseReturnValue:
    """What must be known of a record to see it."""
    with opened(app, "view", object, name) as (tx, view):
        return show(tx, view, {}, None)


@route(BLUEPRINT, VIEW, Access.PUBLIC, methods=("POST",))
def find(app: str, object: str, name: str) -> ResponseReturnValue:
    """The records that agree with all of it. What does not is answered alike, whatever of it is wrong."""
    with opened(app, "view", object, name) as (tx, view):
        demand(app, view, "find", view.limit.times)
        typed = {one.path: request.form.get(one.path, "")[: strangers.LONGEST + 1] for one in view.find}
        return show(tx, view, typed, [publics.told(one, view) for one in strangers.found(tx, view, typed)])


def show(
    tx: Tx, view: Surface, typed: dict[str, str], found: Sequence[publics.Told] | None
) -> ResponseReturnValue:
    """The page, with what was found."""
    return open_page(
        "open/view.html",
        app=menus.app_entry(tx.app, language()),
        title=view.label.to(language()),
        wanted=publics.wanted(tx, view, typed),
        found=found or (),
        message=strangers.UNKNOWN.to(language()) if found is not None and not found else "",
    )
